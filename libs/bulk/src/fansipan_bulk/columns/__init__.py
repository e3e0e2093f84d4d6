"""Columns of cells as columns of values, with the reason where a cell has none."""
