"""Opaque cursors of keyset pagination: where the last page ended, as base64url of a short JSON array."""

import base64
import binascii
from typing import Final

import orjson

from fansipan_common.errors import ClientFault

_MAX_LENGTH: Final = 512
LARGEST_ID: Final = 1 << 62
"""No cursor holds a greater number; ids of `bigint` columns do not come near it."""
LARGEST_SERIAL: Final = (1 << 31) - 1
"""The largest id of an `integer` column."""


class BadCursor(ClientFault):
    """The cursor is not one we gave out for this collection."""

    code, title = "invalid-cursor", "Invalid cursor"

    def __init__(self) -> None:
        super().__init__(
            "the cursor is not one that this collection gave out: follow `next` as it is, or leave it out"
        )


def encode_cursor(kind: str, *parts: int | str) -> str:
    """A cursor of the collection `kind` that stands behind the row with the sort key `parts`."""
    return base64.urlsafe_b64encode(orjson.dumps([kind, *parts])).rstrip(b"=").decode()


def decode_cursor(kind: str, text: str, *types: type[int] | type[str]) -> tuple[int | str, ...]:
    """The sort key inside a cursor, one part for each of `types`.

    Raises:
        BadCursor: not base64url JSON, of another collection, or with parts of other types.
    """
    if len(text) > _MAX_LENGTH:
        raise BadCursor
    try:
        raw = text.encode("ascii")
        value = orjson.loads(base64.b64decode(raw + b"=" * (-len(raw) % 4), altchars=b"-_", validate=True))
    except (UnicodeEncodeError, binascii.Error, orjson.JSONDecodeError) as error:
        raise BadCursor from error
    if not isinstance(value, list) or len(value) != len(types) + 1 or value[0] != kind:
        raise BadCursor
    parts = tuple(value[1:])
    for part, wanted in zip(parts, types, strict=True):
        if type(part) is not wanted or (isinstance(part, int) and abs(part) > LARGEST_ID):
            raise BadCursor
        if isinstance(part, str) and "\0" in part:
            raise BadCursor
    return parts


def decode_id_cursor(kind: str, text: str | None, *, without: int = 0, largest: int = LARGEST_SERIAL) -> int:
    """The row id inside a cursor of one integer.

    Args:
        kind: collection.
        text: the cursor; None: there is none.
        without: what stands for none: 0 is before every row, `largest` behind every one.
        largest: no id is greater.
    """
    if text is None:
        return without
    (last,) = decode_cursor(kind, text, int)
    if not isinstance(last, int) or not 0 <= last <= largest:
        raise BadCursor
    return last


def decode_key_cursor(kind: str, text: str | None) -> str:
    """The key inside a cursor of one text; the empty one, before every row, when there is no cursor."""
    return "" if text is None else str(decode_cursor(kind, text, str)[0])
