"""Topic names and how the topics are made."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

MAX_RECORD_BYTES: Final = 16 * 1024 * 1024
"""Largest record; what would be larger is refused before it is handed to Kafka."""

_WEEK_MS: Final = 7 * 24 * 3600 * 1000


class TopicName(StrEnum):
    """The topics of the platform. A version never changes incompatibly; a new shape is a new topic."""

    OBSERVATIONS = "observations.v1"
    SERVICE_EVENTS = "service-events.v1"
    DEAD_LETTER = "dead-letter.v1"
    INDICATOR_VALUES = "indicator-values.v1"
    ALERTS = "alerts.v1"


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic as it is to be created; the replication factor is the deployment's choice."""

    name: str
    partitions: int
    config: dict[str, str] = field(default_factory=dict)


def topic_specs(prefix: str = "") -> list[TopicSpec]:
    """All topics, their names after `prefix`. Retention: 7 days, dead letters 30 days."""
    common = {"max.message.bytes": str(MAX_RECORD_BYTES), "retention.ms": str(_WEEK_MS)}
    return [
        TopicSpec(prefix + TopicName.OBSERVATIONS, 6, common),
        TopicSpec(prefix + TopicName.SERVICE_EVENTS, 6, common),
        TopicSpec(prefix + TopicName.DEAD_LETTER, 3, common | {"retention.ms": str(30 * 24 * 3600 * 1000)}),
        TopicSpec(prefix + TopicName.INDICATOR_VALUES, 6, common),
        TopicSpec(prefix + TopicName.ALERTS, 3, common),
    ]
