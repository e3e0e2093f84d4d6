"""Rows as SensorThings shows them."""
