"""A provider's keys, managed by itself."""
