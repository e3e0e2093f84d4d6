"""Which answers are remembered, and what they rest on."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import orjson


class Noun(StrEnum):
    """What changes.

    Attributes:
        VALUES: figures of indicators. Changes are told by the ring of live events.
        OBSERVATIONS: latest readings. Told by the ring, too.
        REGISTRY: providers, things, datastreams, areas, names of agencies and procedures. Told by PostgreSQL.
        CATALOGUE: definitions of indicators. Told by PostgreSQL, too.
    """

    VALUES = "values"
    OBSERVATIONS = "observations"
    REGISTRY = "registry"
    CATALOGUE = "catalogue"


_FIGURES: Final = frozenset({Noun.VALUES, Noun.REGISTRY, Noun.CATALOGUE})
_REMEMBERED: Final = (
    (re.compile(r"/v1/indicators/(latest|[^/]+/(latest|values))"), _FIGURES),
    (re.compile(r"/v1/indicators(/[^/]+)?"), frozenset({Noun.CATALOGUE})),
    (re.compile(r"/v1/(latest|datastreams(/.+)?)"), frozenset({Noun.OBSERVATIONS, Noun.REGISTRY})),
    (re.compile(r"/v1/(things(/.+)?|areas(/at)?|agencies|procedures)"), frozenset({Noun.REGISTRY})),
)

_ROUTE: Final = "fansipan-route"
"""Among the headers of a packed answer. A replica of an older release, which does not know it, sends it on."""


def nouns_of(path: str) -> frozenset[Noun] | None:
    """What the answer at a path rests on; None: it is not remembered.

    Only answers that depend on nothing but the address, the data, and what the reader may see are listed.
    """
    for pattern, nouns in _REMEMBERED:
        if pattern.fullmatch(path):
            return None if path.endswith("/export") else nouns
    return None


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, as it was sent, and the template of the endpoint that made it (empty: not known)."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    route: str = ""

    @property
    def size(self) -> int:
        """Bytes of memory, about."""
        return len(self.body) + sum(len(name) + len(value) + 100 for name, value in self.headers) + 500

    def header(self, name: bytes) -> bytes | None:
        """The value of a header (its name in lower case)."""
        return next((value for key, value in self.headers if key.lower() == name), None)

    def without(self, names: Iterable[bytes]) -> tuple[tuple[bytes, bytes], ...]:
        """The headers but for some (in lower case)."""
        left_out = frozenset(names)
        return tuple(pair for pair in self.headers if pair[0].lower() not in left_out)

    def pack(self) -> bytes:
        """As bytes, for Redis."""
        head = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in self.headers]
        return orjson.dumps([*head, [_ROUTE, self.route]]) + b"\n" + self.body

    @classmethod
    def unpack(cls, data: bytes) -> "Answer":
        """Of bytes; only answers 200 are packed."""
        head, _, body = data.partition(b"\n")
        pairs = [(str(name), str(value)) for name, value in orjson.loads(head)]
        route = next((value for name, value in pairs if name == _ROUTE), "")
        headers = tuple((n.encode("latin-1"), v.encode("latin-1")) for n, v in pairs if n != _ROUTE)
        return cls(200, headers, body, route)
