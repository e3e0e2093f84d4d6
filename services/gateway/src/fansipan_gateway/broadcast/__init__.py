"""Data out by MQTT: the bridge from what is stored and changed to topics of the broker."""
