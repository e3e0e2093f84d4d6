"""Indicators: what is defined, what the figures are, and why."""
