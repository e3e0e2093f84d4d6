"""Live events, who sees them, and what a client asked for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fansipan_common.contracts.live import LiveTopic
from fansipan_gateway.access.domain import Reader
from fansipan_gateway.domain.visibility import Visibility

_ID: Final = re.compile(r"(\d{1,15})-(\d{1,10})", re.ASCII)

Topic = LiveTopic
ASKABLE: Final = (LiveTopic.VALUES, LiveTopic.ALERTS, LiveTopic.OBSERVATIONS)


@dataclass(frozen=True, slots=True, order=True)
class EventId:
    """Place of an event in the ring: Unix milliseconds, and a number among those of one millisecond."""

    ms: int
    number: int

    def __str__(self) -> str:
        return f"{self.ms}-{self.number}"


def parse_event_id(text: str) -> EventId | None:
    """Read a Last-Event-ID; None when it is none of ours."""
    found = _ID.fullmatch(text.strip())
    return None if found is None else EventId(int(found[1]), int(found[2]))


_OF_AREAS: Final = frozenset({"area", "area-procedure"})
_OF_AGENCIES: Final = frozenset({"agency", "agency-procedure"})


@dataclass(frozen=True, slots=True)
class Sight:
    """What a reader sees of live events: every question about it is asked here (docs/api/visibility.md).

    An event does not say where a thing stands, nor whose it is: who does not see everything gets figures of things only
    of public indicators, and reads the others.

    Attributes:
        visibility: which part of the data.
    """

    visibility: Visibility

    @classmethod
    def of(cls, reader: Reader) -> "Sight":
        """What this reader sees."""
        return cls(reader.visibility)

    @property
    def internal(self) -> bool:
        """Whether what is not public is seen, within limits, and who did what to an alert."""
        return self.visibility.internal

    @property
    def alerts(self) -> bool:
        """Whether alerts are seen at all: not by the keys of one provider."""
        return self.visibility.provider_id is None

    def figure(self, kind: str, key: str, *, public: bool) -> bool:
        """Whether figures of a subject are seen; `public`: those of an indicator that everybody sees."""
        return public or self.visibility.sees_all_figures or self._owns(kind, key)

    def alert(self, kind: str, key: str, area: str | None, *, public: bool) -> bool:
        """Whether alerts about a subject in an area (None: in none) are seen; `public`: of a rule on public data."""
        if not self.alerts or not (public or self.internal):
            return False
        visibility = self.visibility
        return (
            not visibility.limited
            or area in visibility.areas
            or (kind in _OF_AGENCIES and self._owns(kind, key))
        )

    def _owns(self, kind: str, key: str) -> bool:
        owner = key.split("|", 1)[0]
        if kind in _OF_AREAS:
            return owner in self.visibility.areas
        return kind in _OF_AGENCIES and owner in self.visibility.agencies


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a client asked for, and may see. Clients with equal ones get the same bytes.

    Attributes:
        topics: of events.
        indicators: only figures of these; None: of all.
        subjects: only figures and alerts of these (kind, key); None: of all.
        datastreams: ids whose readings are wanted.
        keys: by id, their keys.
        sight: what the reader sees.
    """

    topics: frozenset[LiveTopic]
    sight: Sight
    indicators: frozenset[str] | None = None
    subjects: frozenset[tuple[str, str]] | None = None
    datastreams: frozenset[int] = frozenset()
    keys: Mapping[int, str] = field(default_factory=dict[int, str], compare=False)

    def wants_subject(self, kind: str, key: str) -> bool:
        """Whether events about a subject are wanted."""
        return self.subjects is None or (kind, key) in self.subjects


@dataclass(frozen=True, slots=True)
class Public:
    """What everybody may see: keys of indicators and of alert rules."""

    indicators: frozenset[str] = frozenset()
    rules: frozenset[str] = frozenset()


@dataclass(slots=True, eq=False)
class LiveEvent:
    """One entry of the ring.

    Attributes:
        id: its place.
        topic: what it is.
        document: its data.
        size: bytes of the data.
        prepared: what rendering made of the data for all clients.
        rendered: what clients with a subscription get; None: nothing.
    """

    id: EventId
    topic: LiveTopic
    document: dict[str, Any]
    size: int
    prepared: list[tuple[str, str, dict[str, Any]]] | None = None
    rendered: dict[Subscription, bytes | None] = field(default_factory=dict["Subscription", "bytes | None"])
