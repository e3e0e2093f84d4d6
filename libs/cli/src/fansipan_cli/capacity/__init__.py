"""How much of everything an installation needs, from what it is to take and to keep."""
