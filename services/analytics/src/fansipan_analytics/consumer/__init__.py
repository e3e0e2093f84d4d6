"""The Kafka door of analytics."""
