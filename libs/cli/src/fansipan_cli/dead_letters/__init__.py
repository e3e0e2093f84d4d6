"""Dead letters: what ingest or the store could not use, read from Kafka."""
