"""Definitions of indicators, as answers."""

from typing import Annotated, Any, Literal

from pydantic import Field

from fansipan_gateway.api.parameters import ResponseModel
from fansipan_gateway.indicators.schemas.parameters import Group
from fansipan_indicators.definitions import Band, Citation, Limit, SubjectKind, Text, Unit
from fansipan_indicators.periods import PeriodKind


class VersionNote(ResponseModel):
    """A version, and when it holds: for periods that begin from `effectiveFrom` until `effectiveTo` (exclusive)."""

    version: Annotated[int, Field(examples=[2])]
    effective_from: Annotated[str, Field(examples=["2026-01-01"])]
    effective_to: str | None
    in_force: Annotated[bool, Field(description="Whether it holds for periods that begin today.")]
    judges_now: Annotated[
        bool, Field(description="Whether it is the one that is shown for them: the newest of those in force.")
    ]
    retired: Annotated[bool, Field(description="Whether the catalogue no longer has it.")]


class IndicatorSummary(ResponseModel):
    """An indicator by the version in force now, else the newest."""

    id: Annotated[str, Field(examples=["d766-2.1"])]
    names: Text
    short_names: Text | None
    description: Text
    group: Group
    unit: Unit
    direction: Annotated[
        Literal["higher-is-better", "lower-is-better", "none"], Field(description="Which values are good.")
    ]
    decimals: Annotated[int, Field(description="Digits to display; values are given unrounded.")]
    public: bool
    version: int
    versions: list[VersionNote]
    periods: list[PeriodKind]
    subjects: list[SubjectKind]
    bands: list[Band]
    limits: list[Limit]
    sources: Annotated[list[Citation], Field(description="The law it follows.")]


class IndicatorList(ResponseModel):
    """Indicators by id. There are some hundred at most: the list has one page."""

    items: list[IndicatorSummary]


class Assumption(ResponseModel):
    """A component whose points or threshold is assumed, because the source does not give it."""

    indicator: str
    maximum: float
    full_at: float | None


class IndicatorDetail(IndicatorSummary):
    """An indicator with everything that one version says."""

    refresh_seconds: float
    formula: Annotated[
        dict[str, Any], Field(description="As the catalogue writes it; `kind` says which formula it is.")
    ]
    in_words: Annotated[Text, Field(description="The formula as a sentence.")]
    areas: Annotated[
        dict[str, Any] | None, Field(description="How figures of things become that of an area.")
    ]
    disputed: Annotated[list[Text], Field(description="Where sources contradict each other.")]
    assumed: list[Assumption]
    digest: Annotated[str, Field(description="Changes whenever the text of the definition does.")]
    retired_at: str | None
    previous_version: int | None
    next_version: int | None
