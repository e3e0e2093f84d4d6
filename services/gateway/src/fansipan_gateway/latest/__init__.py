"""Latest values: what every datastream measured last."""
