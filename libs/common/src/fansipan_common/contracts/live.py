"""The ring of recent live events: one Redis stream, written by analytics and read by every replica of the gateway.

Each entry has the fields `topic` and `data`. Its id is the same for all readers, grows, and never comes twice, so a
client that saw one event can ask any replica for what came after it. Whoever finds a gap reads the database.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, model_validator

from fansipan_common.contracts.topics import TopicName

RING: Final = "live"
"""Name of the stream, behind the prefix of all our keys (`FANSIPAN_REDIS_PREFIX`)."""

RING_LENGTH: Final = 2_000
"""Entries that are kept, about. One is 1 to 100 kB, in most places a few."""

TOPIC_FIELD: Final = "topic"
DATA_FIELD: Final = "data"


class LiveTopic(StrEnum):
    """What an entry is.

    Attributes:
        VALUES: the data of an event of `indicator-values.v1`.
        ALERTS: the data of an event of `alerts.v1`.
        OBSERVATIONS: `NewestReadings`.
        RESET: entries before this one may be missing: whoever reads on reads the database again. No data.
        MARK: a place in the ring and nothing else. No data.
    """

    VALUES = "values"
    ALERTS = "alerts"
    OBSERVATIONS = "observations"
    RESET = "reset"
    MARK = "mark"


LIVE_TOPICS: Final[Mapping[TopicName, LiveTopic]] = {
    TopicName.INDICATOR_VALUES: LiveTopic.VALUES,
    TopicName.ALERTS: LiveTopic.ALERTS,
}
"""How topics of the outbox are called in the ring."""


class NewestReadings(BaseModel):
    """The newest observation of each of some datastreams, as columns: stored for the first time, corrected, or newest
    since what was newer was taken back.

    Attributes:
        ids: of the datastreams, each once.
        ms: phenomenon times, Unix milliseconds; 0 where no observation is left.
        results: numbers, or what was measured in place of one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    ids: list[int]
    ms: list[int]
    results: list[Any]

    @model_validator(mode="after")
    def _columns_have_one_length(self) -> "NewestReadings":
        if not len(self.ids) == len(self.ms) == len(self.results):
            raise ValueError("all columns have the same length")
        return self
