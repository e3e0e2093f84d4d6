"""Files of one datastream: raw observations or rollups."""

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import orjson

from fansipan_gateway.datastreams.directory import DatastreamDirectory
from fansipan_gateway.domain.results import Row, quality_of
from fansipan_gateway.domain.time_range import TimeRange, format_instant, refuse_long, resolve_range
from fansipan_gateway.domain.visibility import Visibility
from fansipan_gateway.exports.domain.about import About, Origin
from fansipan_gateway.exports.domain.faults import TooManyRows
from fansipan_gateway.exports.domain.formats import MEDIA_TYPES, PLAIN, CsvStyle, SeriesFormat, file_name
from fansipan_gateway.exports.domain.tables import RAW, ROLLUP, Batch
from fansipan_gateway.exports.repository import ExportRepository
from fansipan_gateway.exports.service.streaming import Exporter, ExportFile
from fansipan_gateway.exports.writers import Writer
from fansipan_gateway.exports.writers.csv import CsvWriter
from fansipan_gateway.exports.writers.parquet import ParquetWriter
from fansipan_gateway.observations.domain.granularity import Granularity

DEFAULT_SPAN: Final = timedelta(hours=24)
MAX_SPAN: Final = timedelta(days=10 * 366)
_BATCH: Final = 10_000


@dataclass(frozen=True, slots=True)
class SeriesExport:
    """What is asked for; `source` is the address of the request."""

    datastream: str
    file_format: SeriesFormat
    granularity: Granularity
    source: str
    start: datetime | None = None
    end: datetime | None = None
    style: CsvStyle = PLAIN


class SeriesExports:
    """Makes files of time series.

    Args:
        repository: where they are.
        directory: names and ids of datastreams, and who sees them.
        exporter: runs exports.
        origin: what files say of their licence.
        most: rows of a file.
        now: the clock.
    """

    def __init__(
        self,
        repository: ExportRepository,
        directory: DatastreamDirectory,
        exporter: Exporter,
        origin: Origin,
        most: int,
        now: Callable[[], datetime],
    ) -> None:
        self._repository = repository
        self._directory = directory
        self._exporter = exporter
        self._origin = origin
        self._most = most
        self._now = now

    async def open(self, query: SeriesExport, visibility: Visibility, *, anonymous: bool) -> ExportFile:
        """Begin a file.

        Raises:
            NotFound: the datastream is not known, or not seen by this reader.
            BadRange, TooManyRows: what the caller must change.
            ExportsBusy, DatabaseAway: try again.
        """
        now = self._now()
        time_range = resolve_range(query.start, query.end, now=now, default_span=DEFAULT_SPAN)
        refuse_long(time_range, MAX_SPAN)
        [datastream] = await self._directory.resolve([query.datastream], visibility)
        cut = await self._repository.series_cut(
            query.granularity, datastream.id, time_range, at_most=self._most
        )
        if cut is not None:
            raise TooManyRows(self._most, time_range, cut)
        title = f"{datastream.key} ({query.granularity})"
        about = About(title, self._origin, query.source, format_instant(now))
        columns = RAW if query.granularity is Granularity.RAW else ROLLUP

        def writer() -> Writer:
            if query.file_format is SeriesFormat.PARQUET:
                return ParquetWriter(columns, about)
            return CsvWriter(columns, about, query.style)

        chunks = await self._exporter.start(
            writer,
            self._batches(query.granularity, datastream.id, datastream.key, time_range),
            anonymous=anonymous,
        )
        name = file_name(
            datastream.key,
            query.granularity.value,
            f"{time_range.start:%Y%m%dT%H%MZ}",
            f"{time_range.end:%Y%m%dT%H%MZ}",
            file_format=query.file_format,
        )
        return ExportFile(name, MEDIA_TYPES[query.file_format.value], chunks)

    async def _batches(
        self, granularity: Granularity, datastream_id: int, key: str, time_range: TimeRange
    ) -> AsyncGenerator[Batch]:
        columns = _raw if granularity is Granularity.RAW else _rollups
        async with self._repository.snapshot() as connection:
            async for rows in self._repository.series(
                connection, granularity, datastream_id, time_range, batch=_BATCH
            ):
                yield columns(key, rows)


def _raw(key: str, rows: Sequence[Row]) -> Batch:
    ms, numbers, others, qualities = zip(*rows, strict=True)
    texts = (
        others
        if set(others) == {None}
        else [
            None if number is not None else orjson.dumps(other).decode()
            for number, other in zip(numbers, others, strict=True)
        ]
    )
    return ([key] * len(rows), ms, numbers, texts, [quality_of(quality) for quality in qualities])


def _rollups(key: str, rows: Sequence[Row]) -> Batch:
    ms, counts, sums, *others = zip(*rows, strict=True)
    means = [total / count for total, count in zip(sums, counts, strict=True)]
    return ([key] * len(rows), ms, counts, sums, *others, means)
