"""From the rows of a block to service events: a row is a case, each column of times something that happened to it."""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray
from pydantic import ValidationError

from fansipan_bulk.columns.cells import distinct, is_empty
from fansipan_bulk.columns.times import MISSING, OK, Instants, TimeReader
from fansipan_bulk.converted import Converted
from fansipan_bulk.faults import Fault
from fansipan_bulk.items import Body
from fansipan_bulk.mapping import EventField, EventKind, EventValues, Mapping
from fansipan_bulk.places import place_of
from fansipan_bulk.results import FALSE_WORDS, TRUE_WORDS
from fansipan_bulk.row_faults import time_faults
from fansipan_bulk.sources.block import Block
from fansipan_common.contracts import ServiceEvent

_ALWAYS: Final = (0, 1 << 62)
_ABOUT: Final = ("dossierId", "petitionId", "service")


@dataclass(frozen=True, slots=True)
class EventItems:
    """n events of one block, row by row; as `Sendable`. `subjects` are what they are about."""

    texts: list[bytes]
    subjects: list[str]
    ms: NDArray[np.int64]
    rows: NDArray[np.intp]
    places: NDArray[np.intp]

    @property
    def keys(self) -> list[str]:
        """None: events belong to no datastream."""
        return []

    def __len__(self) -> int:
        return len(self.texts)

    def spans(self) -> dict[str, tuple[int, int]]:
        """Events of one case stay in order, whenever they were."""
        return dict.fromkeys(self.subjects, _ALWAYS)

    def bodies(self, max_items: int, max_bytes: int) -> Iterator[Body]:
        """Batches of CloudEvents."""
        first, size = 0, 2
        for place, text in enumerate(self.texts):
            if place > first and (place - first >= max_items or size + len(text) + 1 > max_bytes):
                yield self._body(first, place)
                first, size = place, 2
            size += len(text) + 1
        if self.texts:
            yield self._body(first, len(self.texts))

    def _body(self, start: int, end: int) -> Body:
        return Body(b"[" + b",".join(self.texts[start:end]) + b"]", start, end - start)


@dataclass(frozen=True, slots=True)
class _Bad:
    """A cell that is no value of its kind."""

    code: str
    reason: str


class EventConverter:
    """Turns the blocks of one file into service events; as `Converter`. One event after the other: some 30 µs each.

    Raises:
        MappingFault: `mapping-column`: the file lacks a column.
    """

    def __init__(
        self, mapping: Mapping, values: EventValues, columns: Sequence[str], *, clock: Callable[[], datetime]
    ) -> None:
        self._mapping = mapping
        self._values = values
        self._columns = columns
        self._clock = clock
        self._times = TimeReader(mapping.time)
        self._missing_words = {word.strip().lower() for word in mapping.numbers.missing} | {""}
        for event in values.events:
            named = [
                event.time or mapping.time.column,
                event.id,
                *(field.column for field in event.data.values()),
            ]
            for name in named:
                if name is not None:
                    place_of(columns, name)

    def convert(self, block: Block) -> Converted:
        """The events and faults of a block."""
        blank = np.ones(len(block), bool)
        for column in block.columns:
            blank &= is_empty(column)
        found: list[tuple[int, int, str, int, bytes]] = []
        faults = list(block.faults)
        missing = 0
        for event in self._values.events:
            missing += self._convert(block, event, blank, found, faults)
        found.sort(key=lambda each: each[0])  # stable: events of a row in the order of the mapping
        items = EventItems(
            [text for *_, text in found],
            [subject for _, _, subject, _, _ in found],
            np.array([ms for _, _, _, ms, _ in found], np.int64),
            np.array([row for row, *_ in found], np.intp),
            np.array([place for _, place, *_ in found], np.intp),
        )
        return Converted(
            block, items, sorted(faults, key=lambda fault: fault.line), missing, int(blank.sum())
        )

    def _convert(
        self,
        block: Block,
        event: EventKind,
        blank: NDArray[np.bool_],
        found: list[tuple[int, int, str, int, bytes]],
        faults: list[Fault],
    ) -> int:
        """Add the events of one kind to `found` and what is wrong to `faults`; how many rows have no such event."""
        place, instants = self._instants(block, event)
        bad = np.zeros(len(block), bool)
        for where, code, reason in time_faults(self._mapping.time, instants, self._clock()):
            if code == "time-missing":
                continue
            for row in np.flatnonzero(where & ~blank).tolist():
                faults.append(_fault(block, row, self._columns[place], code, reason, block.cells(row)[place]))
            bad |= where
        fields = {name: self._cells(block, field) for name, field in event.data.items()}
        ids = None if event.id is None else distinct(block.columns[place_of(self._columns, event.id)])
        for row in np.flatnonzero((instants.state == OK) & ~bad & ~blank).tolist():
            ms = int(instants.ms[row])
            own = "" if ids is None else f":{ids.values[ids.codes[row]]}"
            made = self._made(event, fields, row, ms, own)
            if isinstance(made, tuple):
                found.append((row, place, made[0], ms, made[1]))
            else:
                column, wrong = made.column, made.bad
                faults.append(_fault(block, row, column, wrong.code, wrong.reason, made.told))
        return int(((instants.state == MISSING) & ~blank).sum())

    def _made(
        self, event: EventKind, fields: dict[str, "_Cells"], row: int, ms: int, own: str
    ) -> "tuple[str, bytes] | _Refused":
        data: dict[str, Any] = {}
        for name, cells in fields.items():
            value = cells.values[cells.codes[row]]
            if isinstance(value, _Bad):
                return _Refused(cells.column, value, cells.texts[cells.codes[row]])
            if value is not None:
                data[name] = value
        about = str(next((data[name] for name in _ABOUT if name in data), ""))
        document: dict[str, Any] = {
            "specversion": "1.0",
            "id": f"{about}:{event.type.removeprefix('vn.fansipan.').removesuffix('.v1')}{own}",
            "source": self._values.source,
            "type": event.type.value,
            "time": _rfc_3339(ms),
            "data": data,
        }
        try:
            ServiceEvent.model_validate(document)
        except ValidationError as error:
            reasons = "; ".join(e["msg"].removeprefix("Value error, ") for e in error.errors()[:3])
            return _Refused("", _Bad("event-invalid", f"{event.type.value}: {reasons}"), "")
        return about, orjson.dumps(document)

    def _instants(self, block: Block, event: EventKind) -> tuple[int, Instants]:
        time = self._mapping.time
        place = place_of(self._columns, event.time or time.column)
        hours = None
        if event.time is None and time.hour is not None:
            hours = block.columns[place_of(self._columns, time.hour)]
        return place, self._times.read(block.columns[place], hours)

    def _cells(self, block: Block, field: EventField) -> "_Cells":
        if field.column is None:
            return _Cells("", np.zeros(len(block), np.intp), [field.value], [str(field.value)])
        column = block.columns[place_of(self._columns, field.column)]
        cells = distinct(column)
        if field.kind == "time":
            return _Cells(field.column, *self._time_cells(column), column.to_pylist())
        words = {unicodedata.normalize("NFC", word).strip(): value for word, value in field.words.items()}
        values = [words.get(text, self._value(field, text)) for text in cells.values]
        return _Cells(field.column, cells.codes, values, cells.values)

    def _time_cells(self, column: Any) -> tuple[NDArray[np.intp], list[Any]]:
        instants = self._times.read(column)
        values: list[Any] = [
            _rfc_3339(ms)
            if state == OK
            else None
            if state == MISSING
            else _Bad("time-invalid", "is no such time")
            for ms, state in zip(instants.ms.tolist(), instants.state.tolist(), strict=True)
        ]
        return np.arange(len(values), dtype=np.intp), values

    def _value(self, field: EventField, text: str) -> Any:
        if text.lower() in self._missing_words:
            return None
        if field.kind == "boolean":
            if text.lower() in TRUE_WORDS or text.lower() in FALSE_WORDS:
                return text.lower() in TRUE_WORDS
            return _Bad("boolean-invalid", "is neither true nor false")
        if field.kind == "integer":
            whole = text.removesuffix(".0")
            return (
                int(whole)
                if whole.isascii() and whole.isdecimal()
                else _Bad("number-invalid", "is no whole number")
            )
        return text


@dataclass(frozen=True, slots=True)
class _Cells:
    """One field of all rows: `values[codes[row]]`, and the text that it was made from."""

    column: str
    codes: NDArray[np.intp]
    values: list[Any]
    texts: list[Any]


@dataclass(frozen=True, slots=True)
class _Refused:
    column: str
    bad: _Bad
    told: str


def _fault(block: Block, row: int, column: str, code: str, reason: str, told: Any) -> Fault:
    detail = f"{str(told)[:100]!r} {reason}" if column else reason
    return Fault(int(block.lines[row]), column, code, detail, block.cells(row))


def _rfc_3339(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
