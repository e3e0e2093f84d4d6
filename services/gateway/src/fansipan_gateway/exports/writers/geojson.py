"""GeoJSON (RFC 7946): one feature a figure, with the boundary of its area."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson

from fansipan_gateway.domain.results import moment_of
from fansipan_gateway.domain.time_range import format_instant
from fansipan_gateway.exports.domain.about import About
from fansipan_gateway.exports.domain.tables import Batch, ColumnKind, Columns

_KEY: Final = "subjectKey"
_PERIOD: Final = "period"


class GeoJsonWriter:
    """Writes a FeatureCollection.

    Args:
        columns: they become properties.
        about: a foreign member of the collection.
        boundaries: geometries as GeoJSON, by area code; an area without one has a null geometry.
    """

    def __init__(self, columns: Columns, about: About, boundaries: Mapping[str, bytes]) -> None:
        self._columns = columns
        self._about = about
        self._boundaries = boundaries
        self._key = [column.name for column in columns].index(_KEY)
        self._period = [column.name for column in columns].index(_PERIOD)
        self._first = True

    def begin(self) -> bytes:
        about = orjson.dumps(self._about.entries())
        return b'{"type":"FeatureCollection","about":' + about + b',"features":[\n'

    def add(self, batch: Batch) -> bytes:
        features = [self._feature(row) for row in zip(*batch, strict=True)]
        if not features:
            return b""
        lead = b"" if self._first else b",\n"
        self._first = False
        return lead + b",\n".join(features)

    def end(self) -> Iterable[bytes]:
        return (b"\n]}\n",)

    def close(self) -> None:
        """It holds nothing."""

    def _feature(self, row: tuple[Any, ...]) -> bytes:
        key = row[self._key]
        identity = orjson.dumps(f"{key}/{row[self._period]}")
        properties = {
            column.name: _value(column.kind, value) for column, value in zip(self._columns, row, strict=True)
        }
        return b"".join(
            (
                b'{"type":"Feature","id":',
                identity,
                b',"properties":',
                orjson.dumps(properties),
                b',"geometry":',
                self._boundaries.get(key, b"null"),
                b"}",
            )
        )


def _value(kind: ColumnKind, value: Any) -> Any:
    if kind is ColumnKind.TIME and value is not None:
        return format_instant(moment_of(value))
    return value
