"""What ingest, analytics and the gateway agree on to send data out by MQTT (docs/adr/0022-data-out-by-mqtt.md).

Ingest knows which topics anybody may subscribe to and says so in a retained message. The gateway tells analytics, in
Redis, of which datastreams it wants to hear; analytics then appends to a stream in Redis what it has stored.
"""

from typing import Final

from pydantic import BaseModel, ConfigDict, model_validator

ASKED_TOPIC: Final = "fansipan-control/asked"
"""Where ingest publishes `AskedTopics`, retained. Keys of providers may not read it."""

MOST_FILTERS: Final = 10_000

ORIGIN: Final = ("fansipan-origin", "platform")
"""User property (MQTT 5) of all that the platform publishes: so that ingest does not take it for a device's."""

STORED: Final = "stored"
"""Name of the stream of `StoredObservations` in Redis, behind the prefix of all our keys."""

STORED_LENGTH: Final = 600
"""Entries that are kept, about; one comes each tenth of a second at most."""

STORED_ROWS: Final = 1_000
"""Observations in one entry at most."""

STORED_FIELD: Final = "data"

WANTED: Final = "stored:wanted"
"""Key of `WantedDatastreams` in Redis; whoever wants them renews it."""

WANTED_SECONDS: Final = 30
"""How long a wish lasts when it is not renewed."""


class AskedTopics(BaseModel):
    """The topic filters that somebody may subscribe to; what matches none of them need not be published."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    filters: list[str]


class WantedDatastreams(BaseModel):
    """The datastreams of which somebody wants to hear; None: all."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    ids: list[int] | None = None


class StoredObservations(BaseModel):
    """Which observations were stored, or corrected, in the order in which that happened.

    Attributes:
        ids: of their datastreams.
        ms: their phenomenon times, Unix milliseconds.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    ids: list[int]
    ms: list[int]

    @model_validator(mode="after")
    def _columns_have_one_length(self) -> "StoredObservations":
        if len(self.ids) != len(self.ms):
            raise ValueError("all columns have the same length")
        return self
