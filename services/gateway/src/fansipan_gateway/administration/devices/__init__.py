"""What the doors of ingest know of devices and other sources."""
