"""Lanes: who works on which, what waits, what they remember."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import asyncpg

from fansipan_indicators.catalogue import CASES
from fansipan_indicators.measures import Layout

_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_COUNTING: Final = "counting:"

# The past of processing times is looked through by the lane of cases, which tells theirs what to compute again.
_WAITING: Final = """
SELECT l.name, l.ticked_at <= $1::timestamptz - $2::interval AS tick FROM evaluation_lane l
WHERE l.name = ANY($3) AND (
    (l.evaluated_at <= $1::timestamptz - make_interval(secs => l.refresh_ms / 1000.0) AND (
        EXISTS (SELECT FROM changed_series q WHERE q.lane = l.name)
        OR EXISTS (SELECT FROM stale_value q WHERE q.lane = l.name)
        OR (l.name = 'cases' AND EXISTS (SELECT FROM changed_case))
    ))
    OR EXISTS (
        SELECT FROM stale_definition s JOIN indicator_definition d ON d.id = s.definition_id
        WHERE d.retired_at IS NULL AND l.name = CASE
            WHEN d.document #>> '{versions,0,formula,kind}' = 'case-duration' THEN 'cases' ELSE d.lane END
    )
    OR l.ticked_at <= $1::timestamptz - $2::interval
    OR (l.name = 'cases' AND l.subject_cursor IS NOT NULL)
    OR (l.name = 'cases' AND l.evaluated_at <= $1::timestamptz - interval '1 second')
)
ORDER BY l.evaluated_at
"""


@dataclass(frozen=True, slots=True)
class WaitingLane:
    """A lane with something to do; `tick`: also because of the time."""

    name: str
    tick: bool


async def waiting_lanes(
    connection: "asyncpg.Connection[Any]", names: list[str], now: datetime, tick_seconds: float
) -> list[WaitingLane]:
    """Those of `names` that have something to do, the longest waiting first."""
    rows = await connection.fetch(_WAITING, now, timedelta(seconds=tick_seconds), names)
    return [WaitingLane(row[0], row[1]) for row in rows]


@dataclass(frozen=True, slots=True)
class OwnedLane:
    """A lane that is owned until the transaction ends; `again`: nobody else has owned it since this worker did."""

    again: bool


async def own_lane(connection: "asyncpg.Connection[Any]", name: str, worker: str) -> OwnedLane | None:
    """Own a lane until the transaction ends; None when another worker does."""
    row = await connection.fetchrow(
        "SELECT owner FROM evaluation_lane WHERE name = $1 FOR NO KEY UPDATE SKIP LOCKED", name
    )
    if row is None:
        return None
    if row["owner"] != worker:
        await connection.execute("UPDATE evaluation_lane SET owner = $2 WHERE name = $1", name, worker)
    return OwnedLane(row["owner"] == worker)


async def worked(
    connection: "asyncpg.Connection[Any]", name: str, now: datetime, *, tick: bool, more: bool, rest: float
) -> None:
    """Note when a lane was worked on; it rests so many seconds from `now` on, or until
    its next turn if that is later; with `more` to do it waits for no turn."""
    await connection.execute(
        """
        UPDATE evaluation_lane SET
            evaluated_at = $2::timestamptz + make_interval(
                secs => CASE WHEN $4 THEN $5 - refresh_ms / 1000.0 ELSE greatest($5 - refresh_ms / 1000.0, 0) END),
            ticked_at = CASE WHEN $3 THEN $2 ELSE ticked_at END
        WHERE name = $1
        """,
        name,
        now,
        tick,
        more,
        rest,
    )


@dataclass(frozen=True, slots=True)
class CaseLaneState:
    """What the lane of cases remembers.

    Attributes:
        layout: digest of what the sums mean, after `counting:` while they are made anew.
        looked_at: up to when it looked for cases that became late.
        ticked_at: when it last looked at what changes with time alone.
        subject_cursor: while all figures are computed anew: the subject done last; else None.
    """

    layout: str
    looked_at: datetime
    ticked_at: datetime
    subject_cursor: int | None

    @property
    def is_counting(self) -> bool:
        """Whether the sums are being made anew."""
        return self.layout.startswith(_COUNTING)

    def is_of(self, layout: Layout) -> bool:
        """Whether the sums are those of a layout, or will be."""
        return self.layout.removeprefix(_COUNTING) == layout.digest

    def counting(self, layout: Layout, now: datetime) -> "CaseLaneState":
        """Begin anew: every case is judged at `now`, so only what becomes late later has to be looked for."""
        return replace(self, layout=_COUNTING + layout.digest, looked_at=now)

    def counted(self) -> "CaseLaneState":
        """The sums are complete: every figure follows."""
        return replace(self, layout=self.layout.removeprefix(_COUNTING)).anew()

    def anew(self) -> "CaseLaneState":
        """Compute every figure anew, subject by subject."""
        return replace(self, subject_cursor=0)

    def after(self, subject_id: int | None) -> "CaseLaneState":
        """Figures are computed anew up to a subject; None: all are."""
        return replace(self, subject_cursor=subject_id)

    def at(self, looked_at: datetime) -> "CaseLaneState":
        """Looked for late cases up to then."""
        return replace(self, looked_at=looked_at)


async def load_case_state(connection: "asyncpg.Connection[Any]") -> CaseLaneState:
    """What the lane of cases remembers; the caller owns the lane."""
    row = await connection.fetchrow(
        "SELECT layout, greatest(looked_at, $2) AS looked_at, greatest(ticked_at, $2) AS ticked_at,"
        " subject_cursor FROM evaluation_lane WHERE name = $1",
        CASES,
        _BEGINNING,
    )
    if row is None:
        raise LookupError("the catalogue has no lane of cases")
    return CaseLaneState(row["layout"], row["looked_at"], row["ticked_at"], row["subject_cursor"])


async def save_case_state(connection: "asyncpg.Connection[Any]", state: CaseLaneState) -> None:
    """Remember."""
    await connection.execute(
        "UPDATE evaluation_lane SET layout = $2, looked_at = $3, subject_cursor = $4 WHERE name = $1",
        CASES,
        state.layout,
        state.looked_at,
        state.subject_cursor,
    )
