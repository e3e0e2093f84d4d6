"""Figures, as answers."""

from typing import Annotated, Literal

from pydantic import Field

from fansipan_gateway.api.parameters import ResponseModel
from fansipan_indicators.definitions import Text, Unit
from fansipan_indicators.periods import PeriodKind

Reason = Literal["new-data", "late-data", "correction", "definition-changed"]


class SubjectItem(ResponseModel):
    """Whom a figure is about."""

    kind: Literal["area", "agency", "procedure", "thing", "agency-procedure", "area-procedure"]
    key: Annotated[str, Field(examples=["02671"])]
    name: Annotated[str | None, Field(examples=["Phường Cam Đường"], description="Null where none is known.")]
    name_en: Annotated[str | None, Field(examples=["Cam Duong Ward"])]


class BandItem(ResponseModel):
    """The named range that the value lies in."""

    key: Annotated[str, Field(examples=["good"])]
    name: Text | None
    colour: Annotated[str | None, Field(examples=["#00e400"])]


class RestatedItem(ResponseModel):
    """What is known today of a figure whose period is closed."""

    value: float | None
    reason: Reason | None
    at: str | None
    revision: int


class FigureItem(ResponseModel):
    """The figure of a subject for a period. Of a closed period: the one that was closed."""

    indicator: Annotated[str, Field(examples=["d766-2.1"])]
    version: Annotated[int, Field(description="Version of the definition that it follows.")]
    subject: SubjectItem
    period: Annotated[str, Field(examples=["2026-11"])]
    start: Annotated[str, Field(examples=["2026-10-31T17:00:00.000Z"])]
    end: Annotated[str, Field(examples=["2026-11-30T17:00:00.000Z"], description="Exclusive.")]
    value: Annotated[float | None, Field(examples=[97.3], description="Unrounded; null: see `missing`.")]
    band: BandItem | None
    numerator: float | None
    denominator: float | None
    sample_count: Annotated[int, Field(description="Readings or cases that it rests on.")]
    completeness: Annotated[float | None, Field(description="Share of what was expected, 0 to 1.")]
    revision: Annotated[int | None, Field(description="Counts up with each change.")]
    reason: Annotated[Reason | None, Field(description="Why this revision was made.")]
    known_from: str | None
    missing: Annotated[
        Literal[
            "no-data",
            "too-few-samples",
            "zero-denominator",
            "missing-component",
            "missing-attribute",
            "not-in-source",
            "absent-at-close",
        ]
        | None,
        Field(description="Why it has no value."),
    ]
    provisional: Annotated[bool, Field(description="Whether the period still runs.")]
    closed: Annotated[bool, Field(description="Whether the period is closed: the figure stays as it is.")]
    restated: Annotated[
        RestatedItem | None,
        Field(description="What is known today, where that differs from what was closed."),
    ]


class FigureList(ResponseModel):
    """One page of figures, in the order of time."""

    items: list[FigureItem]
    next: Annotated[str | None, Field(description="Address of the next page; null on the last.")]


class MovingFigure(FigureItem):
    """A figure, and what came before it."""

    previous: Annotated[float | None, Field(description="Value of the period just before.")]
    change: Annotated[float | None, Field(description="Value less `previous`.")]


class RankedFigure(MovingFigure):
    """A figure with its rank."""

    rank: Annotated[
        int | None,
        Field(
            description="From 1; ties share one and the next is skipped. Null without a value, or where the indicator "
            "says no direction."
        ),
    ]


class Ranking(ResponseModel):
    """One page of a ranking, best first."""

    indicator: str
    period: PeriodKind
    direction: Literal["higher-is-better", "lower-is-better", "none"]
    total: Annotated[int, Field(description="Subjects on all pages.")]
    province: Annotated[MovingFigure | None, Field(description="The province's own figure, unranked.")]
    items: list[RankedFigure]
    next: Annotated[str | None, Field(description="Address of the next page; null on the last.")]


class Card(MovingFigure):
    """The newest figure of an indicator, with what is needed to show it."""

    names: Text
    short_names: Text | None
    group: str
    unit: Unit
    decimals: int
    direction: Literal["higher-is-better", "lower-is-better", "none"]


class CardList(ResponseModel):
    """Newest figures of one subject, by group and id."""

    items: list[Card]
