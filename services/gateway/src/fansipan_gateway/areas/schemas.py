"""What `/v1/areas` takes and gives."""

import re
from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field

from fansipan_gateway.api.parameters import AreaCode, Parameters, ResponseModel

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _only_a_day(value: object) -> object:
    """Refuses what would be read as a number of seconds or as a time of a day."""
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise ValueError("a day is written YYYY-MM-DD")
    return value


class AreaParameters(Parameters):
    """Query parameters."""

    parent: Annotated[
        AreaCode | None,
        Field(description="Code of a province of today; without it, the communes of all.", examples=["15"]),
    ] = None
    geometry: Annotated[bool, Field(description="Whether boundaries are wanted.")] = True
    at: Annotated[
        date | None,
        BeforeValidator(_only_a_day),
        Field(
            description="The communes of that day in Việt Nam. Before 2025-07-01 those that were merged on it, without "
            "boundaries, each with the unit it went into; earlier changes are not known. Default: today.",
            examples=["2025-06-30"],
        ),
    ] = None


class PointParameters(Parameters):
    """Query parameters of a point."""

    lon: Annotated[
        float, Field(ge=-180, le=180, description="Longitude, degrees, WGS 84.", examples=[104.01])
    ]
    lat: Annotated[float, Field(ge=-90, le=90, description="Latitude, degrees, WGS 84.", examples=[22.42])]
    geometry: Annotated[bool, Field(description="Whether the boundary is wanted.")] = False


class Predecessor(ResponseModel):
    """A former unit whose ground lies in a commune."""

    code: Annotated[str, Field(examples=["02658"], description="Its code, which may be used again since.")]
    name: Annotated[str, Field(examples=["Phường Nam Cường"])]
    district: Annotated[str, Field(examples=["Thành phố Lào Cai"])]
    province: Annotated[str, Field(examples=["Tỉnh Lào Cai"])]
    relation: Annotated[Literal["whole", "part"], Field(description="How much of its ground.")]
    valid_until: Annotated[date, Field(description="The day on which it had ceased to be.")]


class Successor(ResponseModel):
    """A commune in which ground of a former unit lies now."""

    code: Annotated[str, Field(examples=["02671"])]
    name: Annotated[str, Field(examples=["Phường Cam Đường"])]
    relation: Annotated[Literal["whole", "part"], Field(description="How much of the former unit's ground.")]


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
    predecessors: Annotated[list[Predecessor], Field(description="The units it was made of.")]


class AreaFeature(ResponseModel):
    """A commune as a GeoJSON feature (RFC 7946)."""

    type: Literal["Feature"]
    id: Annotated[str, Field(examples=["02671"])]
    bbox: Annotated[list[float], Field(examples=[[103.956, 22.375, 104.064, 22.481]])]
    properties: AreaProperties
    geometry: Annotated[dict[str, Any] | None, Field(description="Polygon or MultiPolygon, WGS 84.")]


class FormerAreaProperties(ResponseModel):
    """What is known of a unit that was merged."""

    code: Annotated[
        str, Field(examples=["02635"], description="Its official code, which may be used again since.")
    ]
    name: Annotated[str, Field(examples=["Duyên Hải"])]
    full_name: Annotated[str, Field(examples=["Phường Duyên Hải"])]
    unit_type: Annotated[str | None, Field(examples=["phường"])]
    district: Annotated[str, Field(examples=["Thành phố Lào Cai"])]
    province: Annotated[str, Field(examples=["Tỉnh Lào Cai"], description="The province it was in.")]
    valid_until: Annotated[date, Field(examples=["2025-07-01"], description="The first day without it.")]
    successors: Annotated[list[Successor], Field(description="The units in which its ground lies since.")]


class FormerAreaFeature(ResponseModel):
    """A unit that was merged, as a GeoJSON feature without a place (RFC 7946 §3.2): its boundary is not known."""

    type: Literal["Feature"]
    id: Annotated[str, Field(examples=["02635"])]
    properties: FormerAreaProperties
    geometry: None


class AreaCollection(ResponseModel):
    """A GeoJSON FeatureCollection (RFC 7946), by code."""

    type: Literal["FeatureCollection"]
    features: list[AreaFeature | FormerAreaFeature]
