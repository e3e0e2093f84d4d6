"""What the database holds and what waits in it, as metrics for operators."""
