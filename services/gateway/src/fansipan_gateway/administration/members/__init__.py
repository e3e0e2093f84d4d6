"""Operators who manage a provider."""
