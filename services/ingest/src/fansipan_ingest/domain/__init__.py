"""Rules of ingest: pure, no I/O."""
