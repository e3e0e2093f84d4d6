"""Closed periods ("khoá sổ"): figures that stay as they were reported, and what was found out since."""
