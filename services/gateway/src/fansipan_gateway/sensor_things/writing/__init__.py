"""Making, changing and deleting entities through SensorThings."""
