"""The HTTP doors of ingest."""
