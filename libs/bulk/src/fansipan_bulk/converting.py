"""From the rows of a block to observations: column by column, never row by row, except for what is wrong."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fansipan_bulk.arrow import Array, pa
from fansipan_bulk.columns.cells import Distinct, distinct, is_empty
from fansipan_bulk.columns.numbers import NumberReader
from fansipan_bulk.columns.times import MISSING, TimeReader
from fansipan_bulk.converted import Converted
from fansipan_bulk.datastream_keys import DatastreamKeys
from fansipan_bulk.errors import MappingFault
from fansipan_bulk.events import EventConverter
from fansipan_bulk.items import Items
from fansipan_bulk.mapping import EventValues, LongValues, Mapping, UnitColumn, WideColumn
from fansipan_bulk.places import place_of
from fansipan_bulk.results import Results, read_results
from fansipan_bulk.row_faults import RowFaults, RowKeys, time_faults
from fansipan_bulk.sources.block import Block
from fansipan_common.contracts.keys import parse_datastream_key
from fansipan_common.contracts.observation import ResultQuality

_QUALITY: Final[dict[ResultQuality | None, int]] = {
    None: 0,
    ResultQuality.GOOD: 1,
    ResultQuality.SUSPECT: 2,
    ResultQuality.BAD: 3,
}
_UNKNOWN: Final = 255
_NO_INTS: Final = np.empty(0, np.intp)


@dataclass(frozen=True, slots=True)
class _Column:
    """One column of results: where it is, and what its rows are."""

    place: int
    name: str
    spec: WideColumn | LongValues


class Converter:
    """Turns the blocks of one file into observations, by one mapping.

    Args:
        mapping: what the columns are.
        columns: the names that the file has.
        provider: first part of keys where the mapping does not say it.
        clock: the time, for observations that are ahead of it.

    Raises:
        MappingFault: `mapping-column` or `mapping-provider`: mapping and file do not fit.
    """

    def __init__(
        self,
        mapping: Mapping,
        columns: Sequence[str],
        *,
        provider: str | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._mapping = mapping
        self._names = [unicodedata.normalize("NFC", name) for name in columns]
        self._clock = clock
        self._times = TimeReader(mapping.time)
        self._numbers = NumberReader(mapping.numbers)
        self._missing_words = {word.strip().lower() for word in mapping.numbers.missing} | {""}
        if isinstance(mapping.values, EventValues):
            raise TypeError("events have a converter of their own")
        self._values = values = mapping.values
        self._provider = mapping.provider or provider
        things = values.thing.keys if values.thing is not None else {}
        properties = values.property.keys if isinstance(values, LongValues) and values.property else {}
        self._keys = DatastreamKeys(self._provider, things, properties)
        self._time_place = self._place(mapping.time.column)
        self._hour_place = None if mapping.time.hour is None else self._place(mapping.time.hour)
        self._columns = self._result_columns()
        self._check_places()

    @property
    def datastreams(self) -> list[str]:
        """The datastreams that have occurred, in the order of the file."""
        return list(self._keys.seen)

    def convert(self, block: Block) -> Converted:
        """The observations and faults of a block.

        Raises:
            MappingFault: `mapping-datastreams`: the file would be too many.
        """
        if not len(block):
            return Converted(block, _no_items(), list(block.faults), 0, 0)
        hours = None if self._hour_place is None else block.columns[self._hour_place]
        instants = self._times.read(block.columns[self._time_place], hours)
        blank = self._blank(block, instants.state == MISSING)
        beside = {} if self._hour_place is None else {self._time_place: self._hour_place}
        faults = RowFaults(block, self._names, ~blank, beside)
        faults.of_rows(self._time_place, time_faults(self._mapping.time, instants, self._clock()))
        quality = self._quality(block, faults)
        return self._joined(block, instants.ms, quality, faults, blank)

    def _joined(
        self,
        block: Block,
        ms: NDArray[np.int64],
        quality: NDArray[np.uint8] | None,
        faults: RowFaults,
        blank: NDArray[np.bool_],
    ) -> Converted:
        names: dict[str, int] = {}
        rows: list[NDArray[np.intp]] = []
        codes: list[NDArray[np.intp]] = []
        jsons: list[Array] = []
        missing = 0
        for column in self._columns:
            results = self._results(block, column, faults)
            here = ~blank & results.missing
            missing += int(here.sum())
            keys = self._keys_of(block, column)
            good = faults.of_column(column.place, ~blank & ~results.missing, results, keys, column.name)
            taken = np.flatnonzero(good)
            used = np.unique(keys.codes[taken])
            own = np.full(len(keys.found), -1, np.intp)
            for code in used.tolist():
                name = str(keys.found[code])
                self._keys.mark(name)
                own[code] = names.setdefault(name, len(names))
            rows.append(taken)
            codes.append(own[keys.codes[taken]])
            jsons.append(results.json.take(pa.array(taken)))
        all_rows = np.concatenate(rows) if rows else _NO_INTS
        places = np.repeat(
            np.array([column.place for column in self._columns], np.intp), [len(r) for r in rows]
        )
        all_codes = np.concatenate(codes)
        all_results = pa.concat_arrays(jsons)
        if len(self._columns) > 1:
            order = np.argsort(all_rows, kind="stable")
            all_rows, places, all_codes = all_rows[order], places[order], all_codes[order]
            all_results = all_results.take(pa.array(order))
        own_quality = None if quality is None or not quality.any() else quality[all_rows]
        items = Items(list(names), all_codes, ms[all_rows], all_results, own_quality, all_rows, places)
        return Converted(block, items, faults.listed(), missing, int(blank.sum()))

    def _quality(self, block: Block, faults: RowFaults) -> NDArray[np.uint8] | None:
        source = self._values.quality
        if source is None:
            return None
        if source.column is None:
            return np.full(len(block), _QUALITY[source.value], np.uint8)
        place = self._place(source.column)
        cells = distinct(block.columns[place])
        words = {
            unicodedata.normalize("NFC", word).strip(): quality for word, quality in source.words.items()
        }
        codes = np.array(cells.looked_up(lambda word: _quality_code(words, word)), np.uint8)[cells.codes]
        faults.of_rows(
            place,
            [
                (
                    codes == _UNKNOWN,
                    "quality-unknown",
                    "is neither good, suspect, bad nor a word of the mapping",
                )
            ],
        )
        return codes

    def _results(self, block: Block, column: _Column, faults: RowFaults) -> Results:
        spec = column.spec
        factor: float | NDArray[np.float64] = spec.scale
        if isinstance(spec, LongValues) and spec.unit is not None:
            factor = self._unit_factors(block, spec.unit, faults) * spec.scale
        return read_results(
            block.columns[column.place],
            spec.kind,
            self._numbers,
            lambda text: text.lower() in self._missing_words,
            factor,
        )

    def _unit_factors(self, block: Block, unit: UnitColumn, faults: RowFaults) -> NDArray[np.float64]:
        place = self._place(unit.column)
        cells = distinct(block.columns[place])
        known = {unicodedata.normalize("NFKC", name): factor for name, factor in unit.factors.items()}
        factors = np.array(
            cells.looked_up(lambda text: known.get(unicodedata.normalize("NFKC", text), np.nan)), np.float64
        )[cells.codes]
        unknown = np.isnan(factors)
        faults.of_rows(place, [(unknown, "unit-unknown", f"is none of: {', '.join(unit.factors)}"[:300])])
        return np.where(unknown, 1.0, factors)

    def _keys_of(self, block: Block, column: _Column) -> RowKeys:
        spec = column.spec
        if isinstance(spec, LongValues):
            if spec.datastream is not None:
                cells = distinct(block.columns[self._place(spec.datastream)])
                return RowKeys(cells.looked_up(self._keys.whole), cells.codes)
            return self._paired(self._cells(block, spec.thing), self._cells(block, spec.property))
        source = self._values.thing
        constant = spec.thing or (None if source is None else source.value)
        if spec.datastream is not None:
            found = self._keys.whole(spec.datastream)
        elif constant is not None:
            found = self._keys.of(constant, spec.property or "")
        else:
            cells = self._cells(block, source)
            return RowKeys(
                cells.looked_up(lambda thing: self._keys.of(thing, spec.property or "")), cells.codes
            )
        return RowKeys([found], np.zeros(len(block), np.intp))

    def _paired(self, things: Distinct, properties: Distinct) -> RowKeys:
        width = len(properties.values)
        pairs, codes = np.unique(things.codes * width + properties.codes, return_inverse=True)
        found = [
            self._keys.of(things.values[pair // width], properties.values[pair % width])
            for pair in pairs.tolist()
        ]
        return RowKeys(found, codes.reshape(-1))

    def _cells(self, block: Block, source: Any) -> Distinct:
        if source.column is None:
            return Distinct(np.zeros(len(block), np.intp), [source.value])
        return distinct(block.columns[self._place(source.column)])

    def _blank(self, block: Block, no_time: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Where nothing at all is in a row; looked for only where there is no time."""
        blank = no_time.copy()
        for column in block.columns if no_time.any() else ():
            blank &= is_empty(column)
        return blank

    def _place(self, name: str) -> int:
        return place_of(self._names, name)

    def _result_columns(self) -> list[_Column]:
        values = self._values
        if isinstance(values, LongValues):
            return [_Column(self._place(values.result), values.result, values)]
        return [_Column(self._place(name), name, spec) for name, spec in values.columns.items()]

    def _check_places(self) -> None:
        values = self._values
        needs_provider = isinstance(values, LongValues) and values.datastream is None
        named: list[str | None] = [values.quality.column if values.quality else None]
        named.append(values.thing.column if values.thing else None)
        if isinstance(values, LongValues):
            named += [values.datastream, values.unit.column if values.unit else None]
            named.append(values.property.column if values.property else None)
        else:
            for spec in values.columns.values():
                needs_provider |= spec.datastream is None
                if spec.datastream is not None:
                    try:
                        parse_datastream_key(spec.datastream)
                    except ValueError as error:
                        raise MappingFault("mapping-invalid", f"{spec.datastream!r}: {error}") from None
        for name in named:
            if name is not None:
                self._place(name)
        if needs_provider and self._provider is None:
            raise MappingFault(
                "mapping-provider", "say whose data they are: `provider` in the mapping, or --provider"
            )


def _quality_code(words: dict[str, ResultQuality | None], word: str) -> int:
    if word in words:
        return _QUALITY[words[word]]
    if not word:
        return 0
    try:
        return _QUALITY[ResultQuality(word.lower())]
    except ValueError:
        return _UNKNOWN


def _no_items() -> Items:
    return Items([], _NO_INTS, np.empty(0, np.int64), pa.array([], pa.string()), None, _NO_INTS, _NO_INTS)


def converter_for(
    mapping: Mapping,
    columns: Sequence[str],
    *,
    provider: str | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Converter | EventConverter:
    """What turns the blocks of a file into observations, or into service events where the mapping is of those."""
    if isinstance(mapping.values, EventValues):
        return EventConverter(mapping, mapping.values, columns, clock=clock)
    return Converter(mapping, columns, provider=provider, clock=clock)
