"""Newest figures: a ranking of subjects by one indicator, and all indicators of one subject."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from fansipan_common.errors import ClientFault
from fansipan_gateway.domain.cursor import BadCursor, decode_cursor, encode_cursor
from fansipan_gateway.domain.visibility import Visibility
from fansipan_gateway.indicators.catalogue import IndicatorCatalogue
from fansipan_gateway.indicators.domain.figures import NamedSubject, ShownFigure, figure_item
from fansipan_gateway.indicators.domain.ranking import Newest, ranked
from fansipan_gateway.indicators.domain.subjects import Subject
from fansipan_gateway.indicators.domain.timespan import LOOK_BACK, period_before
from fansipan_gateway.indicators.domain.versions import IndicatorEntry
from fansipan_gateway.indicators.repository.figures import FigureRepository, Slot
from fansipan_gateway.indicators.repository.subjects import SubjectRepository
from fansipan_gateway.indicators.service.series import FigureSeries
from fansipan_indicators.periods import ZONE, PeriodKind

MAX_SUBJECTS: Final = 20_000
_KIND: Final = "indicator-ranking"
_PROVINCE_CODE_LENGTH: Final = 2


class TooManySubjects(ClientFault):
    """More subjects than can be ranked in one answer."""

    code, title = "too-many-subjects", "Too many subjects"


class RankBy(StrEnum):
    """What is ranked. Areas are communes."""

    AREA = "area"
    AGENCY = "agency"
    PROCEDURE = "procedure"
    THING = "thing"


@dataclass(frozen=True, slots=True)
class RankingQuery:
    """What is asked for; None takes the default."""

    indicator: str
    by: RankBy
    kind: PeriodKind | None = None
    as_of: datetime | None = None
    limit: int = 1_000
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class RankingPage:
    """Items ready to be serialised, the province's beside them, where the page ends, and what the next one must fix."""

    items: list[dict[str, Any]]
    province: dict[str, Any] | None
    kind: PeriodKind
    direction: str
    total: int
    cursor: str | None
    pinned: dict[str, str | None]


class NewestFigures:
    """Reads newest figures: of each subject the newest period that has a figure, not older than the look-back.

    Args:
        catalogue: definitions.
        figures, subjects: where they are.
        series: finds subjects as callers name them.
        now: the clock.
    """

    def __init__(
        self,
        catalogue: IndicatorCatalogue,
        figures: FigureRepository,
        subjects: SubjectRepository,
        series: FigureSeries,
        now: Callable[[], datetime],
    ) -> None:
        self._catalogue = catalogue
        self._figures = figures
        self._subjects = subjects
        self._series = series
        self._now = now

    async def rank(self, query: RankingQuery, visibility: Visibility) -> RankingPage:
        """One page of a ranking, of the subjects whose figures the reader sees.

        Raises:
            NotFound: no such indicator.
            NotComputed, BadPeriod, TooManySubjects, BadCursor: what the caller must change.
            DatabaseAway.
        """
        entry = await self._catalogue.find(query.indicator, visibility)
        entry.require_kinds(["commune", "province"] if query.by is RankBy.AREA else [query.by.value])
        seen_at = query.as_of or self._now()
        shown = entry.shown(seen_at)
        kind = query.kind or shown.version.periods[0]
        entry.require_period(kind)
        first = _place_of(query.cursor)
        day = seen_at.astimezone(ZONE).date()
        subjects = await self._subjects.fetch_kind(
            query.by.value, visibility, public=entry.public, day=day, limit=MAX_SUBJECTS + 1
        )
        if len(subjects) > MAX_SUBJECTS:
            raise TooManySubjects(
                f"there are over {MAX_SUBJECTS} of them: read the values of single ones with "
                f"/v1/indicators/{entry.key}/values?subject=…"
            )
        newest = await self._newest([entry], [kind], subjects, visibility, seen_at, query.as_of)
        provinces = [n for n in newest if _is_province(n.subject.subject)]
        places = ranked(
            [n for n in newest if not _is_province(n.subject.subject)],
            shown.definition.direction,
            shown.definition.decimals,
        )
        page = places[first : first + query.limit]
        end = first + len(page)
        return RankingPage(
            items=[{"rank": rank, **_item(figure, seen_at)} for rank, figure in page],
            province=_item(provinces[0], seen_at) if provinces else None,
            kind=kind,
            direction=shown.definition.direction,
            total=len(places),
            cursor=encode_cursor(_KIND, end) if end < len(places) else None,
            pinned={"period": kind.value, "asOf": seen_at.isoformat().replace("+00:00", "Z")},
        )

    async def cards(
        self,
        subject: Subject,
        visibility: Visibility,
        *,
        group: str | None,
        kind: PeriodKind | None,
        as_of: datetime | None,
    ) -> list[dict[str, Any]]:
        """The newest figure of each indicator of a subject, by group and key; without a figure it has none.

        Args:
            subject: whose.
            visibility: of the reader: of what is not public, only their own.
            group: only indicators of this group.
            kind: only by such periods; None: each by the first period of its definition.
            as_of: as known then; None: now.

        Raises:
            NotFound: nothing is known of the subject.
            DatabaseAway.
        """
        seen_at = as_of or self._now()
        named, _ = await self._series.named(subject, visibility)
        entries: list[IndicatorEntry] = []
        kinds: list[PeriodKind] = []
        for entry in await self._catalogue.entries(visibility):
            version = entry.shown(seen_at)
            if entry.retired or (group is not None and version.definition.group != group):
                continue
            if subject.defined_kind not in version.version.subjects:
                continue
            if kind is None or kind in version.version.periods:
                entries.append(entry)
                kinds.append(kind or version.version.periods[0])
        found = await self._newest(entries, kinds, [named], visibility, seen_at, as_of)
        return [_card(newest, seen_at) for newest in sorted(found, key=_by_group)]

    async def _newest(
        self,
        entries: Sequence[IndicatorEntry],
        kinds: Sequence[PeriodKind],
        subjects: Sequence[NamedSubject],
        visibility: Visibility,
        seen_at: datetime,
        as_of: datetime | None,
    ) -> list[Newest]:
        until = seen_at + timedelta(microseconds=1)
        slots = [
            Slot(kind, entry.segments(seen_at - LOOK_BACK[kind], until, kind))
            for entry, kind in zip(entries, kinds, strict=True)
        ]
        by_id = {subject.id: subject for subject in subjects if subject.id is not None}
        found = await self._figures.fetch_newest(slots, list(by_id), visibility, as_of=as_of)
        versions = {s.version.id: s.version for slot in slots for s in slot.segments}
        return [
            Newest(versions[figures[0].row.definition_id], by_id[subject_id], figures[0], _previous(figures))
            for (_, subject_id), figures in found.items()
        ]


def _previous(figures: Sequence[ShownFigure]) -> float | None:
    """The value of the period just before the newest; None when that one has none."""
    if len(figures) < 2 or figures[1].row.period != period_before(figures[0].row.period):
        return None
    return figures[1].value


def _item(newest: Newest, seen_at: datetime) -> dict[str, Any]:
    item = figure_item(newest.version, newest.subject, newest.shown, seen_at)
    return {**item, **newest.movement()}


def _card(newest: Newest, seen_at: datetime) -> dict[str, Any]:
    definition = newest.version.definition
    return {
        **_item(newest, seen_at),
        "names": definition.names.model_dump(),
        "shortNames": None if definition.short_names is None else definition.short_names.model_dump(),
        "group": definition.group,
        "unit": definition.unit.model_dump(mode="json", by_alias=True),
        "decimals": definition.decimals,
        "direction": definition.direction,
    }


def _by_group(newest: Newest) -> tuple[str, str]:
    return (newest.version.definition.group, newest.version.definition.id)


def _is_province(subject: Subject) -> bool:
    return subject.kind == "area" and len(subject.key) == _PROVINCE_CODE_LENGTH


def _place_of(cursor: str | None) -> int:
    if cursor is None:
        return 0
    (place,) = decode_cursor(_KIND, cursor, int)
    if not 0 <= int(place) <= MAX_SUBJECTS:
        raise BadCursor
    return int(place)
