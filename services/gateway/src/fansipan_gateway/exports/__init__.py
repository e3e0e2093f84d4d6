"""Exports: figures and time series as files, streamed as they are read."""
