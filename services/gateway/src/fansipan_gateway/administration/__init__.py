"""Administration: providers and their keys, operators, what was done by whom, what is evaluated. For admins."""
