"""Webhooks of LoRaWAN network servers: ChirpStack v4 and The Things Stack v3."""
