"""The figures of one subject over time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from fansipan_common.errors import NotFound
from fansipan_gateway.domain.cursor import BadCursor, decode_cursor, encode_cursor
from fansipan_gateway.domain.pages import Page
from fansipan_gateway.domain.results import moment_of
from fansipan_gateway.domain.time_range import TimeRange
from fansipan_gateway.domain.visibility import Visibility
from fansipan_gateway.indicators.catalogue import IndicatorCatalogue
from fansipan_gateway.indicators.domain.boundaries import unit_of
from fansipan_gateway.indicators.domain.faults import BadSubject
from fansipan_gateway.indicators.domain.figures import NamedSubject, figure_item
from fansipan_gateway.indicators.domain.subjects import Subject
from fansipan_gateway.indicators.domain.timespan import figure_range
from fansipan_gateway.indicators.repository.figures import FigureRepository
from fansipan_gateway.indicators.repository.subjects import SubjectRepository
from fansipan_indicators.periods import PeriodKind

_KIND: Final = "indicator-values"
_EVER: Final = datetime(2300, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SeriesQuery:
    """What is asked for; None takes the default. `start` and `end` are times or periods, as written."""

    indicator: str
    subject: Subject
    kind: PeriodKind | None = None
    start: str | None = None
    end: str | None = None
    as_of: datetime | None = None
    version: int | None = None
    boundaries: date | None = None
    limit: int = 1_000
    cursor: str | None = None


class FigureSeries:
    """Reads the figures of one subject.

    Args:
        catalogue: definitions.
        figures, subjects: where they are.
        now: the clock.
    """

    def __init__(
        self,
        catalogue: IndicatorCatalogue,
        figures: FigureRepository,
        subjects: SubjectRepository,
        now: Callable[[], datetime],
    ) -> None:
        self._catalogue = catalogue
        self._figures = figures
        self._subjects = subjects
        self._now = now

    async def read(self, query: SeriesQuery, visibility: Visibility) -> Page:
        """One page of figures in the order of time; none for periods that have none.

        Raises:
            NotFound: no such indicator or version, or nothing is known of the subject.
            NotInForce: by the boundaries asked for there was no such area.
            NotComputed, BadPeriod, BadSubject, BadRange, BadCursor: what the caller must change.
            DatabaseAway.
        """
        entry = await self._catalogue.find(query.indicator, visibility)
        entry.require_subject(query.subject)
        now = self._now()
        kind = query.kind or entry.shown(now).version.periods[0]
        entry.require_period(kind)
        time_range = figure_range(query.start, query.end, kind, now)
        subject, until = await self.named(query.subject, visibility, query.boundaries)
        after = _position_of(query.cursor)
        rows: list[dict[str, Any]] = []
        if subject.id is not None:
            seen_at = now if query.as_of is None else query.as_of
            begin = time_range.start if after is None else max(time_range.start, after)
            for segment in entry.segments(time_range.start, min(time_range.end, until), kind, query.version):
                stretch = TimeRange(max(segment.since, begin), segment.until)
                if stretch.start >= stretch.end or len(rows) > query.limit:
                    continue
                found = await self._figures.fetch_series(
                    segment.version.id,
                    subject.id,
                    kind,
                    stretch,
                    visibility,
                    as_of=query.as_of,
                    limit=query.limit + 1 - len(rows),
                )
                rows += [figure_item(segment.version, subject, figure, seen_at) for figure in found]
        page = rows[: query.limit]
        return Page(
            items=page,
            cursor=_cursor_behind(page[-1]) if len(rows) > query.limit else None,
            pinned={
                "period": kind.value,
                "from": _text(time_range.start),
                "to": _text(time_range.end),
            },
        )

    async def named(
        self, subject: Subject, visibility: Visibility, boundaries: date | None = None
    ) -> tuple[NamedSubject, datetime]:
        """A subject with its id and names, and until when it has figures.

        Raises:
            NotFound: nothing is known of it.
            NotInForce, BadSubject: boundaries are for areas, and of a date on which this one existed.
        """
        found, known = await self._subjects.find(subject, visibility)
        code = subject.area_code
        if code is None:
            if boundaries is not None:
                raise BadSubject("boundaries=… is for areas only")
            if not known:
                raise NotFound(f"nothing is known of {subject.reference!r}")
            return found, _EVER
        unit = unit_of(code, boundaries, *await self._subjects.find_area(code))
        if subject.kind != "area":
            return found, unit.until or _EVER
        if unit.key != code:
            found, _ = await self._subjects.find(Subject("area", unit.key), visibility)
        named = NamedSubject(subject, found.id, unit.name, unit.name_en, found.seen)
        return named, unit.until or _EVER


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _cursor_behind(item: dict[str, Any]) -> str:
    start = datetime.fromisoformat(item["start"])
    return encode_cursor(_KIND, int(start.timestamp()) * 1000)


def _position_of(cursor: str | None) -> datetime | None:
    """The moment behind the last period of the page before."""
    if cursor is None:
        return None
    (ms,) = decode_cursor(_KIND, cursor, int)
    try:
        return moment_of(int(ms)) + timedelta(milliseconds=1)
    except OverflowError as error:
        raise BadCursor from error
