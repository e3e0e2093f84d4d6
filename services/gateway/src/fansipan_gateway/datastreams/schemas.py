"""What `/v1/datastreams` takes and gives."""

from typing import Annotated, Any, Literal

from pydantic import Field

from fansipan_gateway.api.parameters import (
    AreaCode,
    Cursor,
    Limit,
    Parameters,
    Reference,
    ResponseModel,
    Search,
)


class DatastreamParameters(Parameters):
    """Query parameters."""

    thing: Annotated[
        Reference | None, Field(description="Id of a thing, or its key `<provider>/<thing>`.")
    ] = None
    observed_property: Annotated[
        Reference | None, Field(description="Key or id of an observed property, for example `pm25`.")
    ] = None
    area: Annotated[
        AreaCode | None,
        Field(description="Official code of a commune, or of a province with all its communes."),
    ] = None
    q: Annotated[
        Search | None,
        Field(
            description="Text in a name (datastream, thing, observed property), description or key; small letters"
            " without marks find all."
        ),
    ] = None
    limit: Limit = 1_000
    cursor: Cursor | None = None


class Unit(ResponseModel):
    """Unit of measurement."""

    name: Annotated[str | None, Field(examples=["microgram per cubic metre"])]
    symbol: Annotated[str | None, Field(examples=["µg/m³"])]
    definition: Annotated[str | None, Field(examples=["ucum:ug/m3"])]


class ObservedProperty(ResponseModel):
    """What is observed."""

    id: int
    key: Annotated[str, Field(examples=["pm25"])]
    name: Annotated[str, Field(examples=["PM2.5"])]
    definition: str
    description: str


class DatastreamThing(ResponseModel):
    """The thing that carries the sensor."""

    id: int
    key: Annotated[str, Field(examples=["demo/station-1"])]
    name: str
    properties: dict[str, Any]
    area_code: Annotated[str | None, Field(examples=["02671"])]
    longitude: Annotated[float | None, Field(examples=[104.0097])]
    latitude: Annotated[float | None, Field(examples=[22.4276])]


class LatestValue(ResponseModel):
    """The observation with the latest phenomenon time."""

    phenomenon_time: Annotated[str, Field(examples=["2026-07-01T00:00:00.000Z"])]
    result: Annotated[Any, Field(examples=[23.4])]
    result_quality: Literal["good", "suspect", "bad"] | None


class Datastream(ResponseModel):
    """One observed property of one thing."""

    id: Annotated[int, Field(examples=[42])]
    key: Annotated[str, Field(examples=["demo/station-1/pm25"])]
    name: str
    description: str
    properties: dict[str, Any]
    observation_type: str
    unit_of_measurement: Unit
    observed_property: ObservedProperty
    thing: DatastreamThing
    expected_interval_seconds: Annotated[
        float | None,
        Field(description="Time between two readings, when its properties state it.", examples=[600]),
    ]
    last_observed_at: Annotated[str | None, Field(examples=["2026-07-01T00:00:00.000Z"])]
    latest: LatestValue | None


class DatastreamList(ResponseModel):
    """One page, in the order of ids."""

    items: list[Datastream]
    next: Annotated[str | None, Field(description="Address of the next page; null on the last.")]
