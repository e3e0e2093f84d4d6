"""What ingest does with a request: check, normalise, publish, answer."""
