"""Cases, what they contribute, and the sums of it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import asyncpg
import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from fansipan_analytics.indicators.registry import Ground
from fansipan_common.contracts import ServiceEventType
from fansipan_common.contracts.moment import Moment
from fansipan_indicators.cases import (
    Case,
    case_of_dossier,
    case_of_petition,
    case_of_rating,
    case_of_usage,
)
from fansipan_indicators.periods import Period

CaseKey = tuple[str, int, str]
"""(kind, provider id, case id)."""
CountKey = tuple[int, str, date]
"""(subject id, level, start)."""

_MOMENT: Final[TypeAdapter[datetime]] = TypeAdapter(Moment)
_BATCH: Final = 5000
_MOMENT_LENGTH: Final = timedelta(microseconds=1)

_TAKE: Final = """
WITH queued AS (
    SELECT id, cardinality(case_ids) AS size FROM changed_case ORDER BY id LIMIT 500
), taken AS (
    DELETE FROM changed_case WHERE id IN (
        SELECT id FROM (SELECT id, size, sum(size) OVER (ORDER BY id) AS upto FROM queued) AS q WHERE upto - size < $1
    ) RETURNING kind, provider_ids, case_ids, corrected
)
SELECT t.kind, x.provider_id, x.case_id, bool_or(t.corrected)
FROM taken t, unnest(t.provider_ids, t.case_ids) AS x (provider_id, case_id) GROUP BY 1, 2, 3
"""
_DOSSIERS: Final = """
SELECT d.* FROM unnest($1::integer[], $2::text[]) AS k (provider_id, dossier_id)
JOIN dossier d ON d.provider_id = k.provider_id AND d.dossier_id = k.dossier_id
"""
_PETITIONS: Final = """
SELECT d.* FROM unnest($1::integer[], $2::text[]) AS k (provider_id, petition_id)
JOIN petition d ON d.provider_id = k.provider_id AND d.petition_id = k.petition_id
"""
_EVENTS: Final = """
SELECT e.provider_id, e.source, e.event_id, e.time, e.data
FROM unnest($1::integer[], $2::text[], $3::text[]) AS k (provider_id, source, event_id)
JOIN service_event e ON e.provider_id = k.provider_id AND e.source = k.source AND e.event_id = k.event_id
WHERE e.type = $4
"""
_EVENT_KEYS: Final = "SELECT provider_id, source || ' ' || event_id AS case_id FROM service_event"
_BECAME_LATE: Final = """
SELECT kind, provider_id, case_id, late_at FROM (
    SELECT 'dossier' AS kind, provider_id, dossier_id AS case_id, late_at FROM dossier
    WHERE finished_at IS NULL AND late_at >= $1 AND late_at < $2
    UNION ALL
    SELECT 'petition', provider_id, petition_id, late_at FROM petition
    WHERE finished_at IS NULL AND late_at >= $1 AND late_at < $2
) AS due ORDER BY late_at FETCH FIRST $3 ROWS WITH TIES  -- thousands may be due at the close of one day
"""


async def take_changed(connection: "asyncpg.Connection[Any]", limit: int) -> dict[CaseKey, bool]:
    """Changed cases, the oldest change first, about `limit`; with whether a correction is among the causes."""
    return {(row[0], row[1], row[2]): row[3] for row in await connection.fetch(_TAKE, limit)}


async def became_late(
    connection: "asyncpg.Connection[Any]", since: datetime, until: datetime, limit: int
) -> tuple[list[CaseKey], datetime]:
    """Open cases whose time ran out from `since` (inside) to `until` (outside), and up to when all of them are
    listed. About `limit`: those that are due at one moment stay together."""
    rows = await connection.fetch(_BECAME_LATE, since, until, limit)
    seen = until if len(rows) < limit else rows[-1]["late_at"] + _MOMENT_LENGTH
    return [(row["kind"], row["provider_id"], row["case_id"]) for row in rows], seen


async def enqueue_all(connection: "asyncpg.Connection[Any]") -> int:
    """Queue every case there is; returns how many."""
    total = 0
    for kind, source in (
        ("dossier", "SELECT provider_id, dossier_id AS case_id FROM dossier"),
        ("petition", "SELECT provider_id, petition_id AS case_id FROM petition"),
        ("rating", f"{_EVENT_KEYS} WHERE type = '{ServiceEventType.RATING_SUBMITTED.value}'"),
        ("usage", f"{_EVENT_KEYS} WHERE type = '{ServiceEventType.USAGE_COUNTED.value}'"),
    ):
        total += await connection.fetchval(
            f"""
            WITH numbered AS (SELECT c.*, row_number() OVER () / 1000 AS batch FROM ({source}) AS c),
            made AS (
                INSERT INTO changed_case (kind, provider_ids, case_ids)
                SELECT $1, array_agg(provider_id), array_agg(case_id) FROM numbered GROUP BY batch
            )
            SELECT count(*) FROM numbered
            """,
            kind,
        )
    return total


async def load_cases(connection: "asyncpg.Connection[Any]", keys: Iterable[CaseKey]) -> dict[CaseKey, Case]:
    """The cases as they are known now; those that no event speaks of any more are left out."""
    by_kind: dict[str, list[CaseKey]] = {}
    for key in keys:
        by_kind.setdefault(key[0], []).append(key)
    found: dict[CaseKey, Case] = {}
    for kind, wanted in by_kind.items():
        for start in range(0, len(wanted), _BATCH):
            for case in await _load(connection, kind, wanted[start : start + _BATCH]):
                found[kind, case.provider_id, case.case_id] = case
    return found


async def _load(connection: "asyncpg.Connection[Any]", kind: str, wanted: Sequence[CaseKey]) -> list[Case]:
    providers, ids = [key[1] for key in wanted], [key[2] for key in wanted]
    if kind == "dossier":
        return [case_of_dossier(row) for row in await connection.fetch(_DOSSIERS, providers, ids)]
    if kind == "petition":
        return [case_of_petition(row) for row in await connection.fetch(_PETITIONS, providers, ids)]
    sources, events = zip(*(case_id.split(" ", 1) for case_id in ids), strict=True)
    rating = kind == "rating"
    type_ = ServiceEventType.RATING_SUBMITTED if rating else ServiceEventType.USAGE_COUNTED
    rows = await connection.fetch(_EVENTS, providers, list(sources), list(events), type_.value)
    if rating:
        return [case_of_rating(row) for row in rows]
    return [case_of_usage(row, _MOMENT.validate_python(row["data"]["periodStart"])) for row in rows]


@dataclass(frozen=True, slots=True)
class Contribution:
    """What a case adds: to which subjects, and on which days which amounts (day → place → amount)."""

    subjects: frozenset[int]
    days: Mapping[date, Mapping[int, float]]


NOTHING: Final = Contribution(frozenset(), {})


async def load_contributions(
    connection: "asyncpg.Connection[Any]", keys: Collection[CaseKey]
) -> dict[CaseKey, Contribution]:
    """What the cases add at present; those that add nothing yet are left out."""
    rows = await connection.fetch(
        """
        SELECT c.kind, c.provider_id, c.case_id, c.contribution
        FROM unnest($1::text[], $2::integer[], $3::text[]) AS k (kind, provider_id, case_id)
        JOIN case_contribution c USING (kind, provider_id, case_id)
        """,
        *_columns(keys),
    )
    return {(row[0], row[1], row[2]): _contribution(row[3]) for row in rows}


def _contribution(stored: Mapping[str, Any]) -> Contribution:
    return Contribution(
        frozenset(stored["subjects"]),
        {
            date.fromisoformat(day): {int(place): amount for place, amount in amounts.items()}
            for day, amounts in stored["days"].items()
        },
    )


async def save_contributions(
    connection: "asyncpg.Connection[Any]", contributions: Mapping[CaseKey, Contribution]
) -> None:
    """Remember what the cases add from now on."""
    if not contributions:
        return
    stored = [
        {
            "subjects": sorted(one.subjects),
            "days": {
                day.isoformat(): {str(place): amount for place, amount in amounts.items()}
                for day, amounts in one.days.items()
            },
        }
        for one in contributions.values()
    ]
    await connection.execute(
        """
        INSERT INTO case_contribution (kind, provider_id, case_id, contribution)
        SELECT * FROM unnest($1::text[], $2::integer[], $3::text[], $4::jsonb[])
        ON CONFLICT (kind, provider_id, case_id) DO UPDATE SET contribution = excluded.contribution
        """,
        *_columns(contributions),
        stored,
    )


def _columns(keys: Collection[CaseKey]) -> list[list[Any]]:
    return [list(column) for column in zip(*keys, strict=True)] if keys else [[], [], []]


async def forget_counts(connection: "asyncpg.Connection[Any]", width: int) -> None:
    """Begin to count from nothing, in so many places. Who has had figures stays known: they may have to become 0."""
    await connection.execute(
        "UPDATE case_count SET counts = array_fill(0.0::double precision, ARRAY[$1::integer])", width
    )
    await connection.execute("DELETE FROM case_contribution")


async def load_exactly(
    connection: "asyncpg.Connection[Any]", keys: Collection[CountKey]
) -> dict[CountKey, list[float]]:
    """The sums of some subjects and spans; those that do not exist yet are left out."""
    rows = await connection.fetch(
        """
        SELECT c.subject_id, c.level, c.start, c.counts
        FROM unnest($1::integer[], $2::text[], $3::date[]) AS k (subject_id, level, start)
        JOIN case_count c USING (subject_id, level, start)
        """,
        *([list(column) for column in zip(*keys, strict=True)] if keys else [[], [], []]),
    )
    return {(row[0], row[1], row[2]): row[3] for row in rows}


async def save_counts(
    connection: "asyncpg.Connection[Any]", counts: Mapping[CountKey, Sequence[float]]
) -> None:
    """Write sums."""
    if not counts:
        return
    # `unnest` would flatten an array of arrays, so each travels inside a JSON object
    await connection.execute(
        """
        INSERT INTO case_count (subject_id, level, start, counts)
        SELECT k.subject_id, k.level, k.start, ARRAY(
            SELECT x::double precision FROM jsonb_array_elements_text(k.counts -> 'counts')
                WITH ORDINALITY AS e (x, place) ORDER BY place)
        FROM unnest($1::integer[], $2::text[], $3::date[], $4::jsonb[]) AS k (subject_id, level, start, counts)
        ON CONFLICT (subject_id, level, start) DO UPDATE SET counts = excluded.counts
        """,
        *[list(column) for column in zip(*counts, strict=True)],
        [{"counts": list(values)} for values in counts.values()],
    )


async def load_sums(
    connection: "asyncpg.Connection[Any]", subject_ids: Collection[int], first_day: date | None
) -> dict[int, dict[tuple[str, date], NDArray[np.float64]]]:
    """All years and months of some subjects, and their days from `first_day` on (None: no days)."""
    rows = await connection.fetch(
        """
        SELECT subject_id, level, start, counts FROM case_count
        WHERE subject_id = ANY($1::integer[]) AND (level <> 'day' OR start >= $2)
        """,
        list(subject_ids),
        first_day or date.max,
    )
    found: dict[int, dict[tuple[str, date], NDArray[np.float64]]] = {}
    for row in rows:
        found.setdefault(row[0], {})[row[1], row[2]] = np.asarray(row[3])
    return found


async def procedures_of(
    connection: "asyncpg.Connection[Any]", subjects: Iterable[tuple[int, str, str]], province: str | None
) -> dict[int, list[int]]:
    """The subjects that stand for the procedures of each subject (id, kind, key)."""
    wanted = list(subjects)
    whole = [subject_id for subject_id, kind, key in wanted if kind == "area" and key == province]
    parts = [
        (subject_id, f"{kind}-procedure", key)
        for subject_id, kind, key in wanted
        if kind in ("area", "agency") and subject_id not in whole
    ]
    rows = await connection.fetch(
        """
        SELECT k.id AS whole, s.id FROM unnest($1::integer[], $2::text[], $3::text[]) AS k (id, kind, key)
        JOIN indicator_subject s ON s.kind = k.kind AND s.owner = k.key
        UNION ALL
        SELECT k.id, s.id FROM unnest($4::integer[]) AS k (id) JOIN indicator_subject s ON s.kind = 'procedure'
        UNION ALL
        SELECT k.id, k.id FROM unnest($5::integer[]) AS k (id)
        """,
        *([list(column) for column in zip(*parts, strict=True)] or [[], [], []]),
        whole,
        [subject_id for subject_id, kind, _ in wanted if kind == "procedure"],
    )
    found: dict[int, list[int]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row[1])
    return found


_DURATION_COLUMNS: Final = {"agency": "agency", "procedure": "procedure", "area": "area_code"}
_UNNESTED: Final = (
    "unnest($3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[]) AS k (key, code, since, until)"
)
_KEYS: Final = (
    _UNNESTED
    + " JOIN dossier d ON d.{column} = k.code AND d.received_at >= k.since AND d.received_at < k.until"
)
_DURATIONS: Final = {
    column: f"""
    SELECT k.key, count(*) AS count, sum(x.seconds) AS total,
           percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY x.seconds) AS percentiles
    FROM {keys} CROSS JOIN LATERAL (
        SELECT greatest(0, extract(epoch FROM d.finished_at - d.received_at)::double precision - d.paused_seconds)
            AS seconds
    ) AS x
    WHERE d.received_at IS NOT NULL AND greatest(d.finished_at, d.received_at) >= $1
        AND greatest(d.finished_at, d.received_at) < $2 AND d.finished_at IS NOT NULL GROUP BY 1
    """
    for column, keys in (
        *((kind, _KEYS.format(column=name)) for kind, name in _DURATION_COLUMNS.items()),
        ("province", f"{_UNNESTED} CROSS JOIN dossier d"),
    )
}


@dataclass(frozen=True, slots=True)
class Durations:
    """Seconds from receipt to end, without pauses, of the dossiers that ended in a period."""

    count: int
    total: float
    median: float
    p90: float

    def seconds(self, statistic: str) -> float:
        """One of the statistics of `CaseDuration`."""
        return {"median": self.median, "p90": self.p90, "mean": self.total / self.count}[statistic]


async def durations(
    connection: "asyncpg.Connection[Any]", period: Period, column: str, grounds: Collection[Ground]
) -> dict[str, Durations]:
    """Durations by agency, procedure or area of a period, by the key that a dossier counts for; `province`: of all."""
    columns = [list(values) for values in zip(*grounds, strict=True)]
    rows = await connection.fetch(_DURATIONS[column], period.start, period.end, *columns)
    return {row[0]: Durations(row[1], row[2], *row[3]) for row in rows}


_DUE_SOON: Final = """
SELECT agency, procedure, area_code, date(received_at AT TIME ZONE 'Asia/Ho_Chi_Minh'), count(*) AS count FROM dossier
WHERE finished_at IS NULL AND received_at <= $1 AND late_at >= $1 AND late_at <= $2 GROUP BY 1, 2, 3, 4
"""


async def due_soon(
    connection: "asyncpg.Connection[Any]", now: datetime, until: datetime
) -> list[tuple[str, str | None, str | None, date, int]]:
    """Open dossiers whose time runs out from `now` to `until`, by agency, procedure, area and local day of receipt."""
    return [(row[0], row[1], row[2], row[3], row[4]) for row in await connection.fetch(_DUE_SOON, now, until)]
