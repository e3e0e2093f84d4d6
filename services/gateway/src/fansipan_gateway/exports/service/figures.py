"""Files of an indicator: the figures of many subjects over time."""

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from fansipan_gateway.domain.time_range import TimeRange, format_instant
from fansipan_gateway.domain.visibility import Visibility
from fansipan_gateway.exports.domain.about import About, Origin
from fansipan_gateway.exports.domain.faults import FormatNotAvailable, TooManyRows
from fansipan_gateway.exports.domain.formats import (
    MEDIA_TYPES,
    PLAIN,
    CsvStyle,
    FigureFormat,
    file_name,
    max_rows,
)
from fansipan_gateway.exports.domain.tables import FIGURES, Batch
from fansipan_gateway.exports.repository import ExportRepository
from fansipan_gateway.exports.service.streaming import Exporter, ExportFile
from fansipan_gateway.exports.writers import Writer
from fansipan_gateway.exports.writers.csv import CsvWriter
from fansipan_gateway.exports.writers.geojson import GeoJsonWriter
from fansipan_gateway.exports.writers.parquet import ParquetWriter
from fansipan_gateway.exports.writers.xlsx import XlsxWriter
from fansipan_gateway.indicators.catalogue import IndicatorCatalogue
from fansipan_gateway.indicators.domain.faults import BadSubject
from fansipan_gateway.indicators.domain.figures import NamedSubject, ShownFigure, figure_item
from fansipan_gateway.indicators.domain.subjects import Subject, SubjectKind
from fansipan_gateway.indicators.domain.timespan import figure_range
from fansipan_gateway.indicators.domain.versions import IndicatorEntry, IndicatorVersion, Segment
from fansipan_gateway.indicators.repository.figures import FigureRepository
from fansipan_gateway.indicators.repository.subjects import SubjectRepository
from fansipan_gateway.indicators.service.newest import MAX_SUBJECTS, TooManySubjects
from fansipan_gateway.indicators.service.series import FigureSeries
from fansipan_indicators.periods import ZONE, PeriodKind

_BATCH: Final = 2_000
_FEATURES: Final = 50
"""Figures at once with their boundaries, of some 10 kB each."""

_DEFINED_KINDS: Final[dict[str, list[str]]] = {"area": ["commune", "province"]}


@dataclass(frozen=True, slots=True)
class FigureExport:
    """What is asked for; `start` and `end` are times or periods, as written; `source` is the request's address."""

    indicator: str
    file_format: FigureFormat
    source: str
    subject_kind: SubjectKind = "area"
    subject: Subject | None = None
    area: str | None = None
    kind: PeriodKind | None = None
    start: str | None = None
    end: str | None = None
    as_of: datetime | None = None
    style: CsvStyle = PLAIN


class FigureExports:
    """Makes files of figures.

    Args:
        repository, figures, subjects: where they are.
        catalogue: definitions.
        series: finds areas as callers name them.
        exporter: runs exports.
        origin: what files say of their licence.
        most: rows of a file.
        now: the clock.
    """

    def __init__(
        self,
        repository: ExportRepository,
        figures: FigureRepository,
        subjects: SubjectRepository,
        catalogue: IndicatorCatalogue,
        series: FigureSeries,
        exporter: Exporter,
        origin: Origin,
        most: int,
        now: Callable[[], datetime],
    ) -> None:
        self._repository = repository
        self._figures = figures
        self._subjects = subjects
        self._catalogue = catalogue
        self._series = series
        self._exporter = exporter
        self._origin = origin
        self._most = most
        self._now = now

    async def open(self, query: FigureExport, visibility: Visibility, *, anonymous: bool) -> ExportFile:
        """Begin a file, of the subjects whose figures the reader sees.

        Raises:
            NotFound: no such indicator or area.
            NotComputed, BadPeriod, BadSubject, BadRange, TooManySubjects, TooManyRows, FormatNotAvailable: what the
                caller must change.
            ExportsBusy, DatabaseAway: try again.
        """
        entry = await self._catalogue.find(query.indicator, visibility)
        if query.subject is not None and query.area is not None:
            raise BadSubject("give either area=… or subject=…")
        entry.require_kinds(
            [query.subject.defined_kind]
            if query.subject is not None
            else _DEFINED_KINDS.get(query.subject_kind, [query.subject_kind])
        )
        now = self._now()
        kind = query.kind or entry.shown(now).version.periods[0]
        entry.require_period(kind)
        if query.file_format is FigureFormat.GEOJSON and query.subject_kind != "area":
            raise FormatNotAvailable(
                "geojson is for areas only (subjectKind=area); take csv, parquet or xlsx"
            )
        time_range = figure_range(query.start, query.end, kind, now)
        subjects, time_range = await self._choose(query, time_range, now, visibility, public=entry.public)
        segments = entry.segments(time_range.start, time_range.end, kind) if subjects else []
        await self._refuse_many(query, segments, list(subjects), kind, time_range)
        writer = await self._writer(query, _about(entry, query, self._origin, now), subjects)
        chunks = await self._exporter.start(
            writer, self._batches(query, segments, subjects, kind, now), anonymous=anonymous
        )
        name = file_name(
            entry.key,
            query.subject.key if query.subject is not None else query.area or query.subject_kind,
            kind.value,
            f"{time_range.start.astimezone(ZONE):%Y%m%d}",
            f"{time_range.end.astimezone(ZONE):%Y%m%d}",
            file_format=query.file_format,
        )
        return ExportFile(name, MEDIA_TYPES[query.file_format.value], chunks)

    async def _choose(
        self,
        query: FigureExport,
        time_range: TimeRange,
        now: datetime,
        visibility: Visibility,
        *,
        public: bool,
    ) -> tuple[dict[int, NamedSubject], TimeRange]:
        """The subjects by id, in the order of their keys, and the range in which they have figures."""
        if query.area is None and query.subject is None:
            return await self._of_kind(query, now, visibility, public=public), time_range
        wanted = query.subject or Subject("area", query.area or "")
        named, until = await self._series.named(wanted, visibility)
        if query.subject is not None or (query.subject_kind == "area" and wanted.defined_kind == "commune"):
            start, end = time_range.start, max(time_range.start, min(time_range.end, until))
            seen = named.id is not None and (public or named.seen)
            return ({named.id: named} if seen and named.id is not None else {}), TimeRange(start, end)
        if query.subject_kind not in ("area", "thing", "area-procedure"):
            raise BadSubject(f"area=… chooses areas and things, not {query.subject_kind}: leave it out")
        subjects = await self._of_kind(query, now, visibility, public=public)
        within = await self._repository.subjects_within(list(subjects), wanted.key)
        return {id_: subject for id_, subject in subjects.items() if id_ in within}, time_range

    async def _of_kind(
        self, query: FigureExport, now: datetime, visibility: Visibility, *, public: bool
    ) -> dict[int, NamedSubject]:
        day = (query.as_of or now).astimezone(ZONE).date()
        found = await self._subjects.fetch_kind(
            query.subject_kind, visibility, public=public, day=day, limit=MAX_SUBJECTS + 1
        )
        if len(found) > MAX_SUBJECTS:
            raise TooManySubjects(f"there are over {MAX_SUBJECTS} of them: choose others with subjectKind=…")
        return {subject.id: subject for subject in found if subject.id is not None}

    async def _refuse_many(
        self,
        query: FigureExport,
        segments: Sequence[Segment],
        subject_ids: Sequence[int],
        kind: PeriodKind,
        time_range: TimeRange,
    ) -> None:
        most = left = max_rows(query.file_format, self._most)
        for segment in segments:
            rows, cut = await self._figures.count_all(
                segment, subject_ids, kind, as_of=query.as_of, at_most=left
            )
            if cut is not None:
                raise TooManyRows(most, time_range, cut.astimezone(UTC))
            left -= rows

    async def _writer(
        self, query: FigureExport, about: About, subjects: dict[int, NamedSubject]
    ) -> Callable[[], Writer]:
        match query.file_format:
            case FigureFormat.CSV:
                return lambda: CsvWriter(FIGURES, about, query.style)
            case FigureFormat.PARQUET:
                return lambda: ParquetWriter(FIGURES, about)
            case FigureFormat.XLSX:
                return lambda: XlsxWriter(FIGURES, about)
            case FigureFormat.GEOJSON:
                codes = [subject.subject.key for subject in subjects.values()]
                boundaries = await self._repository.boundaries(codes)
                return lambda: GeoJsonWriter(FIGURES, about, boundaries)

    async def _batches(
        self,
        query: FigureExport,
        segments: Sequence[Segment],
        subjects: dict[int, NamedSubject],
        kind: PeriodKind,
        now: datetime,
    ) -> AsyncGenerator[Batch]:
        batch = _FEATURES if query.file_format is FigureFormat.GEOJSON else _BATCH
        seen_at = query.as_of or now
        async with self._repository.snapshot() as connection:
            for segment in segments:
                async for figures in self._figures.stream_all(
                    connection, segment, list(subjects), kind, as_of=query.as_of, batch=batch
                ):
                    rows = [
                        _row(segment.version, subjects[shown.row.subject_id], shown, seen_at)
                        for shown in figures
                    ]
                    yield list(zip(*rows, strict=True))


def _about(entry: IndicatorEntry, query: FigureExport, origin: Origin, now: datetime) -> About:
    definition = entry.shown(query.as_of or now).definition
    more = {"titleEn": definition.names.en, "indicator": entry.key}
    if definition.unit.symbol:
        more["unit"] = definition.unit.symbol
    if query.as_of is not None:
        more["asOf"] = format_instant(query.as_of.astimezone(UTC))
    return About(definition.names.vi, origin, query.source, format_instant(now), more)


def _row(
    version: IndicatorVersion, subject: NamedSubject, shown: ShownFigure, seen_at: datetime
) -> tuple[Any, ...]:
    """A figure as it stands in the JSON answers, flat."""
    item = figure_item(version, subject, shown, seen_at)
    period, figure = shown.row.period, shown.figure
    restated = shown.row if shown.restated else None
    return (
        item["indicator"],
        item["version"],
        item["subject"]["kind"],
        item["subject"]["key"],
        item["subject"]["name"],
        item["subject"]["nameEn"],
        item["period"],
        _ms(period.start),
        _ms(period.end),
        item["value"],
        None if item["band"] is None else item["band"]["key"],
        item["numerator"],
        item["denominator"],
        item["sampleCount"],
        item["completeness"],
        item["revision"],
        item["reason"],
        None if figure is None else _ms(figure.known_from),
        item["missing"],
        item["provisional"],
        item["closed"],
        None if restated is None else restated.value,
        None if restated is None else restated.reason,
        None if restated is None else _ms(restated.known_from),
        None if restated is None else restated.revision,
    )


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1000)
