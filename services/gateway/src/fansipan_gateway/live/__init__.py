"""Live events: what has just changed, as Server-Sent Events."""
