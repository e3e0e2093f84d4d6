"""Alerts: open problems, their history, and what operators do about them."""
