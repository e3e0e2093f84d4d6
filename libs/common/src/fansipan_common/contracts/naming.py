"""What a name of another world is called here: one rule for all doors.

A part of a datastream key (the thing, or the property) is made of one or several *names*, joined by `:`, for example
the measurement and the tags of an Influx line, or the path to a value inside an object.

1. A name of letters and digits of ASCII, `.`, `_` and `-`, which begins with a letter or digit, stays as it is.
2. Any other name becomes a readable form and a fingerprint: `Sa Pả` becomes `Sa-Pa~` and 12 characters that stand for
   60 bits of SHA-256 over the whole name. Diacritics go, what is left over becomes `-`.
3. A part longer than 127 characters is cut, and ends with `~` and the fingerprint of all its names.

So two different names never become one: a kept name has neither `~` nor `:`, and everything behind a `~` stands for
the whole. (Texts that Unicode calls canonically equal are one name.) The same name always becomes the same key.
"""

import base64
import hashlib
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_WITH_COLONS: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._:-]*[A-Za-z0-9._-])?")
_OTHERS: Final = re.compile(r"[^A-Za-z0-9._-]+")
_WITHOUT_MARK: Final = str.maketrans({"đ": "d", "Đ": "D"})
_LONGEST_PART: Final = 127
_LONGEST_READABLE: Final = 40
_FINGERPRINT: Final = 12
_LONGEST_REMEMBERED: Final = 128


def datastream_key(provider: str, thing: Sequence[str], prop: Sequence[str]) -> str:
    """The key of a datastream from the names of its thing and of its property (at least one each)."""
    return f"{provider}/{key_part(thing)}/{key_part(prop)}"


def key_part(names: Sequence[str]) -> str:
    """One part of a key from its names.

    Raises:
        ValueError: there is no name.
    """
    if not names:
        raise ValueError("a part of a key needs a name")
    part = ":".join(_known_name(name) if len(name) <= _LONGEST_REMEMBERED else _name(name) for name in names)
    if len(part) <= _LONGEST_PART:
        return part
    return f"{part[: _LONGEST_PART - _FINGERPRINT - 1]}~{_fingerprint('part', part)}"


def written_part(text: str) -> str:
    """One part of a key from a name that has colons of its own, such as a URN: it stays as it is where it can.

    A door uses either this or `key_part` for its things, never both: `a:b` could come from either.
    """
    plain = _WITH_COLONS.fullmatch(text) is not None and len(text) <= _LONGEST_PART
    return text if plain else key_part((text,))


@lru_cache(maxsize=65_536)
def _known_name(name: str) -> str:
    return _name(name)


def _name(name: str) -> str:
    name = unicodedata.normalize("NFC", name)
    if PLAIN_NAME.fullmatch(name):
        return name
    bare = "".join(
        letter
        for letter in unicodedata.normalize("NFD", name.translate(_WITHOUT_MARK))
        if not unicodedata.combining(letter)
    )
    readable = _OTHERS.sub("-", bare).strip("-._")[:_LONGEST_READABLE].rstrip("-._")
    return f"{readable or 'x'}~{_fingerprint('name', name)}"


def _fingerprint(kind: str, text: str) -> str:
    digest = hashlib.sha256(f"{kind}\0{text}".encode("utf-8", "surrogatepass")).digest()
    return base64.b32encode(digest)[:_FINGERPRINT].decode().lower()
