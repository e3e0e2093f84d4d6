"""Observations: raw, thinned, or rolled up to minutes, hours and days."""
