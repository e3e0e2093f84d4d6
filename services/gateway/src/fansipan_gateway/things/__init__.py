"""Things: what carries sensors, and where it stands."""
