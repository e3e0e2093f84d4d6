"""How much a provider sends."""
