"""Conditions on geometries, evaluated here for all rows at once: PostgreSQL knows none without PostGIS."""
