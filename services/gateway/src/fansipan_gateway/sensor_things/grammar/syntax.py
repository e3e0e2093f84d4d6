"""Trees that query options are read into. `at` is where a node begins in its option's text, from 0."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final


@dataclass(frozen=True, slots=True)
class Period:
    """A period of time, both ends in UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Geometry:
    """Well-known text, not looked at yet."""

    text: str


Value = None | bool | int | float | str | datetime | date | time | timedelta | Period | Geometry


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant. Times are in UTC."""

    value: Value
    at: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Path:
    """A property, perhaps of a related entity, perhaps a part of it: `Datastream/Thing/properties/commune`."""

    segments: tuple[str, ...]
    at: int = field(default=0, compare=False, repr=False)

    def __str__(self) -> str:
        return "/".join(self.segments)


@dataclass(frozen=True, slots=True)
class Call:
    """A function by its name in small letters."""

    name: str
    arguments: "tuple[Expression, ...]"
    at: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Operation:
    """Two operands and an operator: `and or eq ne gt ge lt le add sub mul div mod`."""

    operator: str
    left: "Expression"
    right: "Expression"
    at: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Not:
    """What is true where the operand is false."""

    operand: "Expression"
    at: int = field(default=0, compare=False, repr=False)


Expression = Literal | Path | Call | Operation | Not

LOGICAL: Final = frozenset({"and", "or"})
COMPARISONS: Final = frozenset({"eq", "ne", "gt", "ge", "lt", "le"})
ARITHMETIC: Final = frozenset({"add", "sub", "mul", "div", "mod"})


@dataclass(frozen=True, slots=True)
class OrderKey:
    """What to sort by."""

    expression: Expression
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Expand:
    """A relation to show inline, and how."""

    navigation: str
    options: "Options"
    at: int = field(default=0, compare=False, repr=False)


class ResultFormat(StrEnum):
    """How an answer is written."""

    JSON = "JSON"
    DATA_ARRAY = "dataArray"
    CSV = "CSV"
    GEO_JSON = "GeoJSON"


@dataclass(frozen=True, slots=True)
class Options:
    """Query options of a request, or of one expanded relation; None and empty: not given."""

    filter: Expression | None = None
    select: tuple[str, ...] | None = None
    expand: tuple[Expand, ...] = ()
    orderby: tuple[OrderKey, ...] = ()
    top: int | None = None
    skip: int = 0
    count: bool = False
    skiptoken: str | None = None
    result_format: ResultFormat = ResultFormat.JSON
    texts: dict[str, str] = field(default_factory=dict, compare=False)
    """The options as they were written, by name, for addresses of next pages."""
