"""Indicator definitions as the catalogue holds them: data, validated; nothing in them is ever executed."""

import itertools
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from fansipan_indicators.formulas import CaseFormula, CompositeFormula, Formula, SeriesFormula
from fansipan_indicators.periods import PeriodKind

IndicatorKey = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,62}$")]
SubjectKind = Literal[
    "province", "commune", "agency", "procedure", "thing", "agency-procedure", "area-procedure"
]
"""Whom a figure is about. Province and commune are both areas."""


class CatalogueModel(BaseModel):
    """A part of a document: camelCase names, nothing unknown."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, allow_inf_nan=False
    )


class Text(CatalogueModel):
    """A text in both languages."""

    vi: Annotated[str, Field(min_length=1, max_length=2000)]
    en: Annotated[str, Field(min_length=1, max_length=2000)]


class Unit(CatalogueModel):
    """What a value is counted in; `ucum` by the Unified Code for Units of Measure."""

    symbol: str
    ucum: str = "1"
    name: Text | None = None


class Citation(CatalogueModel):
    """Where a definition comes from."""

    title: Annotated[str, Field(min_length=1, max_length=500, examples=["Quyết định 766/QĐ-TTg"])]
    article: str | None = None
    issued: date | None = None
    in_force_from: date | None = None
    note: str | None = None


class Band(CatalogueModel):
    """A named range of values. All bands of a list give `upTo` (inclusive; the last none), or all `from` (inclusive;
    the first none), in rising order."""

    key: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
    name: Text
    colour: Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]
    up_to: float | None = None
    from_: Annotated[float | None, Field(alias="from")] = None


class Limit(CatalogueModel):
    """A value that the law or a plan sets: drawn in charts, compared with in `explain`."""

    value: float
    name: Text
    source: Citation | None = None


class Areas(CatalogueModel):
    """How the figures of things become that of a commune and of the province."""

    combine: Literal["max", "min", "mean", "sum", "ratio"]
    """`ratio` adds numerators and denominators; the others take the values."""


class Version(CatalogueModel):
    """What holds for periods that begin from `effectiveFrom` until `effectiveTo` (exclusive)."""

    version: Annotated[int, Field(ge=1, le=999)]
    effective_from: date
    effective_to: date | None = None
    periods: Annotated[list[PeriodKind], Field(min_length=1)]
    subjects: Annotated[list[SubjectKind], Field(min_length=1)]
    formula: Annotated[Formula, Field(discriminator="kind")]
    areas: Areas | None = None
    bands: list[Band] = Field(default_factory=list)
    limits: list[Limit] = Field(default_factory=list)
    sources: list[Citation] = Field(default_factory=list)
    disputed: list[Text] = Field(default_factory=list)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.effective_to is not None and self.effective_to <= self.effective_from:
            raise ValueError("effectiveTo must be after effectiveFrom")
        if len(set(self.periods)) != len(self.periods) or len(set(self.subjects)) != len(self.subjects):
            raise ValueError("periods and subjects are each given once")
        _check_bands(self.bands)
        areal = bool({"province", "commune"} & set(self.subjects))
        if isinstance(self.formula, SeriesFormula):
            if set(self.subjects) - {"thing", "commune", "province"}:
                raise ValueError("a formula over readings has the subjects thing, commune and province")
            if areal and self.areas is None:
                raise ValueError("say in areas.combine how the figures of things become that of an area")
            if areal and "thing" not in self.subjects:
                raise ValueError("figures of areas are made of those of things: add thing to subjects")
            self.formula.check_periods(self.periods)
        if isinstance(self.formula, CaseFormula):
            if "thing" in self.subjects:
                raise ValueError("a formula over cases has no things as subjects")
            if PeriodKind.HOUR in self.periods:
                raise ValueError("cases are counted by day, month, quarter and year")
        if self.areas is not None and not isinstance(self.formula, SeriesFormula):
            raise ValueError("areas.combine is for formulas over readings")
        return self


def _check_bands(bands: list[Band]) -> None:
    if not bands:
        return
    upper = [band.up_to for band in bands]
    lower = [band.from_ for band in bands]
    if all(value is None for value in lower):
        edges = upper[:-1]
        ends_open = upper[-1] is None
    elif all(value is None for value in upper):
        edges = lower[1:]
        ends_open = lower[0] is None
    else:
        raise ValueError("bands give either upTo or from, not both")
    rising = [edge for edge in edges if edge is not None]
    if not ends_open or len(rising) != len(edges) or any(a >= b for a, b in itertools.pairwise(rising)):
        raise ValueError("bands rise: upTo in all but the last, or from in all but the first")
    if len({band.key for band in bands}) != len(bands):
        raise ValueError("each band has its own key")


class Definition(CatalogueModel):
    """One indicator: `catalogue/indicators/**/<id>.yaml`."""

    id: IndicatorKey
    names: Text
    short_names: Text | None = None
    description: Text
    group: Literal[
        "environment",
        "floods",
        "traffic",
        "energy",
        "parking",
        "weather",
        "public-services",
        "e-government",
        "data-health",
    ]
    unit: Unit
    direction: Literal["higher-is-better", "lower-is-better", "none"] = "none"
    decimals: Annotated[int, Field(ge=0, le=6)] = 2
    public: bool = True
    refresh_seconds: Annotated[float, Field(ge=0, le=3600)] = 0
    """Least time between two evaluations; 0: as soon as something changes."""
    sources: list[Citation] = Field(default_factory=list)
    versions: Annotated[list[Version], Field(min_length=1, max_length=50)]

    @model_validator(mode="after")
    def _versions_differ(self) -> Self:
        if len({version.version for version in self.versions}) != len(self.versions):
            raise ValueError("each version has its own number")
        return self


def band_of(bands: list[Band], value: float | None) -> Band | None:
    """The band that holds a value; None without bands or value."""
    if not bands or value is None:
        return None
    if bands[0].from_ is None and (len(bands) == 1 or bands[-1].from_ is not None):
        return next((band for band in reversed(bands) if band.from_ is None or value >= band.from_), bands[0])
    return next(band for band in bands if band.up_to is None or value <= band.up_to)


__all__ = [
    "Areas",
    "Band",
    "CaseFormula",
    "Citation",
    "CompositeFormula",
    "Definition",
    "Limit",
    "SeriesFormula",
    "SubjectKind",
    "Text",
    "Unit",
    "Version",
    "band_of",
]
