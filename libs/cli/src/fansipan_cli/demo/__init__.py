"""The demo: real sample data up to now, checked reading by reading, then kept live."""
