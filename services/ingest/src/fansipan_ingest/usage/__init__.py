"""How much each provider sends, and how much it may."""
