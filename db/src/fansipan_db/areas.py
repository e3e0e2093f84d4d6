"""Load the administrative units of `catalogue/areas` into the database."""

import csv
import json
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.types.json import Jsonb

_MERGED_ON: Final = "2025-07-01"
"""The communes and the province are those in force since this day."""

_UPSERT: Final = """
INSERT INTO area (code, parent_code, name, name_en, full_name, full_name_en, unit_type, area_km2,
                  label_lon, label_lat, bbox, boundary, valid_from)
VALUES (%(code)s, %(parent_code)s, %(name)s, %(name_en)s, %(full_name)s, %(full_name_en)s, %(unit_type)s,
        %(area_km2)s, %(label_lon)s, %(label_lat)s, %(bbox)s, %(boundary)s, %(valid_from)s)
ON CONFLICT (code) DO UPDATE SET
    parent_code = excluded.parent_code, name = excluded.name, name_en = excluded.name_en,
    full_name = excluded.full_name, full_name_en = excluded.full_name_en, unit_type = excluded.unit_type,
    area_km2 = excluded.area_km2, label_lon = excluded.label_lon, label_lat = excluded.label_lat,
    bbox = excluded.bbox, boundary = excluded.boundary, valid_from = excluded.valid_from
"""

_SUCCEED: Final = """
INSERT INTO area_succession (old_code, new_code, old_name, old_district, old_province, relation, valid_until)
VALUES (%(old_commune_code)s, %(new_commune_code)s, %(old_commune)s, %(old_district)s, %(old_province)s, %(relation)s,
        %(valid_until)s)
ON CONFLICT (old_code, new_code, valid_until) DO UPDATE SET
    old_name = excluded.old_name, old_district = excluded.old_district, old_province = excluded.old_province,
    relation = excluded.relation
"""
_FORGET: Final = """
DELETE FROM area_succession s
 WHERE s.valid_until = %s
   AND NOT EXISTS (SELECT FROM unnest(%s::text[], %s::text[]) AS listed (old_code, new_code)
                    WHERE listed.old_code = s.old_code AND listed.new_code = s.new_code)
"""


def load_areas(url: str, catalogue: Path) -> int:
    """Insert or update the province, its communes, and the units before them; returns how many areas there are now.

    Areas come from GeoJSON, the mergers of `_MERGED_ON` from CSV: those that are no longer listed are deleted. The
    database places things by the boundaries itself. Loading the same again changes nothing.

    Raises:
        FileNotFoundError: the catalogue has no areas.
        ValueError: a feature lacks a code, a name or a boundary; a merger lacks a column.
        psycopg.Error: the database is away, or refuses what was read, such as a ring that is not closed.
    """
    folder = catalogue / "areas"
    labels = _labels(folder / "laocai-communes.csv")
    rows = [
        *_rows(folder / "laocai-province.geojson", labels, parent_code=None),
        *_rows(folder / "laocai-communes.geojson", labels, parent_code="15"),
    ]
    mergers = _mergers(folder / "laocai-old-to-new-communes.csv")
    olds, news = ([row[column] for row in mergers] for column in ("old_commune_code", "new_commune_code"))
    with psycopg.connect(url, connect_timeout=10) as connection, connection.cursor() as cursor:
        cursor.executemany(_UPSERT, rows)
        cursor.executemany(_SUCCEED, mergers)
        cursor.execute(_FORGET, (_MERGED_ON, olds, news))
    return len(rows)


def _labels(path: Path) -> dict[str, tuple[float, float]]:
    """Longitude and latitude of a point inside each commune."""
    with path.open(encoding="utf-8", newline="") as file:
        return {
            row["code"]: (float(row["label_lon"]), float(row["label_lat"])) for row in csv.DictReader(file)
        }


def _mergers(path: Path) -> list[dict[str, str]]:
    """Each former commune with the unit its ground went into."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [{**row, "valid_until": _MERGED_ON} for row in csv.DictReader(file)]
    wanted = {
        "old_commune_code",
        "new_commune_code",
        "old_commune",
        "old_district",
        "old_province",
        "relation",
    }
    for number, row in enumerate(rows, start=2):
        missing = sorted(column for column in wanted if not row.get(column))
        if missing:
            raise ValueError(f"{path.name}, line {number}: nothing in {', '.join(missing)}")
    return rows


def _rows(
    path: Path, labels: dict[str, tuple[float, float]], *, parent_code: str | None
) -> list[dict[str, Any]]:
    collection = json.loads(path.read_text(encoding="utf-8"))
    return [_row(feature, labels, parent_code, path) for feature in collection["features"]]


def _row(
    feature: dict[str, Any], labels: dict[str, tuple[float, float]], parent_code: str | None, path: Path
) -> dict[str, Any]:
    properties = feature["properties"]
    try:
        code, name, geometry = str(properties["code"]), properties["name"], feature["geometry"]
        longitudes, latitudes = zip(*_positions(geometry["coordinates"]), strict=True)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path.name}: a feature has no usable code, name or boundary: {error}") from error
    middle = ((min(longitudes) + max(longitudes)) / 2, (min(latitudes) + max(latitudes)) / 2)
    label = labels.get(code, middle)
    bbox = [min(longitudes), min(latitudes), max(longitudes), max(latitudes)]
    return {
        "code": code,
        "parent_code": parent_code,
        "name": name,
        "name_en": properties.get("name_en", name),
        "full_name": properties.get("full_name", name),
        "full_name_en": properties.get("full_name_en", name),
        "unit_type": properties.get("unit_type", "tỉnh"),
        "area_km2": properties.get("area_km2"),
        "label_lon": label[0],
        "label_lat": label[1],
        "bbox": bbox,
        "boundary": Jsonb(geometry),
        "valid_from": _MERGED_ON,
    }


def _positions(coordinates: Any) -> list[tuple[float, float]]:
    if isinstance(coordinates[0], int | float):
        return [(coordinates[0], coordinates[1])]
    return [position for part in coordinates for position in _positions(part)]
