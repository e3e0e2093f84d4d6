"""Explanations of figures, as answers."""

from typing import Annotated, Any, Literal

from pydantic import Field

from fansipan_gateway.api.parameters import ResponseModel
from fansipan_gateway.indicators.schemas.definitions import Assumption
from fansipan_gateway.indicators.schemas.figures import FigureItem, Reason
from fansipan_indicators.definitions import Citation, Limit, Text, Unit


class ExplainedDefinition(ResponseModel):
    """The definition that the figure follows, and the law behind it."""

    id: str
    names: Text
    description: Text
    unit: Unit
    decimals: int
    direction: str
    version: int
    effective_from: str
    effective_to: str | None
    digest: str
    in_words: Annotated[Text, Field(description="The formula as a sentence.")]
    formula: dict[str, Any]
    sources: list[Citation]
    limits: list[Limit]
    disputed: list[Text]
    assumed: list[Assumption]


class PartOfRatio(ResponseModel):
    """A numerator or denominator, and what it counts."""

    value: float | None
    counts: Text | None


class CompletenessNote(ResponseModel):
    """How much of what was expected was there."""

    value: Annotated[float | None, Field(description="0 to 1.")]
    sample_count: int
    minimum_percent: Annotated[float | None, Field(description="Below it the figure has no value.")]
    expected_interval_seconds: float | None


class DatastreamNote(ResponseModel):
    """A datastream whose readings were read."""

    key: str
    property: str
    unit: str | None


class BucketItem(ResponseModel):
    """A rollup that was read."""

    datastream: str
    start: str
    count: int
    mean: float
    sum: float
    min: float
    max: float
    first: float
    last: float


class ExcludedReadings(ResponseModel):
    """Readings that are stored but in no figure."""

    reason: Literal["quality-bad", "not-a-number"]
    count: int


class CorrectionItem(ResponseModel):
    """A reading that was replaced."""

    datastream: str
    phenomenon_time: str
    was: Any
    was_quality: str | None
    is_now: Any
    now_quality: str | None
    replaced_at: str


class ReadingInputs(ResponseModel):
    """Of a thing: the rollups of its readings."""

    kind: Literal["readings"]
    datastreams: list[DatastreamNote]
    hidden: Annotated[int, Field(description="Datastreams that this reader may not see.")]
    granularity: Literal["1m", "1h", "1d"]
    start: str
    end: str
    items: list[BucketItem]
    excluded: Annotated[
        list[ExcludedReadings] | None, Field(description="Null: too many readings to look at one by one.")
    ]
    corrections: list[CorrectionItem]


class ThingFigure(FigureItem):
    """The figure of a thing in an area."""

    used: Annotated[bool, Field(description="Whether it has a value to combine.")]
    decisive: Annotated[bool, Field(description="Whether it is the one whose value the area has.")]


class ThingInputs(ResponseModel):
    """Of an area: the figures of its things."""

    kind: Literal["things"]
    partial: Annotated[bool, Field(description="Whether you do not see all of them.")]
    combine: Literal["max", "min", "mean", "sum", "ratio"] | None
    items: list[ThingFigure]


class CaseItem(ResponseModel):
    """A case, and whether it is counted."""

    provider: str
    id: Annotated[
        str, Field(description="Opaque id of the dossier or petition; of a rating or count, of its event.")
    ]
    agency: str
    agency_name: Annotated[str | None, Field(description="Null where none is known.")]
    agency_name_en: str | None
    area: str | None
    area_name: str | None
    area_name_en: str | None
    procedure: str | None
    procedure_name: str | None
    procedure_name_en: str | None
    received_at: str | None
    ended_at: str | None
    late_at: Annotated[str | None, Field(description="It is late when it ends after this.")]
    late_since: str | None
    weight: float
    in_numerator: Annotated[
        bool | None, Field(description="Null: the formula has none, or it is not said of single cases.")
    ]
    not_in_numerator: Annotated[
        Literal[
            "not-received",
            "received-later",
            "received-earlier",
            "ended-earlier",
            "ended-later",
            "not-ended",
            "ended",
            "on-time",
            "late",
            "condition",
        ]
        | None,
        Field(description="Why it is not in it."),
    ]
    in_denominator: bool | None
    not_in_denominator: str | None


class CaseInputs(ResponseModel):
    """Of public services: the cases that the period can count."""

    kind: Literal["cases"]
    case_kind: Literal["dossier", "petition", "rating", "usage"]
    partial: Annotated[
        bool,
        Field(description="Whether you see only some of them: the public sees none, others see their own."),
    ]
    items: list[CaseItem]


class ComponentItem(ResponseModel):
    """An indicator that a composite reads."""

    indicator: str
    names: Text | None
    value: float | None
    points: float | None
    maximum: float | None
    full_at: float | None
    normalised: Annotated[float | None, Field(description="Of a normalised index: the value on its scale.")]
    weight: float | None
    assumed: bool
    missing: bool
    hidden: Annotated[bool, Field(description="Whether it is not public, so that its value is not shown.")]


class ComponentInputs(ResponseModel):
    """Of a composite: the figures of other indicators."""

    kind: Literal["components"]
    items: list[ComponentItem]


class RevisionItem(ResponseModel):
    """What was known, from when until when."""

    revision: int
    value: float | None
    band: str | None
    numerator: float | None
    denominator: float | None
    sample_count: int
    completeness: float | None
    reason: Reason
    known_from: str
    superseded_at: str | None


class RestatementNote(ResponseModel):
    """A change after the close."""

    closed_value: float | None
    value: float | None
    revision: int
    reason: Reason
    at: str


class CloseNote(ResponseModel):
    """The close of the period."""

    period: str
    closed_at: str
    closed_by: Annotated[str | None, Field(description="Shown to operators only.")]
    note: str
    ordinal: Annotated[int | None, Field(description="Place in the close; null: there was no figure then.")]
    digest: str | None
    close_digest: str
    restatements: Annotated[list[RestatementNote], Field(description="Newest first, at most 200.")]


class ExplanationItem(ResponseModel):
    """Why a figure is what it is."""

    definition: ExplainedDefinition
    figure: FigureItem
    numerator: PartOfRatio | None
    denominator: PartOfRatio | None
    completeness: CompletenessNote
    details: Annotated[
        dict[str, Any], Field(description="What else the formula says: sub-indices, the deciding station.")
    ]
    inputs: Annotated[ReadingInputs | ThingInputs | CaseInputs | ComponentInputs, Field(discriminator="kind")]
    next: Annotated[str | None, Field(description="Address of the next page of inputs.")]
    next_corrections: Annotated[str | None, Field(description="Address of the next page of corrections.")]
    revisions: Annotated[list[RevisionItem], Field(description="Newest first, at most 200.")]
    more_revisions: bool
    close: CloseNote | None
