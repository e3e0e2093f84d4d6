"""What `/v1/things` takes and gives."""

from typing import Annotated, Any

from pydantic import Field

from fansipan_gateway.api.parameters import AreaCode, Cursor, Limit, Parameters, ResponseModel, Search


class ThingParameters(Parameters):
    """Query parameters."""

    area: Annotated[
        AreaCode | None,
        Field(description="Official code of a commune, or of a province with all its communes."),
    ] = None
    q: Annotated[
        Search | None,
        Field(description="Text in the name, description or key; small letters without marks find all."),
    ] = None
    limit: Limit = 1_000
    cursor: Cursor | None = None


class Thing(ResponseModel):
    """What carries sensors."""

    id: Annotated[int, Field(examples=[17])]
    key: Annotated[str, Field(examples=["demo/station-1"], description="`<provider>/<thing>`.")]
    name: Annotated[str, Field(examples=["Trạm Cam Đường"])]
    description: str
    properties: dict[str, Any]
    area_code: Annotated[str | None, Field(examples=["02671"])]
    longitude: Annotated[float | None, Field(examples=[104.0097], description="WGS 84.")]
    latitude: Annotated[float | None, Field(examples=[22.4276], description="WGS 84.")]
    datastream_count: int
    last_observed_at: Annotated[
        str | None,
        Field(
            description="Newest phenomenon time of its datastreams.", examples=["2026-07-01T00:00:00.000Z"]
        ),
    ]


class ThingList(ResponseModel):
    """One page, in the order of ids."""

    items: list[Thing]
    next: Annotated[str | None, Field(description="Address of the next page; null on the last.")]
