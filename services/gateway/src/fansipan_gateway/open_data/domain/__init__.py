"""The catalogue as DCAT-AP, and which form of it a client wants."""
