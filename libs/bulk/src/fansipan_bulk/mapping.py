"""How the columns of a file become observations: a document that people write, keep and share (YAML or JSON)."""

from collections.abc import Mapping as Entries
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel

from fansipan_bulk.errors import MappingFault
from fansipan_common.contracts.keys import PROPERTY_KEY, PROVIDER_KEY, THING_KEY
from fansipan_common.contracts.observation import ResultQuality
from fansipan_common.contracts.service_event import ServiceEventType

MISSING_WORDS: Final = ("", "-", "--", "na", "n/a", "#n/a", "nan", "null", "none")
"""Cells that say that there is no value, in lower case; a mapping may name others."""

_LARGEST_DOCUMENT: Final = 1024 * 1024


def _offset_or_zone(text: str) -> str:
    if text.upper() == "UTC":
        return "UTC"
    if len(text) == 6 and text[0] in "+-" and text[3] == ":" and (text[1:3] + text[4:]).isdecimal():
        if int(text[1:3]) > 18 or int(text[4:]) > 59:
            raise ValueError(f"{text} is no offset from UTC")
        return text
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{text!r} is no time zone; write one like Asia/Ho_Chi_Minh, or +07:00") from None
    return text


def _column_or_value(value: Any) -> Any:
    """A bare text is the name of a column."""
    return {"column": value} if isinstance(value, str) else value


Zone = Annotated[str, AfterValidator(_offset_or_zone)]
ColumnName = Annotated[str, Field(min_length=1, max_length=256)]
ProviderKey = Annotated[str, Field(pattern=f"^{PROVIDER_KEY.pattern}$")]
ThingKey = Annotated[str, Field(pattern=f"^{THING_KEY.pattern}$")]
PropertyKey = Annotated[str, Field(pattern=f"^{PROPERTY_KEY.pattern}$")]
TimeFormat = Literal["iso", "day-first", "month-first", "excel", "unix-s", "unix-ms"]
ResultKind = Literal["number", "text", "boolean"]


class _Document(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class FileOptions(_Document):
    """How the file is read. What is not said is found out; `fansipan_bulk.preview` says what and why.

    Attributes:
        encoding: of CSV: utf-8, utf-16, windows-1258 …; None finds it out.
        delimiter: of CSV: one character; None finds it out.
        header: line of CSV or row of a sheet, from 1, with the names of the columns; what is above it is skipped.
            0: there is none, columns are called `column 1`, `column 2` ….
        sheet: of XLSX: its name; None is the first.
    """

    encoding: Annotated[str | None, Field(max_length=40)] = None
    delimiter: Annotated[str | None, Field(min_length=1, max_length=1)] = None
    header: Annotated[int | None, Field(ge=0, le=1000)] = None
    sheet: Annotated[str | None, Field(max_length=100)] = None


class TimeColumns(_Document):
    """When a row was observed.

    Attributes:
        column: date and time, or the date alone where `hour` is given.
        hour: a second column with the time of day: `23`, `23:00`, `23h30`; `24` is midnight at the end of the day.
        format: how dates are written. Those that begin with a year are understood whatever is said here.
        zone: of times that do not state an offset. Time zone name, or a constant offset such as +07:00.
        ambiguous: what a time that a clock change makes happen twice is taken for.
        nonexistent: what a time that a clock change leaves out is taken for: `next` is the instant of the change.
    """

    column: ColumnName
    hour: ColumnName | None = None
    format: TimeFormat = "iso"
    zone: Zone = "Asia/Ho_Chi_Minh"
    ambiguous: Literal["error", "earlier", "later"] = "error"
    nonexistent: Literal["error", "next"] = "error"


class NumberFormat(_Document):
    """How numbers are written.

    Attributes:
        decimal: the sign before the fraction.
        thousands: the sign between groups of three digits; "" when there is none. A space is any kind of space.
        missing: cells that mean that there is no value (whatever their case); an empty cell always does.
    """

    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    missing: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=50)] = list(MISSING_WORDS)

    @model_validator(mode="after")
    def _signs_differ(self) -> Self:
        if self.decimal == self.thousands:
            raise ValueError("decimal and thousands are the same sign")
        return self


class ThingSource(_Document):
    """Which thing: a column or a constant. A cell that is in `keys` becomes that key; one that is a key already stays;
    any other becomes a key by the rule of `docs/integrators/names.md`."""

    column: ColumnName | None = None
    value: ThingKey | None = None
    keys: Annotated[dict[str, ThingKey], Field(max_length=100_000)] = {}

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.column is None) == (self.value is None):
            raise ValueError("give either column or value")
        return self


class PropertySource(_Document):
    """Which observed property: as `ThingSource`."""

    column: ColumnName | None = None
    value: PropertyKey | None = None
    keys: Annotated[dict[str, PropertyKey], Field(max_length=10_000)] = {}

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.column is None) == (self.value is None):
            raise ValueError("give either column or value")
        return self


class QualitySource(_Document):
    """How far a result can be trusted: a column whose cells are words, or a constant.

    `words` says what a cell means, besides `good`, `suspect` and `bad` themselves; null: nothing is said. An empty
    cell says nothing; any other is a fault of the row.
    """

    column: ColumnName | None = None
    value: ResultQuality | None = None
    words: Annotated[dict[str, ResultQuality | None], Field(max_length=1000)] = {}

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.column is None) == (self.value is None):
            raise ValueError("give either column or value")
        return self


class UnitColumn(_Document):
    """A column that names the unit of each result.

    `factors` has every unit that may occur, and by what a result in it is multiplied to be in the unit of the
    datastream. A unit that is not there is a fault of the row: a number in the wrong unit is a wrong number.
    """

    column: ColumnName
    factors: Annotated[dict[str, float], Field(min_length=1, max_length=1000)]


Thing = Annotated[ThingSource, BeforeValidator(_column_or_value)]
Property = Annotated[PropertySource, BeforeValidator(_column_or_value)]
Quality = Annotated[QualitySource, BeforeValidator(_column_or_value)]


class LongValues(_Document):
    """One observation a row. Its datastream is a column with whole keys, or a thing and a property."""

    form: Literal["long"] = "long"
    datastream: ColumnName | None = None
    thing: Thing | None = None
    property: Property | None = None
    result: ColumnName
    kind: ResultKind = "number"
    scale: float = 1.0
    quality: Quality | None = None
    unit: UnitColumn | None = None

    @model_validator(mode="after")
    def _names_a_datastream(self) -> Self:
        if self.datastream is None and (self.thing is None or self.property is None):
            raise ValueError("give either datastream, or thing and property")
        if self.datastream is not None and (self.thing is not None or self.property is not None):
            raise ValueError("give either datastream, or thing and property, not both")
        if self.kind != "number" and (self.unit is not None or self.scale != 1.0):
            raise ValueError("only numbers have a unit and a scale")
        return self


class WideColumn(_Document):
    """One column of results: its property (with the thing of the row, or one of its own), or its whole datastream."""

    property: PropertyKey | None = None
    thing: ThingKey | None = None
    datastream: Annotated[str | None, Field(max_length=400)] = None
    kind: ResultKind = "number"
    scale: float = 1.0

    @model_validator(mode="after")
    def _names_a_datastream(self) -> Self:
        if (self.datastream is None) == (self.property is None):
            raise ValueError("give either property or datastream")
        if self.datastream is not None and self.thing is not None:
            raise ValueError("a datastream has its thing already")
        if self.kind != "number" and self.scale != 1.0:
            raise ValueError("only numbers have a scale")
        return self


class WideValues(_Document):
    """Several observations a row: each named column is a datastream."""

    form: Literal["wide"]
    thing: Thing | None = None
    columns: Annotated[dict[ColumnName, WideColumn], Field(min_length=1, max_length=1000)]
    quality: Quality | None = None

    @model_validator(mode="after")
    def _every_column_has_a_thing(self) -> Self:
        for name, column in self.columns.items():
            if column.datastream is None and column.thing is None and self.thing is None:
                raise ValueError(f"the column {name!r} needs a thing: its own, or one for all columns")
        return self


class EventField(_Document):
    """One field of an event's data: a column or a constant.

    Attributes:
        column: an empty cell, or one that says that there is no value, leaves the field out.
        value: a constant.
        kind: of a column: `time` is written as `time` of the mapping says.
        words: what cells mean, where they are not the value themselves.
    """

    column: ColumnName | None = None
    value: StrictBool | StrictInt | Annotated[StrictStr, Field(max_length=256)] | None = None
    kind: Literal["text", "integer", "boolean", "time"] = "text"
    words: Annotated[
        dict[str, StrictBool | StrictInt | Annotated[StrictStr, Field(max_length=256)]],
        Field(max_length=10_000),
    ] = {}

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.column is None) == (self.value is None):
            raise ValueError("give either column or value")
        return self


class EventKind(_Document):
    """One event that a row may stand for: it does when the time is there.

    Attributes:
        type: such as vn.fansipan.dossier.received.v1.
        time: column of its time; None is that of the mapping.
        id: column that tells events of this type about one dossier or petition apart, where there may be several.
        data: its fields, as in `docs/integrators/service-events.md`.
    """

    type: ServiceEventType
    time: ColumnName | None = None
    id: ColumnName | None = None
    data: Annotated[
        dict[Annotated[str, Field(max_length=64)], Annotated[EventField, BeforeValidator(_column_or_value)]],
        Field(min_length=1, max_length=40),
    ]


class EventValues(_Document):
    """Service events: a row is a case, and what happened to it has a column of times each.

    The id of an event is the id that its data names and its type: a later export of the same cases changes nothing, or
    corrects what has changed.

    Attributes:
        source: of the events (CloudEvents): a URI reference that names the system.
        events: what a row may stand for, in the order in which it happens.
    """

    form: Literal["events"]
    source: Annotated[str, Field(min_length=1, max_length=256)]
    events: Annotated[list[EventKind], Field(min_length=1, max_length=20)]


class Mapping(_Document):
    """A whole mapping.

    Attributes:
        title: for people.
        files: patterns of the names of files that it is for (`so-tnmt-*.csv`); a watched folder goes by them.
        provider: first part of the keys, where cells do not hold whole keys. None: that of whoever imports.
    """

    version: Literal[1] = 1
    title: Annotated[str, Field(max_length=200)] = ""
    files: Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=50)] = []
    provider: ProviderKey | None = None
    file: FileOptions = FileOptions()
    time: TimeColumns
    numbers: NumberFormat = NumberFormat()
    values: Annotated[LongValues | WideValues | EventValues, Field(discriminator="form")]


def parse_mapping(document: Any) -> Mapping:
    """A mapping from what a JSON or YAML parser gave.

    Raises:
        MappingFault: `mapping-invalid`, with the place and the reason of each fault.
    """
    try:
        return Mapping.model_validate(document)
    except ValidationError as error:
        reasons = "; ".join(
            f"{'.'.join(map(str, e['loc'])) or '(whole)'}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors()[:5]
        )
        raise MappingFault("mapping-invalid", reasons) from None


def load_mapping(path: Path) -> Mapping:
    """Read a mapping from a YAML or JSON file.

    Raises:
        MappingFault: `mapping-unreadable` or `mapping-invalid`.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST_DOCUMENT + 1)
        if len(text) > _LARGEST_DOCUMENT:
            raise MappingFault("mapping-unreadable", f"{path.name} is over 1 MiB: that is no mapping")
        document = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise MappingFault("mapping-unreadable", f"{path.name} cannot be read: {reason}") from None
    try:
        return parse_mapping(document)
    except MappingFault as fault:
        raise MappingFault(fault.code, f"{path.name}: {fault.detail}") from None


def dump_mapping(mapping: Mapping) -> str:
    """A mapping as YAML, without what is as by default."""
    document: Entries[str, Any] = mapping.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    # What tells the forms apart is kept, also where it is the default.
    whole = {
        "version": mapping.version,
        **document,
        "values": {"form": mapping.values.form, **document["values"]},
    }
    return yaml.safe_dump(whole, allow_unicode=True, sort_keys=False, width=100)
