"""Closing periods, and showing that what was closed has not been changed."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

import structlog

from fansipan_common.errors import Forbidden, ServerFault
from fansipan_gateway.access.domain import Kind, Reader
from fansipan_gateway.domain.cursor import LARGEST_ID, LARGEST_SERIAL, decode_id_cursor, encode_cursor
from fansipan_gateway.domain.pages import Page, page_of
from fansipan_gateway.domain.results import Row
from fansipan_gateway.domain.time_range import format_instant
from fansipan_gateway.domain.visibility import Visibility
from fansipan_gateway.periods.domain import (
    AlreadyClosed,
    NotClosed,
    NothingToClose,
    StillEvaluating,
    break_item,
    closable,
    close_item,
    read,
)
from fansipan_gateway.periods.repository import NewClose, PeriodRepository, PeriodTransaction
from fansipan_indicators.chain import GENESIS, ChainCheck, FrozenFigure, link
from fansipan_indicators.periods import Period

_KIND: Final = "periods"
_LEDGER: Final = "restatements"
_TURN_SECONDS: Final = 10.0
_log = structlog.get_logger(__name__)


class Periods:
    """Closes periods.

    Args:
        repository: where they are.
        now: the clock.
    """

    def __init__(self, repository: PeriodRepository, now: Callable[[], datetime]) -> None:
        self._repository = repository
        self._now = now
        self._verifying = asyncio.Semaphore(1)
        self._closing = asyncio.Semaphore(1)

    async def close(self, text: str, operator: Reader, *, note: str) -> dict[str, Any]:
        """Freeze every present figure of exactly this period, for good.

        Args:
            text: the period.
            operator: who closes.
            note: why, for people.

        Raises:
            Forbidden: the operator is limited to areas or agencies; a close is for the whole province.
            BadPeriod, NotEnded, AlreadyClosed, NothingToClose: what stands against it.
            StillEvaluating: something that may change its figures waits, or is being written for over 8 s; try again.
            ServerFault: another period is being closed; try again.
            DatabaseAway.
        """
        if operator.visibility.limited:
            raise Forbidden(
                "a period is closed for the whole province: this needs an operator without limits"
            )
        period, by = closable(text, self._now()), operator.name
        async with _turn(self._closing, "closed"), self._repository.closing() as transaction:
            existing = await transaction.find(period)
            if existing is not None:
                raise AlreadyClosed(
                    f"{period.label} was closed by {existing['closed_by']}; a close is for good",
                    extra={"close": close_item(existing, named=True)},
                )
            waiting = await transaction.waiting(period)
            if waiting is not None:
                raise StillEvaluating(waiting)
            await self._freeze(transaction, period, by=by, client=operator.client, note=note)
            row = await transaction.find(period)
        if row is None:
            raise StillEvaluating("another close")
        _log.info("period closed", period=period.label, by=by, values=row["value_count"])
        return close_item(row, named=True)

    async def _freeze(
        self, transaction: PeriodTransaction, period: Period, *, by: str, client: str, note: str
    ) -> None:
        """Two passes, because the end of the chain is recorded before its links: a batch is in memory at a time."""
        previous = await transaction.last_digest() or GENESIS
        digest, count = previous, 0
        async for batch in transaction.figures(period):
            for row in batch:
                digest = link(digest, FrozenFigure.of_row(period.label, row))
            count += len(batch)
        if count == 0:
            raise NothingToClose(f"there is no figure of {period.label}")
        close_id = await transaction.record(NewClose(period, by, client, note, count, previous, digest))
        again = previous
        async for batch in transaction.figures(period):
            digests: list[bytes] = []
            for row in batch:
                again = link(again, FrozenFigure.of_row(period.label, row))
                digests.append(again)
            await transaction.freeze(close_id, batch, digests)
        if again != digest:
            raise StillEvaluating("somebody who writes figures without the lock of closes")

    async def list(self, reader: Reader, *, limit: int, cursor: str | None) -> Page:
        """Closes, newest first.

        Raises:
            BadCursor, DatabaseAway.
        """
        before = decode_id_cursor(_KIND, cursor, without=LARGEST_SERIAL)
        rows = await self._repository.fetch(before=before, limit=limit + 1)
        return page_of(
            rows,
            limit,
            lambda row: close_item(row, named=_names_people(reader)),
            behind=lambda row: encode_cursor(_KIND, row["id"]),
        )

    async def get(self, text: str, reader: Reader) -> dict[str, Any]:
        """A close, and how many figures of each indicator it froze that the reader sees.

        Raises:
            BadPeriod, NotClosed, DatabaseAway.
        """
        row = await self._find(text)
        counts = await self._repository.counts(row["id"], reader.visibility)
        return {
            **close_item(row, named=_names_people(reader)),
            "indicators": [
                {
                    "indicator": count["key"],
                    "version": count["version"],
                    "values": count["values"],
                    "withoutValue": count["values"] - count["with_value"],
                }
                for count in counts
            ],
        }

    async def verify(self, text: str, visibility: Visibility) -> dict[str, Any]:
        """Recompute the chain of a close from its rows.

        One at a time: it reads every row. Whose figure is broken is told to those who see all of them.

        Raises:
            BadPeriod, NotClosed, DatabaseAway.
        """
        row = await self._find(text)
        async with (
            _turn(self._verifying, "verified"),
            aclosing(self._repository.frozen(row["id"], row["label"])) as batches,
        ):
            check = ChainCheck(row["previous"], await self._repository.digest_before(row["id"]) or GENESIS)
            async for batch in batches:
                for figure, digest in batch:
                    check.add(figure, digest)
                await asyncio.sleep(0)  # others get their turn between batches
            broken = check.end(row["value_count"], row["digest"])
        if broken is not None:
            _log.error("a closed period was changed", period=row["label"], what=broken.what)
        return {
            "period": row["label"],
            "ok": broken is None,
            "values": row["value_count"],
            "digest": row["digest"].hex(),
            "broken": break_item(broken, whole=visibility.sees_all_figures),
        }

    async def restatements(
        self, text: str, visibility: Visibility, *, limit: int, cursor: str | None
    ) -> Page:
        """What was found out of a closed period since, in the order it was.

        Raises:
            BadPeriod, NotClosed, BadCursor, DatabaseAway.
        """
        row = await self._find(text)
        after = decode_id_cursor(_LEDGER, cursor, largest=LARGEST_ID)
        rows = await self._repository.restatements(row["id"], visibility, after=after, limit=limit + 1)
        return page_of(rows, limit, _entry, behind=lambda one: encode_cursor(_LEDGER, one["id"]))

    async def _find(self, text: str) -> Row:
        period = read(text)
        row = await self._repository.find(period)
        if row is None:
            raise NotClosed(f"{period.label} is not closed; GET /v1/periods lists what is")
        return row


@asynccontextmanager
async def _turn(turns: asyncio.Semaphore, what: str) -> AsyncGenerator[None, None]:
    """One at a time in this process, so that waiting ones hold no connection of the database."""
    try:
        async with asyncio.timeout(_TURN_SECONDS):
            await turns.acquire()
    except TimeoutError as error:
        raise ServerFault(f"another period is being {what}; try again", retry_after=10) from error
    try:
        yield
    finally:
        turns.release()


def _names_people(reader: Reader) -> bool:
    """Operators see who closed a period."""
    return reader.kind is Kind.OPERATOR and reader.visibility.internal


def _entry(row: Row) -> dict[str, Any]:
    return {
        "indicator": row["key"],
        "version": row["version"],
        "subject": {
            "kind": row["kind"],
            "key": row["subject"],
            "name": row["name"],
            "nameEn": row["name_en"],
        },
        "closedValue": row["closed_value"],
        "closedRevision": row["closed_revision"],
        "value": row["value"],
        "revision": row["revision"],
        "reason": row["reason"],
        "at": format_instant(row["restated_at"].astimezone(UTC)),
    }
