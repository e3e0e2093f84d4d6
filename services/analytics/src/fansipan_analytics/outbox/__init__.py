"""Events that became true in the database, on their way to Kafka and Redis."""
