"""Doors for senders that speak a format of their own. Each is a room with a pure parser, which makes readings of what
was sent; from there on they are observations like all others."""
