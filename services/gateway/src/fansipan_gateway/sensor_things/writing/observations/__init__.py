"""Observations written through SensorThings: they go through ingest like all others."""
