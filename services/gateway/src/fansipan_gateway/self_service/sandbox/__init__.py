"""Trying a request without sending it."""
