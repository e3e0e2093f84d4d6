"""How callers name a thing."""

from dataclasses import dataclass
from typing import Final

_MAX_ID: Final = (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class ThingReference:
    """A thing by id, or by key `<provider>/<thing>`. Exactly one of the two is given."""

    id: int | None = None
    key: str | None = None


def parse_thing_reference(text: str) -> ThingReference:
    """Digits are an id, anything else is a key."""
    if text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) <= _MAX_ID:
        return ThingReference(id=int(text))
    return ThingReference(key=text)


def like_pattern(text: str) -> str:
    """A pattern for ILIKE that finds `text` anywhere, taken literally."""
    escaped = text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"
