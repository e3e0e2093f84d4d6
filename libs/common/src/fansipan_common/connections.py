"""How many connections to PostgreSQL the services may take: what `max_connections` must have room for."""

from typing import Final

INGEST_POOL: Final = 8
ANALYTICS_POOL: Final = 24

MOST_CONNECTIONS: Final = {
    "ingest": INGEST_POOL + 2,  # and: hearing of changes, the turn at the MQTT broker
    "analytics": ANALYTICS_POOL + 4,  # and: hearing of changes
    "gateway": 10
    + 5
    + 3
    + 4,  # reads (FANSIPAN_DATABASE_CONNECTIONS), exports and one; hearing of changes; MQTT
}
"""Of one replica, with the settings' defaults. Each holds few while little happens, and all of them when much does."""
