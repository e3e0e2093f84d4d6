"""The tables that are exported. Each format writes the same columns, named as the members of the JSON answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class ColumnKind(StrEnum):
    """What a column holds; a missing value is None in each."""

    TEXT = "text"
    NUMBER = "number"
    COUNT = "count"
    TIME = "time"
    """Unix time in ms."""
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Column:
    """A column."""

    name: str
    kind: ColumnKind


Columns = tuple[Column, ...]
Batch = Sequence[Sequence[Any]]
"""Some rows: one sequence of values a column, all of the same length."""


def _columns(**kinds: ColumnKind) -> Columns:
    return tuple(Column(name, kind) for name, kind in kinds.items())


RAW: Final = _columns(
    datastream=ColumnKind.TEXT,
    phenomenonTime=ColumnKind.TIME,
    result=ColumnKind.NUMBER,
    resultJson=ColumnKind.TEXT,
    resultQuality=ColumnKind.TEXT,
)
"""Observations. `result` is a number; any other result is JSON in `resultJson`, so that the text "5" and 5 differ."""

ROLLUP: Final = _columns(
    datastream=ColumnKind.TEXT,
    bucket=ColumnKind.TIME,
    count=ColumnKind.COUNT,
    sum=ColumnKind.NUMBER,
    min=ColumnKind.NUMBER,
    max=ColumnKind.NUMBER,
    first=ColumnKind.NUMBER,
    last=ColumnKind.NUMBER,
    mean=ColumnKind.NUMBER,
)

FIGURES: Final = _columns(
    indicator=ColumnKind.TEXT,
    version=ColumnKind.COUNT,
    subjectKind=ColumnKind.TEXT,
    subjectKey=ColumnKind.TEXT,
    subjectName=ColumnKind.TEXT,
    subjectNameEn=ColumnKind.TEXT,
    period=ColumnKind.TEXT,
    start=ColumnKind.TIME,
    end=ColumnKind.TIME,
    value=ColumnKind.NUMBER,
    band=ColumnKind.TEXT,
    numerator=ColumnKind.NUMBER,
    denominator=ColumnKind.NUMBER,
    sampleCount=ColumnKind.COUNT,
    completeness=ColumnKind.NUMBER,
    revision=ColumnKind.COUNT,
    reason=ColumnKind.TEXT,
    knownFrom=ColumnKind.TIME,
    missing=ColumnKind.TEXT,
    provisional=ColumnKind.FLAG,
    closed=ColumnKind.FLAG,
    restatedValue=ColumnKind.NUMBER,
    restatedReason=ColumnKind.TEXT,
    restatedAt=ColumnKind.TIME,
    restatedRevision=ColumnKind.COUNT,
)
