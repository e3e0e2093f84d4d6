"""How many connections to PostgreSQL the services may take: what `max_connections` must have room for."""

from typing import Final

INGEST_POOL: Final = 8
ANALYTICS_POOL: Final = 24
IMPORTS_POOL: Final = 4
MQTT_POOL: Final = 2

_READS: Final = 10  # FANSIPAN_DATABASE_CONNECTIONS
_EXPORTS: Final = 5  # FANSIPAN_EXPORT_CONCURRENCY, and one
_DATA_OUT: Final = MQTT_POOL + 2  # hearing of changes, the turn at the MQTT broker

MOST_CONNECTIONS: Final = {
    "ingest": INGEST_POOL + 2,  # hearing of changes, the turn at the MQTT broker
    "analytics": ANALYTICS_POOL + 4,  # hearing of changes
    "gateway": _READS + _EXPORTS + IMPORTS_POOL + _DATA_OUT + 2,  # hearing of changes
}
"""Of one replica, with the settings' defaults. Each holds few while little happens, and all of them when much does."""
