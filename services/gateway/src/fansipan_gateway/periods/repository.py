"""Closed periods in the database."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from fansipan_common.db import Database
from fansipan_gateway.access.seen import figure_seen, subject_arguments
from fansipan_gateway.audit import AuditTrail
from fansipan_gateway.domain.visibility import Visibility
from fansipan_gateway.names.joins import name_joins, subject_name, subject_name_en
from fansipan_gateway.periods.domain import AlreadyClosed, StillEvaluating
from fansipan_indicators.chain import CLOSE_LOCK, FrozenFigure
from fansipan_indicators.periods import Period

BATCH: Final = 2_000
_STATEMENT_SECONDS: Final = 120.0
_LOCK_WAIT: Final = "SET LOCAL lock_timeout = '8s'"

_CLOSES: Final = """
SELECT c.id, c.period, c.period_start, c.label, c.closed_at, c.closed_by, c.note, c.value_count, c.previous, c.digest,
       (SELECT count(*) FROM restatement r WHERE r.close_id = c.id) AS restatements
  FROM period_close c
"""
_LIST: Final = f"{_CLOSES} WHERE c.id < $1 ORDER BY c.id DESC LIMIT $2"
_FIND: Final = f"{_CLOSES} WHERE c.period = $1 AND c.period_start = $2"
_DIGEST_BEFORE: Final = "SELECT digest FROM period_close WHERE id < $1 ORDER BY id DESC LIMIT 1"
_COUNTS: Final = """
SELECT v.key, v.version, count(*) AS values, count(v.value) AS with_value
  FROM closed_value v WHERE v.close_id = $1 AND {seen} GROUP BY 1, 2 ORDER BY 1, 2
""".format(seen=figure_seen("v.definition_id", "v.subject_id", 2))
# Formulas look back ten days at most (240 hours). What waits for over half a minute is behind; of younger changes there
# are always some.
_WAITING: Final = """
SELECT CASE
    WHEN EXISTS (SELECT FROM dirty_bucket q, unnest(q.buckets) b WHERE q.enqueued_at < now() - interval '30 s'
                    AND b >= $1::timestamptz - interval '10 days' AND b < $2)
    THEN 'rollups that are behind'
    WHEN EXISTS (SELECT FROM changed_series q, unnest(q.buckets) b WHERE q.enqueued_at < now() - interval '30 s'
                    AND b >= $1::timestamptz - interval '10 days' AND b < $2)
    THEN 'readings that are not evaluated yet'
    WHEN EXISTS (SELECT FROM changed_case q WHERE q.enqueued_at < now() - interval '30 s')
    THEN 'cases that are not counted yet'
    WHEN EXISTS (SELECT FROM stale_value q, unnest(q.periods, q.starts) AS x (period, start)
                  WHERE q.enqueued_at < now() - interval '30 s' AND x.period = $3 AND x.start = $1)
    THEN 'scores whose components changed'
    WHEN EXISTS (SELECT FROM stale_definition q JOIN indicator_definition d ON d.id = q.definition_id
                  WHERE d.retired_at IS NULL AND q.next_from < $2 AND q.until > $1)
    THEN 'definitions that are being evaluated over the past'
END
"""
_HEADS: Final = """
SELECT row_number() OVER (ORDER BY d.key COLLATE "C", d.version, s.kind COLLATE "C", s.key COLLATE "C")::int AS ordinal,
       d.key, d.version, v.definition_id, v.subject_id, s.kind AS subject_kind, s.key AS subject_key, v.revision,
       v.value, v.band, v.numerator, v.denominator, v.sample_count, v.completeness, d.digest AS definition_digest
  FROM indicator_value v
  JOIN indicator_definition d ON d.id = v.definition_id
  JOIN indicator_subject s ON s.id = v.subject_id
 WHERE v.period = $1 AND v.period_start = $2
 ORDER BY ordinal
"""
_INSERT_CLOSE: Final = """
INSERT INTO period_close (period, period_start, label, closed_by, note, value_count, previous, digest)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id
"""
_COLUMNS: Final = (
    "ordinal",
    "key",
    "version",
    "definition_id",
    "subject_id",
    "subject_kind",
    "subject_key",
    "revision",
    "value",
    "band",
    "numerator",
    "denominator",
    "sample_count",
    "completeness",
    "definition_digest",
)
_FROZEN: Final = (
    f"SELECT {', '.join(_COLUMNS)}, digest FROM closed_value WHERE close_id = $1 ORDER BY ordinal"
)
_RESTATEMENTS: Final = """
SELECT r.id, d.key, d.version, s.kind, s.key AS subject, {name} AS name, {name_en} AS name_en, r.revision,
       r.closed_value, r.value, r.reason, r.restated_at,
       (v.close_id IS NOT NULL) AS was_closed, v.revision AS closed_revision
  FROM restatement r
  JOIN indicator_definition d ON d.id = r.definition_id
  JOIN indicator_subject s ON s.id = r.subject_id {names}
  LEFT JOIN closed_value v ON v.close_id = r.close_id AND v.definition_id = r.definition_id
       AND v.subject_id = r.subject_id
 WHERE r.close_id = $1 AND r.id > $2 AND {seen} ORDER BY r.id LIMIT $3
""".format(
    seen=figure_seen("r.definition_id", "r.subject_id", 4),
    name=subject_name("s.kind", "s.key"),
    name_en=subject_name_en("s.kind", "s.key"),
    names=name_joins("s.kind", "s.key"),
)


@dataclass(frozen=True, slots=True)
class NewClose:
    """What a close is recorded with."""

    period: Period
    by: str
    client: str
    note: str
    value_count: int
    previous: bytes
    digest: bytes


class PeriodTransaction:
    """The statements of one close, in one transaction that holds the lock of all closes."""

    def __init__(self, connection: "asyncpg.Connection[Any]", audit: AuditTrail) -> None:
        self._connection = connection
        self._audit = audit

    async def find(self, period: Period) -> "asyncpg.Record | None":
        """The close of a period."""
        return await self._connection.fetchrow(_FIND, period.kind.value, period.start)

    async def waiting(self, period: Period) -> str | None:
        """What waits that may still change figures of a period; None when nothing does."""
        return await self._connection.fetchval(_WAITING, period.start, period.end, period.kind.value)

    async def last_digest(self) -> bytes | None:
        """The digest of the newest close."""
        return await self._connection.fetchval(_DIGEST_BEFORE, 2**31 - 1)

    async def figures(self, period: Period) -> "AsyncGenerator[list[asyncpg.Record], None]":
        """The present figures of exactly a period in the canonical order, in batches."""
        async for batch in _batches(self._connection, _HEADS, period.kind.value, period.start):
            yield batch

    async def record(self, close: NewClose) -> int:
        """Store a close, and that it was made; returns its id."""
        period = close.period
        await self._audit.record(
            self._connection,
            actor=close.by,
            action="period.closed",
            object=period.label,
            details={"note": close.note, "values": close.value_count, "digest": close.digest.hex()},
            client=close.client,
        )
        try:
            return await self._connection.fetchval(
                _INSERT_CLOSE,
                period.kind.value,
                period.start,
                period.label,
                close.by,
                close.note,
                close.value_count,
                close.previous,
                close.digest,
            )
        except asyncpg.UniqueViolationError as error:
            raise AlreadyClosed(f"{period.label} is closed already") from error

    async def freeze(self, close_id: int, rows: "Sequence[asyncpg.Record]", digests: Sequence[bytes]) -> None:
        """Store frozen figures with their digests."""
        await self._connection.copy_records_to_table(
            "closed_value",
            columns=["close_id", *_COLUMNS, "digest"],
            records=[(close_id, *row, digest) for row, digest in zip(rows, digests, strict=True)],
            timeout=_STATEMENT_SECONDS,
        )


class PeriodRepository:
    """Reads and writes `period_close` and `closed_value`, reads `restatement`."""

    def __init__(self, database: Database, audit: AuditTrail) -> None:
        self._database = database
        self._audit = audit

    async def fetch(self, *, before: int, limit: int) -> "list[asyncpg.Record]":
        """Closes with an id below `before`, newest first."""
        return await self._database.fetch(_LIST, before, limit)

    async def find(self, period: Period) -> "asyncpg.Record | None":
        """The close of a period, or None."""
        return await self._database.fetchrow(_FIND, period.kind.value, period.start)

    async def counts(self, close_id: int, visibility: Visibility) -> "list[asyncpg.Record]":
        """How many of the figures that are seen were closed of each indicator."""
        return await self._database.fetch(_COUNTS, close_id, *subject_arguments(visibility))

    async def restatements(
        self, close_id: int, visibility: Visibility, *, after: int, limit: int
    ) -> "list[asyncpg.Record]":
        """Entries of the ledger behind `after`, in the order they were made."""
        return await self._database.fetch(
            _RESTATEMENTS, close_id, after, limit, *subject_arguments(visibility)
        )

    async def digest_before(self, close_id: int) -> bytes | None:
        """The digest of the close before one."""
        row = await self._database.fetchrow(_DIGEST_BEFORE, close_id)
        return None if row is None else row["digest"]

    async def frozen(
        self, close_id: int, label: str
    ) -> AsyncGenerator[list[tuple[FrozenFigure, bytes]], None]:
        """The frozen figures with their digests in the order of ordinals, in batches."""
        async with self._database.connection() as connection, connection.transaction(readonly=True):
            async for batch in _batches(connection, _FROZEN, close_id):
                yield [(FrozenFigure.of_row(label, row), row["digest"]) for row in batch]

    @asynccontextmanager
    async def closing(self) -> AsyncGenerator[PeriodTransaction, None]:
        """A transaction in which nobody else writes figures or closes a period.

        Statements see what was committed before each of them: the lock is had before the first figure is read.

        Raises:
            StillEvaluating: those who write figures did not let go of the lock in time.
        """
        async with self._database.connection() as connection, connection.transaction():
            await connection.execute(_LOCK_WAIT)
            try:
                await connection.execute("SELECT pg_advisory_xact_lock($1)", CLOSE_LOCK)
            except asyncpg.LockNotAvailableError as error:
                raise StillEvaluating("an evaluation that is under way") from error
            yield PeriodTransaction(connection, self._audit)


async def _batches(
    connection: "asyncpg.Connection[Any]", query: str, *args: object
) -> "AsyncGenerator[list[asyncpg.Record], None]":
    cursor = await connection.cursor(query, *args, timeout=_STATEMENT_SECONDS)
    while batch := await cursor.fetch(BATCH, timeout=_STATEMENT_SECONDS):
        yield batch
