"""Answers that are given again while nothing has changed (docs/adr/0012-caching.md)."""
