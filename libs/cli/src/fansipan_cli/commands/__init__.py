"""One module a command: reads options and settings, calls the work, prints."""
