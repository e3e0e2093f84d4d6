"""Bulk import: files become observations, checked, resumable, in bounded memory (see README.md)."""
