"""Datastreams: one observed property of one thing."""
