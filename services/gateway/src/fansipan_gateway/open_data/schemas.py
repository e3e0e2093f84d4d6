"""What open data takes and gives."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from fansipan_gateway.api.parameters import Parameters, ResponseModel
from fansipan_gateway.indicators.schemas.figures import BandItem, SubjectItem
from fansipan_gateway.open_data.domain.negotiation import CatalogueForm
from fansipan_indicators.definitions import Band, Citation, Text, Unit
from fansipan_indicators.periods import PeriodKind


class CatalogueParameters(Parameters):
    """Query parameters of the catalogue."""

    form: Annotated[
        CatalogueForm | None,
        Field(alias="format", description="For browsers. Default: by the Accept header, else JSON-LD."),
    ] = None


class NoParameters(Parameters):
    """No query parameter is known."""


class CatalogueDocument(ResponseModel):
    """A `dcat:Catalog` as JSON-LD."""

    model_config = ConfigDict(extra="allow")

    context: Annotated[dict[str, str], Field(alias="@context")]
    id: Annotated[str, Field(alias="@id")]
    type: Annotated[Literal["dcat:Catalog"], Field(alias="@type")]
    dataset: Annotated[list[dict[str, Any]], Field(alias="dcat:dataset")]


class LatestFigure(ResponseModel):
    """The province's newest figure."""

    period: Annotated[str, Field(examples=["2026-11"])]
    start: str
    end: Annotated[str, Field(description="Exclusive.")]
    value: Annotated[float | None, Field(description="Unrounded; null: see `missing`.")]
    band: BandItem | None
    sample_count: int
    completeness: float | None
    missing: str | None
    provisional: Annotated[bool, Field(description="Whether the period still runs.")]
    closed: bool
    known_from: str | None
    previous: Annotated[float | None, Field(description="Value of the period just before.")]
    change: float | None


class Links(ResponseModel):
    """Where to have more."""

    downloads: Annotated[
        dict[str, str],
        Field(
            description="By format.",
            examples=[{"csv": "https://…/v1/indicators/d766-total/export?format=csv&period=month"}],
        ),
    ]
    values: Annotated[str, Field(description="The province's figures over time, as JSON.")]
    definition: Annotated[str, Field(description="Everything about the indicator, as JSON.")]


class OpenIndicator(ResponseModel):
    """A public indicator."""

    id: Annotated[str, Field(examples=["d766-total"])]
    names: Text
    short_names: Text | None
    description: Text
    group: str
    unit: Unit
    decimals: Annotated[int, Field(description="Digits to display; values are given unrounded.")]
    direction: Literal["higher-is-better", "lower-is-better", "none"]
    version: int
    periods: list[PeriodKind]
    bands: list[Band]
    sources: Annotated[list[Citation], Field(description="The law it follows.")]
    latest: Annotated[LatestFigure | None, Field(description="Null: the province has no recent figure.")]
    links: Links


class OpenIndicatorList(ResponseModel):
    """All public indicators, by group and id."""

    licence: Annotated[str, Field(description="URI.")]
    publisher: str
    province: SubjectItem
    items: list[OpenIndicator]
