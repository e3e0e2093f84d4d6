"""What is asked of who writes observations, and what they answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from fansipan_gateway.sensor_things.writing.writer import Writer


@dataclass(frozen=True, slots=True)
class NewObservation:
    """An observation to be stored.

    Attributes:
        datastream_id: of which datastream.
        phenomenon_time: when it was so; None: now.
        result: a number, text, boolean or object.
        result_time: when the result was made.
        result_quality: good, suspect or bad.
        parameters: what else is known of it.
        feature_id: of what; None: the feature of where the thing stood.
    """

    datastream_id: int
    phenomenon_time: datetime | None
    result: Any
    result_time: datetime | None = None
    result_quality: str | None = None
    parameters: dict[str, Any] | None = None
    feature_id: int | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What became of an observation.

    Attributes:
        id: its public id; None when it was refused.
        outcome: created, same, corrected, different or refused.
        code, detail: why, of those that are not stored as they were sent.
        difference: of a different one, by name of what differs: what is `stored` and what was `sent`.
    """

    id: int | None
    outcome: str
    code: str | None = None
    detail: str | None = None
    difference: Mapping[str, Any] | None = None


class ObservationWriter(Protocol):
    """Stores observations."""

    async def write(self, writer: Writer, observations: Sequence[NewObservation]) -> list[Written]:
        """Send observations through ingest and wait until they are stored: one outcome for each, in order."""
        ...

    async def take_back(self, writer: Writer, ids: Sequence[int]) -> None:
        """Delete observations by their ids and wait until they are not readable any more."""
        ...
