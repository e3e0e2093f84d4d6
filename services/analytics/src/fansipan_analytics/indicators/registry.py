"""Things and their datastreams, as far as a lane looks at them; subjects by their keys."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, Final

import asyncpg

from fansipan_common.db import Database
from fansipan_indicators.periods import ZONE
from fansipan_indicators.subjects import former_unit_key

_THINGS: Final = """
SELECT t.id, p.key || '/' || t.key AS key, t.area_code, t.properties,
       d.id AS datastream_id, o.key AS property, d.properties AS datastream_properties
FROM thing t
JOIN provider p ON p.id = t.provider_id
JOIN datastream d ON d.thing_id = t.id
JOIN observed_property o ON o.id = d.observed_property_id
WHERE t.id = ANY (SELECT thing_id FROM datastream WHERE id = ANY($1::integer[])) OR t.id = ANY($2::integer[])
ORDER BY d.id
"""
_DELETED: Final = """
SELECT g.datastream_id, p.key || '/' || g.thing_key AS key, g.property_key, t.id AS thing_id
FROM deleted_datastream g
JOIN provider p ON p.id = g.provider_id
LEFT JOIN thing t ON t.provider_id = g.provider_id AND t.key = g.thing_key
WHERE g.datastream_id = ANY($1::integer[]) AND g.thing_key IS NOT NULL AND g.property_key IS NOT NULL
ORDER BY g.datastream_id
"""
_PLACES: Final = """
SELECT p.key || '/' || t.key AS key, t.area_code, a.parent_code
FROM thing t JOIN provider p ON p.id = t.provider_id JOIN area a ON a.code = t.area_code
UNION ALL
SELECT p.key || '/' || g.thing_key, g.area_code, a.parent_code
FROM deleted_datastream g JOIN provider p ON p.id = g.provider_id JOIN area a ON a.code = g.area_code
WHERE g.due_at < 'infinity'
    AND NOT EXISTS (SELECT FROM thing t WHERE t.provider_id = g.provider_id AND t.key = g.thing_key)
"""
_MAKE_SUBJECTS: Final = """
INSERT INTO indicator_subject (kind, key)
SELECT k.kind, k.key FROM unnest($1::text[], $2::text[]) AS k (kind, key)
WHERE NOT EXISTS (SELECT FROM indicator_subject s WHERE s.kind = k.kind AND s.key = k.key)
ORDER BY k.kind, k.key
ON CONFLICT (kind, key) DO NOTHING
"""
_NAME_SUBJECTS: Final = "SELECT id, kind, key FROM indicator_subject WHERE id = ANY($1)"
_FIND_SUBJECTS: Final = """
SELECT s.id, s.kind, s.key FROM unnest($1::text[], $2::text[]) AS k (kind, key)
JOIN indicator_subject s ON s.kind = k.kind AND s.key = k.key
"""


@dataclass(frozen=True, slots=True)
class DatastreamEntry:
    """A datastream of a thing."""

    id: int
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ThingEntry:
    """A thing with its datastreams by observed property."""

    id: int
    key: str
    attributes: Mapping[str, Any]
    datastreams: dict[str, DatastreamEntry] = field(default_factory=dict)


async def things_of(
    connection: "asyncpg.Connection[Any]", datastream_ids: Iterable[int]
) -> dict[int, tuple[ThingEntry, str]]:
    """The thing and the observed property of each datastream. Things come with all their datastreams.

    A datastream that was deleted is no more among those of its thing; a thing that was, has none.
    """
    wanted = list(datastream_ids)
    things: dict[int, ThingEntry] = {}
    found: dict[int, tuple[ThingEntry, str]] = {}
    deleted = await connection.fetch(_DELETED, wanted)
    with_deleted = [row["thing_id"] for row in deleted if row["thing_id"] is not None]
    for row in await connection.fetch(_THINGS, wanted, with_deleted):
        thing = things.setdefault(row["id"], ThingEntry(row["id"], row["key"], row["properties"]))
        thing.datastreams[row["property"]] = DatastreamEntry(
            row["datastream_id"], row["datastream_properties"]
        )
        found[row["datastream_id"]] = (thing, row["property"])
    bare: dict[str, ThingEntry] = {}
    for row in deleted:
        thing = things.get(row["thing_id"]) or bare.setdefault(
            row["key"], ThingEntry(row["thing_id"] or -row["datastream_id"], row["key"], {})
        )
        found[row["datastream_id"]] = (thing, row["property_key"])
    return found


async def places_of_things(connection: "asyncpg.Connection[Any]") -> dict[str, list[str]]:
    """The areas that hold each thing with a place: its commune and the province."""
    return {
        row["key"]: [code for code in (row["area_code"], row["parent_code"]) if code is not None]
        for row in await connection.fetch(_PLACES)
    }


async def province_code(connection: "asyncpg.Connection[Any]") -> str | None:
    """Code of the province; None before the areas are loaded."""
    return await connection.fetchval("SELECT code FROM area WHERE parent_code IS NULL ORDER BY code LIMIT 1")


@dataclass(frozen=True, slots=True)
class Succession:
    """A former unit whose ground lies in one present unit.

    Attributes:
        key: of the former unit as a subject: its code, with the day of the merger where the code was used again.
        successor: code of the present unit.
        until: the day from which on it was no more.
    """

    key: str
    successor: str
    until: date


async def successions(connection: "asyncpg.Connection[Any]") -> dict[str, list[Succession]]:
    """The former units by their codes, the earliest merger first."""
    rows = await connection.fetch(
        """
        SELECT s.old_code, s.new_code, s.valid_until, a.code IS NOT NULL AS used_again
        FROM area_succession s LEFT JOIN area a ON a.code = s.old_code
        WHERE s.relation = 'whole' ORDER BY s.old_code, s.valid_until
        """
    )
    found: dict[str, list[Succession]] = {}
    for row in rows:
        code, until = row["old_code"], row["valid_until"]
        key = former_unit_key(code, until) if row["used_again"] else code
        found.setdefault(code, []).append(Succession(key, row["new_code"], until))
    return found


Ground = tuple[str, str, datetime, datetime]
"""An area's key, a code whose cases count for it, and when (from, until) they were received."""
_EVER: Final = (datetime(1970, 1, 1, tzinfo=UTC), datetime(2300, 1, 1, tzinfo=UTC))


def areas_of(code: str, received: date | None, known: Mapping[str, Sequence[Succession]]) -> set[str]:
    """Keys of the areas that a case counts for; before a merger the former unit and the one with its ground now."""
    then = [one for one in known.get(code, ()) if received is not None and received < one.until]
    return {then[0].key, then[0].successor} if then else {code}


def grounds_of(keys: Collection[str], known: Mapping[str, Sequence[Succession]]) -> list[Ground]:
    """The same the other way round: which cases count for some areas."""
    since = dict.fromkeys(known, _EVER[0])
    found: list[Ground] = []
    for code, mergers in known.items():
        for one in mergers:
            until = datetime.combine(one.until, time(), ZONE).astimezone(UTC)
            found += [(key, code, since[code], until) for key in {one.key, one.successor} if key in keys]
            since[code] = until
    return found + [(key, key, since.get(key, _EVER[0]), _EVER[1]) for key in keys]


Subject = tuple[str, str]
"""Kind and key of a subject."""


class Subjects:
    """Ids and names of subjects; remembers those it has seen, since they never change.

    New ones are made on a connection of their own: what is remembered is committed, whatever becomes of the caller's
    transaction, and no lane waits for another that makes the same ones.
    """

    def __init__(self, database: Database, *, capacity: int = 500_000) -> None:
        self._database = database
        self._ids: dict[Subject, int] = {}
        self._names: dict[int, Subject] = {}
        self._capacity = capacity

    async def ids(self, subjects: Iterable[Subject]) -> dict[Subject, int]:
        """The id of each subject; unknown ones are made."""
        wanted = set(subjects)
        missing = sorted(wanted - self._ids.keys())
        if missing:
            if len(self._ids) > self._capacity:
                self._ids.clear()
                missing = sorted(wanted)
            arguments = [list(column) for column in zip(*missing, strict=True)]
            await self._database.execute(_MAKE_SUBJECTS, *arguments)
            rows = await self._database.fetch(_FIND_SUBJECTS, *arguments)
            self._ids |= {(row["kind"], row["key"]): row["id"] for row in rows}
        return {subject: self._ids[subject] for subject in wanted}

    async def names(self, subject_ids: Iterable[int]) -> dict[int, Subject]:
        """Kind and key of each subject; ids that stand for none are left out."""
        wanted = set(subject_ids)
        missing = wanted - self._names.keys()
        if missing:
            if len(self._names) > self._capacity:
                self._names.clear()
                missing = wanted
            rows = await self._database.fetch(_NAME_SUBJECTS, list(missing))
            self._names |= {row["id"]: (row["kind"], row["key"]) for row in rows}
        return {one: self._names[one] for one in wanted if one in self._names}
