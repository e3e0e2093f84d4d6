"""What `/v1/periods` takes and gives."""

from typing import Annotated, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from fansipan_gateway.api.parameters import Cursor, Limit, Parameters, ResponseModel

PeriodText = Annotated[
    str,
    Path(
        min_length=4,
        max_length=13,
        description="`2026-11-20` (a day), `2026-10`, `2026-Q3` or `2025`.",
        examples=["2026-10"],
    ),
]


class ListParameters(Parameters):
    """Query parameters of lists."""

    limit: Limit = 100
    cursor: Cursor | None = None


class CloseRequest(BaseModel):
    """Body of a close."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    note: Annotated[
        str,
        Field(
            max_length=2_000,
            pattern=r"^[^\x00]*$",
            description="Why, for people; it is shown with the close.",
            examples=["Báo cáo tháng 10 gửi Sở Nội vụ"],
        ),
    ] = ""


class Close(ResponseModel):
    """A closed period."""

    period: Annotated[str, Field(examples=["2026-10"])]
    kind: Literal["day", "month", "quarter", "year"]
    start: Annotated[str, Field(examples=["2026-09-30T17:00:00.000Z"])]
    end: Annotated[str, Field(examples=["2026-10-31T17:00:00.000Z"])]
    closed_at: str
    closed_by: Annotated[
        str | None, Field(examples=["mai"], description="Name of the operator; shown to operators only.")
    ]
    note: str
    values: Annotated[int, Field(description="Figures that were frozen.", examples=[4210])]
    restatements: Annotated[int, Field(description="Entries in the ledger since.", examples=[3])]
    previous: Annotated[
        str, Field(description="Digest of the close before; 64 zeros for the first.", examples=["0" * 64])
    ]
    digest: Annotated[
        str, Field(description="Digest at the end of this close's chain: write it down elsewhere, too.")
    ]


class CloseList(ResponseModel):
    """One page of closes, newest first."""

    items: list[Close]
    next: Annotated[str | None, Field(description="Address of the next page; null on the last.")]


class ClosedIndicator(ResponseModel):
    """How many figures of an indicator were frozen."""

    indicator: str
    version: int
    values: int
    without_value: Annotated[int, Field(description="Of these, without a value (not applicable).")]


class CloseDetail(Close):
    """A closed period with what it froze, of the figures that you see."""

    indicators: list[ClosedIndicator]


class BrokenChain(ResponseModel):
    """Where a chain is broken first."""

    what: Literal["previous-close", "missing-row", "added-row", "changed-row", "changed-end"]
    detail: str
    ordinal: int | None
    indicator: str | None
    version: int | None
    subject: str | None


class Verification(ResponseModel):
    """Whether the figures of a close are those that were frozen."""

    period: str
    ok: bool
    values: int
    digest: str
    broken: BrokenChain | None


class RestatedSubject(ResponseModel):
    """Whom a figure is about."""

    kind: str
    key: str
    name: Annotated[str | None, Field(description="Null where none is known.")]
    name_en: str | None


class Restatement(ResponseModel):
    """A figure that would be another one today."""

    indicator: str
    version: int
    subject: RestatedSubject
    closed_value: float | None
    closed_revision: Annotated[int | None, Field(description="Null: there was no figure at the close.")]
    value: float | None
    revision: int
    reason: Literal["new-data", "late-data", "correction", "definition-changed"]
    at: str


class RestatementList(ResponseModel):
    """One page of the ledger, in the order of time."""

    items: list[Restatement]
    next: Annotated[str | None, Field(description="Address of the next page; null on the last.")]
