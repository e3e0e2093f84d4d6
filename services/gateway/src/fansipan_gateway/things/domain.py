"""How callers name a thing."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

_MAX_ID: Final = (1 << 31) - 1
_MARKS: Final = re.compile("[\u0300-\u036f]")
_BARRED: Final = str.maketrans("Đđ", "Dd")


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
    """A pattern for LIKE that finds `text` anywhere in what the database folded, taken literally."""
    escaped = fold(text).replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"


def fold(text: str) -> str:
    """Small letters without marks, as the database's `fold_text` does it: "Trạm Đồng Tuyển" → "tram dong tuyen"."""
    return _MARKS.sub("", unicodedata.normalize("NFD", text.translate(_BARRED))).lower()
