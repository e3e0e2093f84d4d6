"""Throughput of the platform as ratios to what PostgreSQL alone does, all measured in one run.

Absolute figures depend on the machine and on what else it does; ratios of figures measured side by side hold better.
Run `make bench`. Never part of the tests.
"""
