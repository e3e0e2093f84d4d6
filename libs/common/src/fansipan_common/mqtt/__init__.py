"""MQTT: where the broker is, a connection to it, and whose turn it is to hold one."""
