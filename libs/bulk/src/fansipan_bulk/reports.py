"""What is told about a file before and after: plain data, JSON in camelCase."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from fansipan_bulk.faults import Problem
from fansipan_bulk.mapping import Mapping
from fansipan_bulk.remarks import Remark

GuessedType = Literal["empty", "time", "date", "time-of-day", "number", "integer", "boolean", "text"]


class _Report(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Finding(_Report):
    """Something that was found out about the file, and why it is believed."""

    what: str
    """`kind`, `compression`, `encoding`, `delimiter`, `header`, `sheet`."""
    value: str
    reason: Remark


class ColumnPreview(_Report):
    """A column: what its first values look like."""

    name: str
    type: GuessedType
    examples: list[str]
    """Distinct, 5 at most."""


class PreviewRow(_Report):
    """A row as it was read, each cell as text."""

    line: int
    cells: list[str]


class Proposal(_Report):
    """A mapping that may fit. `unsure`: what a person has to look at, as there were several ways to read it."""

    mapping: Mapping
    reasons: list[Remark]
    unsure: list[Remark]


class Preview(_Report):
    """What a file looks like."""

    findings: list[Finding]
    sheets: list[str]
    """Of XLSX; else empty."""
    columns: list[ColumnPreview]
    rows: list[PreviewRow]
    """The first 20."""
    proposal: Proposal | None
    """None when there is no column that could be a time."""
    proposal_missing: Remark | None = None
    """Why there is none."""


class CheckReport(_Report):
    """What would become of a file (`check`), or what became of it (`import`).

    `rows` = rows read below the header, without blank ones. `observations` = those that would be, or were, sent;
    `accepted` of them are in Kafka (0 for a check). `missing` = results that the file says are not there.
    """

    findings: list[Finding]
    rows: int
    blank_rows: int
    observations: int
    missing: int
    accepted: int
    faults: int
    problems: list[Problem]
    datastreams: Annotated[list[str], Field(description="The first 1,000 in the order of the file.")]
    datastream_count: int
    first_time: str | None
    last_time: str | None
    seconds: float
