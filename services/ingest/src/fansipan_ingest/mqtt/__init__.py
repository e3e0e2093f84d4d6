"""The MQTT door: a bridge from a broker's topics to Kafka, and the rights of API keys at the broker."""
