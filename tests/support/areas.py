"""Areas of the catalogue, and such as tests make up."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

CATALOGUE = Path(__file__).parents[2] / "catalogue"
PROVINCE = "97"  # of the areas that tests make up
HERE, OUTSIDE = (104.01, 22.42), (100.0, 10.0)
CAM_DUONG, LAO_CAI = "02671", "02647"

Connection = psycopg.Connection[tuple[Any, ...]]


def read_communes() -> dict[str, Any]:
    """Code → GeoJSON geometry, numbers as written."""
    text = (CATALOGUE / "areas" / "laocai-communes.geojson").read_text(encoding="utf-8")
    features = json.loads(text, parse_float=Decimal)["features"]
    return {feature["properties"]["code"]: feature["geometry"] for feature in features}


def add_area(connection: Connection, code: str, boundary: Any, parent: str | None = PROVINCE) -> None:
    """A commune with a boundary (GeoJSON), in force since July 2025."""
    connection.execute(
        "INSERT INTO area (code, parent_code, name, name_en, full_name, full_name_en, unit_type, label_lon, label_lat,"
        " bbox, boundary, valid_from) VALUES (%s, %s, 'x', 'x', 'x', 'x', 'xã', 0, 0, '{0,0,0,0}', %s, '2025-07-01')",
        (code, parent, Jsonb(boundary)),
    )


def square(west: float, south: float, size: float) -> list[list[float]]:
    """A closed ring of degrees."""
    east, north = west + size, south + size
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]
