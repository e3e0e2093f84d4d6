"""Live events, who sees them, and what a client asked for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fansipan_common.contracts.live import LiveTopic
from fansipan_gateway.access.domain import Kind, Reader
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


@dataclass(frozen=True, slots=True)
class Sight:
    """What a reader sees of live events: every question about it is asked here.

    Attributes:
        internal: whether indicators that are not public are seen, and who did what to an alert.
        visibility: which part of the data.
    """

    internal: bool
    visibility: Visibility

    @classmethod
    def of(cls, reader: Reader) -> "Sight":
        """What this reader sees."""
        return cls(reader.kind is Kind.OPERATOR, reader.visibility)

    @property
    def alerts(self) -> bool:
        """Whether alerts are seen at all: not by the keys of one provider."""
        return self.visibility.provider_id is None

    def figure(self, _kind: str, _key: str, *, public: bool) -> bool:
        """Whether a figure of a subject is seen.

        Args:
            _kind, _key: of the subject.
            public: whether the indicator is.
        """
        return public or self.internal

    def alert(self, _kind: str, _subject: str, _area: str | None, *, public: bool) -> bool:
        """Whether an alert is seen.

        Args:
            _kind, _subject: what it is about.
            _area: code of the area it is in; None: of none.
            public: whether its rule rests on public indicators only.
        """
        return self.alerts and (public or self.internal)


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
