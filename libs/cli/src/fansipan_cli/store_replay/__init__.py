"""Letting the store take records of Kafka again: after it was restored from a backup, or made anew."""
