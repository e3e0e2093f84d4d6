"""From the cells of a row to the key of a datastream; each distinct combination is worked out once for a whole file."""

import unicodedata
from collections.abc import Mapping as Entries
from dataclasses import dataclass
from typing import Final

from fansipan_bulk.errors import MappingFault
from fansipan_common.contracts.keys import PROPERTY_KEY, THING_KEY, parse_datastream_key
from fansipan_common.contracts.naming import key_part

MOST_DATASTREAMS: Final = 200_000
"""More in one file is a column of values that was taken for one of names."""


@dataclass(frozen=True, slots=True)
class NoKey:
    """Why cells name no datastream."""

    code: str
    detail: str


class DatastreamKeys:
    """The keys of one import.

    Args:
        provider: first part of keys that are put together here.
        things, properties: what cells become that are no key themselves (`keys` of the mapping).
    """

    def __init__(
        self, provider: str | None, things: Entries[str, str], properties: Entries[str, str]
    ) -> None:
        self._provider = provider
        self._things = {_composed(name): key for name, key in things.items()}
        self._properties = {_composed(name): key for name, key in properties.items()}
        self._known: dict[tuple[str, ...], str | NoKey] = {}
        self.seen: dict[str, None] = {}

    def of(self, thing: str, prop: str) -> str | NoKey:
        """The key of a thing and a property, as cells name them."""
        return self._remembered((thing, prop))

    def whole(self, text: str) -> str | NoKey:
        """The key that one cell holds."""
        return self._remembered((text,))

    def mark(self, key: str) -> None:
        """Note that a key occurs.

        Raises:
            MappingFault: `mapping-datastreams`: more than 200,000 do.
        """
        self.seen[key] = None
        if len(self.seen) > MOST_DATASTREAMS:
            raise MappingFault(
                "mapping-datastreams",
                f"the file would be over {MOST_DATASTREAMS:,} datastreams: is the right column mapped?",
            )

    def _remembered(self, cells: tuple[str, ...]) -> str | NoKey:
        found = self._known.get(cells)
        if found is None:
            if len(self._known) > 2 * MOST_DATASTREAMS:
                self._known.clear()
            found = self._known[cells] = self._made(*cells)
        return found

    def _made(self, first: str, prop: str | None = None) -> str | NoKey:
        if prop is None:
            if not first:
                return NoKey("name-missing", "the row names no datastream")
            key = first
        else:
            if not first or not prop:
                return NoKey("name-missing", "the row names no " + ("thing" if not first else "property"))
            thing_key = self._things.get(_composed(first)) or _part(
                first, THING_KEY.fullmatch(first) is not None
            )
            prop_key = self._properties.get(_composed(prop)) or _part(
                prop, PROPERTY_KEY.fullmatch(prop) is not None
            )
            key = f"{self._provider}/{thing_key}/{prop_key}"
        try:
            parse_datastream_key(key)
        except ValueError as error:
            return NoKey("datastream-key", f"{key[:200]!r} is no key: {error}")
        return key


def _part(name: str, is_key: bool) -> str:
    return name if is_key else key_part((name,))


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip()
