"""ingest: authenticate, validate, normalise, publish; answers only after Kafka's acknowledgement."""
