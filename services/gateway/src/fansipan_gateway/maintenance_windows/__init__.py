"""Maintenance windows: times in which alerts are shown but nobody is told."""
