"""People who use the page."""
