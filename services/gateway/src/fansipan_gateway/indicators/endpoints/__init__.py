"""The doors of the indicators."""
