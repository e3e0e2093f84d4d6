"""Alerts: rules are watched, alerts opened and ended, people told."""
