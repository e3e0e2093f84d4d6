"""Figures of observations per interval of time and time zone: beyond the standard."""
