"""When a period can be closed, and how a close looks to callers."""

from datetime import UTC, datetime
from typing import Any, Final

from fansipan_common.errors import ClientFault, NotFound, ServerFault
from fansipan_gateway.domain.results import Row
from fansipan_gateway.domain.time_range import format_instant
from fansipan_indicators.chain import Break
from fansipan_indicators.periods import Period, PeriodKind, parse_period

_RETRY_SECONDS: Final = 10


class BadPeriod(ClientFault):
    """The text is no period that can be closed."""

    code, title = "invalid-period", "Invalid period"


class NotEnded(ClientFault):
    """The period still runs."""

    status, code, title = 409, "period-not-ended", "The period has not ended"


class AlreadyClosed(ClientFault):
    """A period is closed once; `close` is the existing one."""

    status, code, title = 409, "already-closed", "Already closed"


class NothingToClose(ClientFault):
    """No figure of exactly this period."""

    status, code, title = 409, "nothing-to-close", "Nothing to close"


class NotClosed(NotFound):
    """The period is not closed."""

    code, title = "not-closed", "The period is not closed"


class StillEvaluating(ServerFault):
    """Data that may change figures of the period has not been evaluated yet."""

    code, title = "still-evaluating", "Figures are still being computed"

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} may still change figures of this period; try again", retry_after=_RETRY_SECONDS
        )


def closable(text: str, now: datetime) -> Period:
    """A period that has ended.

    Raises:
        BadPeriod: it is not written as a day, month, quarter or year.
        NotEnded: it still runs.
    """
    period = read(text)
    if period.end > now:
        raise NotEnded(f"{period.label} ends at {format_instant(period.end)}; it can be closed from then on")
    return period


def read(text: str) -> Period:
    """A day, month, quarter or year.

    Raises:
        BadPeriod: it is not written as one.
    """
    try:
        period = parse_period(text)
    except ValueError as error:
        raise BadPeriod(f"{text[:60]!r}: {error}") from error
    if period.kind is PeriodKind.HOUR:
        raise BadPeriod("hours are not closed; close a day, month, quarter or year")
    return period


def close_item(row: Row, *, named: bool) -> dict[str, Any]:
    """A close as JSON, from its row with the count of restatements; `named`: with who closed it."""
    period = Period(PeriodKind(row["period"]), row["period_start"])
    return {
        "period": row["label"],
        "kind": row["period"],
        "start": format_instant(period.start),
        "end": format_instant(period.end),
        "closedAt": format_instant(row["closed_at"].astimezone(UTC)),
        "closedBy": row["closed_by"] if named else None,
        "note": row["note"],
        "values": row["value_count"],
        "restatements": row["restatements"],
        "previous": row["previous"].hex(),
        "digest": row["digest"].hex(),
    }


def break_item(broken: Break | None, *, whole: bool) -> dict[str, Any] | None:
    """Where a chain is broken, as JSON; whose figure that is only when `whole`."""
    if broken is None:
        return None
    return {
        "what": broken.what,
        "detail": broken.detail,
        "ordinal": broken.ordinal,
        "indicator": broken.key if whole else None,
        "version": broken.version if whole else None,
        "subject": broken.subject if whole else None,
    }
