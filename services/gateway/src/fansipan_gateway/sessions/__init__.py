"""Sessions of operators who signed in with a browser."""
