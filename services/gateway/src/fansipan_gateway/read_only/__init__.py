"""Read-only mode: while somebody works on the platform, it is read and nothing is changed through the gateway."""
