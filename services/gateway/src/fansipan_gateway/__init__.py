"""The public door: reads of what is stored, and the operators' page."""
