"""API keys of providers."""
