"""Indicators: from changed rollups and cases to figures, each a revision that says why it was made."""
