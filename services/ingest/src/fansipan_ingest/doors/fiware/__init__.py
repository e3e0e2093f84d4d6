"""Notifications of FIWARE context brokers: NGSI-v2 (Orion) and NGSI-LD (Orion-LD, Scorpio, Stellio)."""
