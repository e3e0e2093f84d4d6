"""Service events as they come out of Kafka."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

EventKey = tuple[str, str, str]
"""Identity of a service event: (provider key, CloudEvents source, CloudEvents id)."""


@dataclass(frozen=True, slots=True)
class EventFacts:
    """What an event says; two with one identity that say the same are one event sent twice."""

    type: str
    time: datetime
    subject: str
    data: Mapping[str, Any]
