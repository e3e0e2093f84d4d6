"""What `/v1/data-health` takes and gives."""

from typing import Annotated, Any

from pydantic import Field

from fansipan_gateway.api.parameters import AreaCode, Parameters, ResponseModel, Search


class HealthParameters(Parameters):
    """Query parameters."""

    area: Annotated[
        AreaCode | None,
        Field(description="Official code of a commune, or of a province with all its communes."),
    ] = None
    provider: Annotated[Search | None, Field(description="Key of a provider.")] = None


class StreamCounts(ResponseModel):
    """Datastreams by state. Silent: for longer than three times what it states in `expectedIntervalSeconds`, else
    than the indicator of freshness says."""

    total: int
    reporting: int
    silent: int
    never: Annotated[int, Field(description="Registered, but nothing came yet.")]


class ProviderHealth(ResponseModel):
    """How the sensors of a provider report."""

    provider: str
    name: str
    things: int
    datastreams: StreamCounts
    last_observed_at: str | None
    longest_silence_seconds: int | None


class StreamName(ResponseModel):
    """A datastream."""

    id: int
    key: str
    name: str


class ThingName(ResponseModel):
    """The thing that carries the sensor."""

    id: int
    name: str
    area_code: str | None


class SilentStream(ResponseModel):
    """A datastream that is silent."""

    datastream: StreamName
    thing: ThingName
    provider: str
    last_observed_at: str
    silent_seconds: int
    silent_after_seconds: float


class HealthFigure(ResponseModel):
    """The newest figure of an indicator of data health for the area, or the province."""

    indicator: Annotated[str, Field(examples=["sensor-completeness"])]
    version: int
    names: dict[str, Any] | None
    subject: Annotated[str, Field(examples=["area:15"])]
    period: str
    start: str
    value: float | None
    band: str | None


class Health(ResponseModel):
    """How well the sensors report."""

    at: str
    things: int
    datastreams: StreamCounts
    providers: Annotated[list[ProviderHealth], Field(description="In the order of their keys.")]
    silent: Annotated[list[SilentStream], Field(description="The 50 that have been silent for longest.")]
    figures: Annotated[list[HealthFigure], Field(description="For operators; empty for others.")]
