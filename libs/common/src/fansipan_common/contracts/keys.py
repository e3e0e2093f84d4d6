"""Datastream keys: `<provider>/<thing>/<property>`."""

import re
from dataclasses import dataclass
from typing import Final

PROVIDER_KEY: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
THING_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~:-]{0,126}")
PROPERTY_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~:-]{0,126}")


@dataclass(frozen=True, slots=True)
class DatastreamKey:
    """The three parts of a datastream's name."""

    provider: str
    thing: str
    property: str

    def __str__(self) -> str:
        return f"{self.provider}/{self.thing}/{self.property}"


def parse_datastream_key(text: str) -> DatastreamKey:
    """Split and check a datastream key.

    Raises:
        ValueError: it has not three parts, or a part has a character outside its alphabet.
    """
    parts = text.split("/")
    if len(parts) != 3:
        raise ValueError("a datastream key has three parts: <provider>/<thing>/<property>")
    provider, thing, prop = parts
    if not PROVIDER_KEY.fullmatch(provider):
        raise ValueError("the provider part takes 1-63 of a-z 0-9 . _ -, the first a letter or digit")
    if not THING_KEY.fullmatch(thing):
        raise ValueError("the thing part takes 1-127 of A-Z a-z 0-9 . _ ~ : -, the first a letter or digit")
    if not PROPERTY_KEY.fullmatch(prop):
        raise ValueError(
            "the property part takes 1-127 of A-Z a-z 0-9 . _ ~ : -, the first a letter or digit"
        )
    return DatastreamKey(provider, thing, prop)
