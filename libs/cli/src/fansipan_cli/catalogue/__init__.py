"""The catalogue of indicators, looked at from the command line."""
