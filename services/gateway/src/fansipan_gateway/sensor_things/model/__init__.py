"""The eight entity sets, and where each finds its facts in the database."""
