"""Importing files: one of them, or all that arrive in a folder."""
