"""Who pushes data."""
