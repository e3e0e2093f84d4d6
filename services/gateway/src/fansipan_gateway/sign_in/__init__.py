"""How operators sign in, and what they change about that themselves."""
