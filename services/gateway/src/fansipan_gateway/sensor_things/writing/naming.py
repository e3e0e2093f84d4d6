"""Keys of new entities, made of their names: `Trạm Ô Quy Hồ` becomes `tram-o-quy-ho`."""

import re
import unicodedata
from typing import Final

LONGEST: Final = 100
"""Characters of what is made of a name; a number may follow."""

KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~:-]{0,126}")
"""The part of a key that an entity has of its own: that of things and of properties."""

_APART: Final = re.compile(r"[^a-z0-9._]+")
_WITHOUT_MARK: Final = str.maketrans({"đ": "d", "Đ": "d", "ß": "ss", "æ": "ae", "ø": "o", "ł": "l", "µ": "u"})


def key_of_name(name: str, otherwise: str) -> str:
    """A key that reads as the name; `otherwise` where nothing of it is left, as of 気温."""
    letters = unicodedata.normalize("NFKD", name.lower().translate(_WITHOUT_MARK))
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return _APART.sub("-", plain)[: LONGEST + 50].strip("-._")[:LONGEST].rstrip("-._") or otherwise


def numbered(key: str, number: int) -> str:
    """The key of another one with the same name; the first is number 1."""
    return key if number == 1 else f"{key}-{number}"
