"""Figures of indicators and their subjects, as rules look at them: present revisions, in the order of periods."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import asyncpg

from fansipan_analytics.alerts.naming import english_name, pair_name
from fansipan_indicators.alert_texts import SubjectNames
from fansipan_indicators.alerting import Bounds, Point

_SUBJECTS: Final = f"""
SELECT s.kind, s.key,
    coalesce(a.full_name, t.name, {pair_name("g.name", "m.name")}, s.key) AS name,
    coalesce(a.full_name_en, {english_name("t")}, t.name,
        {pair_name("coalesce(g.name_en, g.name)", "coalesce(m.name_en, m.name)")}, s.key) AS name_en,
    coalesce(a.code, t.area_code) AS area_code,
    coalesce(t.properties, '{{}}') AS properties
FROM unnest($1::text[], $2::text[]) AS s (kind, key)
LEFT JOIN area a ON s.kind IN ('area', 'area-procedure') AND a.code = split_part(s.key, '|', 1)
LEFT JOIN provider p ON s.kind = 'thing' AND p.key = split_part(s.key, '/', 1)
LEFT JOIN thing t ON t.provider_id = p.id AND t.key = substr(s.key, strpos(s.key, '/') + 1)
LEFT JOIN agency g ON s.kind IN ('agency', 'agency-procedure') AND g.key = split_part(s.key, '|', 1)
LEFT JOIN administrative_procedure m
    ON m.key = CASE s.kind WHEN 'procedure' THEN s.key WHEN 'agency-procedure' THEN split_part(s.key, '|', 2) END
"""
# Of several versions, a period belongs to the newest that is in force when it begins.
_HEADS: Final = """
SELECT DISTINCT ON (v.period_start) v.period_start AS at, v.value, v.reason
FROM indicator_subject s
JOIN indicator_definition d ON d.key = x.indicator AND d.retired_at IS NULL
JOIN indicator_value v ON v.definition_id = d.id AND v.subject_id = s.id AND v.period = x.period
WHERE s.kind = x.kind AND s.key = x.subject AND v.value IS NOT NULL
    AND v.period_start >= x.start AND v.period_start >= $6
    AND (v.period_start AT TIME ZONE 'Asia/Ho_Chi_Minh')::date >= d.effective_from
    AND (d.effective_to IS NULL OR (v.period_start AT TIME ZONE 'Asia/Ho_Chi_Minh')::date < d.effective_to)
ORDER BY v.period_start, d.version DESC
"""
_WANTED: Final = """
unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
    WITH ORDINALITY AS x (indicator, period, kind, subject, start, place)
"""
_POINTS: Final = f"""
SELECT x.place, v.* FROM {_WANTED} CROSS JOIN LATERAL ({_HEADS}) AS v ORDER BY x.place, v.at
"""
_CALM: Final = f"""
SELECT (
    SELECT v.at FROM ({_HEADS}) AS v
    WHERE v.at < x.before AND CASE WHEN x.rising THEN v.value < x.calm ELSE v.value > x.calm END
    ORDER BY v.at DESC LIMIT 1
) AS at
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $7::timestamptz[], $8::float8[],
    $9::boolean[]) WITH ORDINALITY AS x (indicator, period, kind, subject, start, before, calm, rising, place)
ORDER BY x.place
"""
_NEWEST: Final = f"""
SELECT (SELECT max(v.at) FROM ({_HEADS}) AS v) AS at FROM {_WANTED} ORDER BY x.place
"""
_EPOCH: Final = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
_NEW_DATA: Final = "new-data"
_HORIZONS: Final = {
    "hour": timedelta(days=30),
    "day": timedelta(days=90),
    "month": timedelta(days=800),
    "quarter": timedelta(days=800),
    "year": timedelta(days=3_660),
}


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom figures are about."""

    kind: str
    key: str
    names: SubjectNames
    area_code: str | None
    properties: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Series:
    """The figures of one indicator for one subject and kind of period."""

    indicator: str
    period: str
    kind: str
    subject: str

    @property
    def horizon(self) -> timedelta:
        """How far before a change figures are looked at, at most."""
        return _HORIZONS[self.period]


@dataclass(frozen=True, slots=True)
class Figure:
    """The figure of a period, at the time the period begins.

    Attributes:
        is_plain: only new data made it what it is. Anything else says that an earlier revision was wrong.
    """

    point: Point
    is_plain: bool


async def find_subjects(
    connection: "asyncpg.Connection[Any]", wanted: Collection[tuple[str, str]]
) -> dict[tuple[str, str], Subject]:
    """Subjects by (kind, key)."""
    rows = await connection.fetch(_SUBJECTS, [kind for kind, _ in wanted], [key for _, key in wanted])
    return {
        (row["kind"], row["key"]): Subject(
            row["kind"],
            row["key"],
            SubjectNames(row["name"], row["name_en"]),
            row["area_code"],
            row["properties"],
        )
        for row in rows
    }


async def calm_before(
    connection: "asyncpg.Connection[Any]", wanted: Sequence[tuple[Series, datetime, Bounds]]
) -> list[datetime | None]:
    """The last period before a moment whose figure was calm; None: not within the horizon."""
    if not wanted:
        return []
    starts = [before - series.horizon for series, before, _ in wanted]
    rows = await connection.fetch(
        _CALM,
        *_columns([series for series, _, _ in wanted]),
        starts,
        min(starts),
        [before for _, before, _ in wanted],
        [bounds.calm for _, _, bounds in wanted],
        [bounds.is_rising for _, _, bounds in wanted],
    )
    return [row["at"] for row in rows]


async def figures_since(
    connection: "asyncpg.Connection[Any]", wanted: Sequence[tuple[Series, datetime]]
) -> list[list[Figure]]:
    """The figures from a period on, that period included, in order; "not applicable" is left out."""
    found: list[list[Figure]] = [[] for _ in wanted]
    if wanted:
        starts = [start for _, start in wanted]
        columns = _columns([series for series, _ in wanted])
        for row in await connection.fetch(_POINTS, *columns, starts, min(starts)):
            figure = Figure(Point(row["at"], row["value"]), row["reason"] == _NEW_DATA)
            found[row["place"] - 1].append(figure)
    return found


async def newest_periods(
    connection: "asyncpg.Connection[Any]", wanted: Sequence[Series]
) -> list[datetime | None]:
    """The newest period that has a figure."""
    if not wanted:
        return []
    rows = await connection.fetch(_NEWEST, *_columns(wanted), [_EPOCH] * len(wanted), _EPOCH)
    return [row["at"] for row in rows]


def _columns(wanted: Sequence[Series]) -> tuple[list[str], list[str], list[str], list[str]]:
    return (
        [series.indicator for series in wanted],
        [series.period for series in wanted],
        [series.kind for series in wanted],
        [series.subject for series in wanted],
    )
