"""Sending recorded data again: from files as they are, or from scenarios."""
