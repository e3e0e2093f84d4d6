"""Definitions, subjects, figures and what they were made of, in the database."""
