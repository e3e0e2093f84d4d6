"""How callers name datastreams."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fansipan_common.contracts import MAX_DATASTREAM_ID
from fansipan_gateway.domain.visibility import Visibility


@dataclass(frozen=True, slots=True)
class DatastreamEntry:
    """A datastream's names, whose it is, and in which area its thing stands (None: that is not known)."""

    id: int
    key: str
    provider_id: int
    area_code: str | None

    def seen_with(self, visibility: Visibility) -> bool:
        """Whether a reader sees it."""
        return visibility.shows(self.provider_id, self.key, self.area_code)


def parse_datastream_reference(text: str) -> int | str:
    """Digits are an id, anything else is a key."""
    if text.isascii() and text.isdecimal() and len(text) <= 7 and int(text) <= MAX_DATASTREAM_ID:
        return int(text)
    return text


def name_some(references: Iterable[str], most: int = 5) -> str:
    """The first few of many references, for a message."""
    listed = list(references)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(map(repr, listed[:most])) + more


def expected_interval_seconds(properties: Mapping[str, Any]) -> float | None:
    """Seconds between two readings, when the datastream states them in its properties."""
    stated = properties.get("expectedIntervalSeconds")
    return stated if isinstance(stated, int | float) and not isinstance(stated, bool) and stated > 0 else None
