"""How many requests one client may make."""
