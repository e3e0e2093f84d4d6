"""Subjects in the database, with their names: official ones of areas, given ones of things, agencies, procedures."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import asyncpg

from fansipan_common.db import Database
from fansipan_gateway.access.seen import subject_arguments, subject_seen
from fansipan_gateway.domain.results import Row
from fansipan_gateway.domain.visibility import Visibility
from fansipan_gateway.indicators.domain.boundaries import PresentArea, Succession
from fansipan_gateway.indicators.domain.figures import NamedSubject
from fansipan_gateway.indicators.domain.subjects import Subject
from fansipan_gateway.names.joins import name_joins, subject_name, subject_name_en

_NAMES: Final = name_joins("w.kind", "w.key")
_NAME_COLUMNS: Final = (
    f"{subject_name('w.kind', 'w.key')} AS name, {subject_name_en('w.kind', 'w.key')} AS name_en"
)


def _find(seen: str) -> str:
    return f"""
SELECT w.kind, w.key, s.id, {_NAME_COLUMNS}, n_thing.id AS thing_id, {seen} AS seen
  FROM (SELECT kind, key, split_part(key, '|', 1) AS owner FROM unnest($1::text[], $2::text[]) AS n (kind, key)) AS w
  LEFT JOIN indicator_subject s ON s.kind = w.kind AND s.key = w.key {_NAMES}
"""


def _of_kind(seen: str, wanted: str) -> str:
    return f"""
SELECT w.kind, w.key, w.id, {_NAME_COLUMNS}, {seen} AS seen
  FROM indicator_subject w {_NAMES}
 WHERE w.kind = $1
   AND (w.kind <> 'area' OR (n_area.valid_from <= $2 AND (n_area.valid_to IS NULL OR n_area.valid_to > $2)))
   AND {wanted}
 ORDER BY w.key LIMIT $3
"""


_FIND: Final = _find(subject_seen("w", 3))
_FIND_ALL_SEEN: Final = _find("true")
_OF_KIND: Final = _of_kind(subject_seen("w", 4), f"($9::boolean OR {subject_seen('w', 4)})")
_OF_KIND_ALL_SEEN: Final = _of_kind("true", "true")
_PRESENT: Final = "SELECT code, full_name, full_name_en, valid_from, valid_to FROM area WHERE code = $1"
_SUCCESSIONS: Final = """
SELECT s.old_code, s.old_name, s.new_code, a.full_name AS new_name, s.relation, s.valid_until
  FROM area_succession s JOIN area a ON a.code = s.new_code
 WHERE s.old_code = $1 OR s.new_code = $1
 ORDER BY s.valid_until, s.old_code, s.new_code LIMIT 1000
"""


class SubjectRepository:
    """Reads `indicator_subject`, the names of subjects, and `area_succession`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, subject: Subject, visibility: Visibility) -> tuple[NamedSubject, bool]:
        """A subject with its id and names, and whether anything is known of it: a figure, or a thing that is seen."""
        [row] = await self._rows([subject], visibility)
        thing = row["thing_id"] is not None and (row["seen"] or not visibility.limited)
        return _named(row, subject), row["id"] is not None or thing

    async def find_all(self, subjects: Sequence[Subject], visibility: Visibility) -> list[NamedSubject]:
        """Subjects with their ids and names, in that order."""
        rows = await self._rows(subjects, visibility)
        found = {(row["kind"], row["key"]): row for row in rows}
        return [_named(found[subject.kind, subject.key], subject) for subject in subjects]

    async def fetch_kind(
        self, kind: str, visibility: Visibility, *, public: bool, day: date, limit: int
    ) -> list[NamedSubject]:
        """Subjects of a kind that ever had a figure, by key; areas only when they are in force on `day`.

        Args:
            kind: area, agency, procedure or thing.
            visibility: whose figures that are not public are seen.
            public: whether what they are wanted for is public, so that all are seen.
            day: for areas.
            limit: how many at most.
        """
        if visibility.sees_all_figures:
            rows = await self._database.fetch(_OF_KIND_ALL_SEEN, kind, day, limit)
        else:
            rows = await self._database.fetch(
                _OF_KIND, kind, day, limit, *subject_arguments(visibility), public
            )
        return [_named(row, Subject(row["kind"], row["key"])) for row in rows]

    async def find_area(self, code: str) -> tuple[PresentArea | None, list[Succession]]:
        """The unit of today with a code, and the mergers that the code took part in."""
        present = await self._database.fetchrow(_PRESENT, code)
        rows = await self._database.fetch(_SUCCESSIONS, code)
        return (
            None if present is None else PresentArea(*present),
            [Succession(*row) for row in rows],
        )

    async def _rows(self, subjects: Sequence[Subject], visibility: Visibility) -> "list[asyncpg.Record]":
        """A row for each subject, also for one of which nothing is known."""
        kinds, keys = [s.kind for s in subjects], [s.key for s in subjects]
        if visibility.sees_all_figures:
            return await self._database.fetch(_FIND_ALL_SEEN, kinds, keys)
        return await self._database.fetch(_FIND, kinds, keys, *subject_arguments(visibility))


def _named(row: Row, subject: Subject) -> NamedSubject:
    return NamedSubject(subject, row["id"], row["name"], row["name_en"], seen=row["seen"])
