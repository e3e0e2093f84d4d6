"""What `/v1/areas` takes and gives."""

from typing import Annotated, Any, Literal

from pydantic import Field

from fansipan_gateway.api.parameters import AreaCode, Parameters, ResponseModel


class AreaParameters(Parameters):
    """Query parameters."""

    parent: Annotated[
        AreaCode | None,
        Field(description="Code of a province; without it, the communes of all.", examples=["15"]),
    ] = None
    geometry: Annotated[bool, Field(description="Whether boundaries are wanted.")] = True


class AreaProperties(ResponseModel):
    """Names and numbers of a commune."""

    code: Annotated[str, Field(examples=["02671"], description="Official code.")]
    name: Annotated[str, Field(examples=["Cam Đường"])]
    name_en: Annotated[str, Field(examples=["Cam Duong"])]
    full_name: Annotated[str, Field(examples=["Phường Cam Đường"])]
    full_name_en: Annotated[str, Field(examples=["Cam Duong Ward"])]
    unit_type: Annotated[str, Field(examples=["phường"])]
    area_km2: Annotated[float | None, Field(alias="areaKm2", examples=[59.9])]
    parent_code: Annotated[str, Field(examples=["15"])]
    label: Annotated[
        list[float],
        Field(examples=[[104.0097, 22.4276]], description="Longitude and latitude of a point inside."),
    ]


class AreaFeature(ResponseModel):
    """A commune as a GeoJSON feature (RFC 7946)."""

    type: Literal["Feature"]
    id: Annotated[str, Field(examples=["02671"])]
    bbox: Annotated[list[float], Field(examples=[[103.956, 22.375, 104.064, 22.481]])]
    properties: AreaProperties
    geometry: Annotated[dict[str, Any] | None, Field(description="Polygon or MultiPolygon, WGS 84.")]


class AreaCollection(ResponseModel):
    """A GeoJSON FeatureCollection (RFC 7946), by code."""

    type: Literal["FeatureCollection"]
    features: list[AreaFeature]
