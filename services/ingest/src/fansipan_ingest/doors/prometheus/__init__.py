"""Prometheus remote write, version 1: metrics that a Prometheus (or an agent that speaks like one) scrapes."""
