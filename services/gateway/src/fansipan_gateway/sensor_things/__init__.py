"""OGC SensorThings API 1.1: what the store holds, in the standard's words."""
