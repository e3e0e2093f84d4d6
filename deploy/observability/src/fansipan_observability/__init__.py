"""Objectives, rules and dashboards as code. Nothing here runs beside the platform: it writes files."""
