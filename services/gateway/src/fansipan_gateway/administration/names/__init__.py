"""Giving names to agencies and procedures."""
