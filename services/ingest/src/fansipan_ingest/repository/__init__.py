"""What ingest reads from the database: who sends, which datastreams there are, how far the store is."""
