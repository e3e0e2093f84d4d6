"""The commune of a point is the one that shapely says."""

import csv
import itertools
import random
from collections import defaultdict
from collections.abc import Generator, Sequence
from decimal import Decimal
from typing import Any

import psycopg
import pytest
import shapely
from shapely.geometry import mapping, shape
from tests.support.areas import (
    CAM_DUONG,
    CATALOGUE,
    HERE,
    PROVINCE,
    Connection,
    add_area,
    read_communes,
    square,
)

Point = tuple[float, float] | tuple[Decimal, Decimal]


@pytest.fixture
def connection(database_url: str) -> Generator[Connection]:
    """A transaction that is rolled back."""
    with psycopg.connect(database_url) as connection:
        yield connection
        connection.rollback()


@pytest.fixture(scope="module")
def communes() -> dict[str, Any]:
    return read_communes()


class Cover:
    """Asks shapely: the lowest code of the polygons that hold a point, their borders included."""

    def __init__(self, geometries: dict[str, Any]) -> None:
        self._codes = sorted(geometries)
        self._tree = shapely.STRtree([shape(geometries[code]) for code in self._codes])

    def of(self, points: Sequence[Point]) -> list[str | None]:
        found: list[str | None] = [None] * len(points)
        places = shapely.points([(float(x), float(y)) for x, y in points])
        for point, polygon in sorted(zip(*self._tree.query(places, predicate="intersects"), strict=True)):
            found[point] = found[point] or self._codes[polygon]
        return found


def areas_at(connection: Connection, points: Sequence[Point]) -> list[str | None]:
    """What the database says, in the order of the points."""
    rows = connection.execute(
        "SELECT area_at(x, y) FROM unnest(%s::numeric[], %s::numeric[]) WITH ORDINALITY AS p (x, y, n) ORDER BY n",
        ([Decimal(str(x)) for x, _ in points], [Decimal(str(y)) for _, y in points]),
    )
    return [row[0] for row in rows]


def test_ten_thousand_points_are_where_shapely_says(connection: Connection, communes: dict[str, Any]):
    west, south, east, north = shapely.total_bounds([shape(one) for one in communes.values()])
    chance = random.Random(20250701)
    points = [(chance.uniform(west, east), chance.uniform(south, north)) for _ in range(10_000)]
    expected = Cover(communes).of(points)
    assert areas_at(connection, points) == expected
    assert {None, *communes} == set(expected)  # each commune was hit, and the ground outside


def test_a_point_on_a_border_is_in_one_commune_the_one_of_the_lowest_code(
    connection: Connection, communes: dict[str, Any]
):
    vertices: dict[tuple[Decimal, Decimal], set[str]] = defaultdict(set)
    middles: dict[tuple[Decimal, Decimal], set[str]] = defaultdict(set)
    for code, geometry in communes.items():
        for ring in geometry["coordinates"]:
            for (x1, y1), (x2, y2) in itertools.pairwise(ring):
                vertices[x1, y1].add(code)
                middles[(x1 + x2) / 2, (y1 + y2) / 2].add(code)
    chance = random.Random(99)
    for places in (vertices, middles):
        shared = [place for place, codes in places.items() if len(codes) > 1]
        at_the_edge = [place for place, codes in places.items() if len(codes) == 1]
        assert len(shared) > 10_000
        some = chance.sample(shared, 3_000) + chance.sample(at_the_edge, 500)
        assert areas_at(connection, some) == [min(places[place]) for place in some]


def test_each_commune_holds_its_label(connection: Connection):
    with (CATALOGUE / "areas" / "laocai-communes.csv").open(encoding="utf-8", newline="") as file:
        labels = {
            row["code"]: (Decimal(row["label_lon"]), Decimal(row["label_lat"]))
            for row in csv.DictReader(file)
        }
    assert areas_at(connection, list(labels.values())) == list(labels)


def test_holes_and_parts(connection: Connection):
    add_area(connection, PROVINCE, {"type": "Polygon", "coordinates": [square(0, 0, 20)]}, parent=None)
    ring = {"type": "Polygon", "coordinates": [square(0, 0, 9), square(3, 3, 3)]}
    filling = {"type": "Polygon", "coordinates": [square(3, 3, 3)]}
    islands = {
        "type": "MultiPolygon",
        "coordinates": [[square(10, 0, 2)], [square(14, 0, 4), square(15, 1, 1)]],
    }
    for code, boundary in (("97002", ring), ("97001", filling), ("97003", islands)):
        add_area(connection, code, boundary)
    expected = {
        (1, 1): "97002",
        (1, 4): "97002",  # level with the hole, west of it
        (8, 3): "97002",  # level with corners
        (4, 4): "97001",  # in the hole, which the other one fills
        (3, 4): "97001",  # on the border of both: the lowest code
        (6, 6): "97001",
        (0, 9): "97002",  # a corner outside
        (9, 9.000_000_000_1): None,
        (11, 1): "97003",
        (13, 1): None,  # between the parts
        (14.5, 1): "97003",
        (15.5, 1.5): None,  # in a hole that nobody fills
        (15, 1.5): "97003",  # its border belongs to the commune
        (19, 19): None,  # in the province, in no commune
    }
    assert dict(zip(expected, areas_at(connection, list(expected)), strict=True)) == expected


def test_any_shape_is_read_as_shapely_reads_it(connection: Connection):
    """Boxes and triangles put together and cut out, in whole numbers: at those shapely is exact on borders, too."""
    chance = random.Random(7)
    add_area(connection, PROVINCE, {"type": "Polygon", "coordinates": [square(0, 0, 20)]}, parent=None)
    grid = [(float(x), float(y)) for x in range(-1, 14) for y in range(-1, 14)]
    holes = parts = 0
    for number in range(60):
        whole: Any = shapely.box(0, 0, 0, 0)
        for _ in range(chance.randint(1, 8)):
            west, south = chance.randint(0, 9), chance.randint(0, 9)
            piece = shapely.box(west, south, west + chance.randint(1, 4), south + chance.randint(1, 4))
            if chance.random() < 0.3:
                piece = shapely.box(west, south, west + 4, south + 4).difference(
                    shapely.Polygon([(west + 1, south + 1), (west + 3, south + 1), (west + 2, south + 3)])
                )
            whole = whole.union(piece) if chance.random() < 0.7 else whole.difference(piece)
        whole = shapely.set_precision(whole, 1.0)
        if whole.is_empty or whole.area == 0:
            continue
        polygons = [one for one in shapely.get_parts(whole) if one.geom_type == "Polygon"]
        parts += len(polygons) > 1
        holes += any(len(one.interiors) > 0 for one in polygons)
        boundary = mapping(shapely.MultiPolygon(polygons))
        add_area(connection, f"97{number:03}", boundary)
        assert areas_at(connection, grid) == Cover({f"97{number:03}": boundary}).of(grid), whole.wkt
        connection.execute("DELETE FROM area WHERE code = %s", (f"97{number:03}",))
    assert holes > 10
    assert parts > 10


@pytest.mark.parametrize(
    "boundary",
    [
        {"type": "Point", "coordinates": [1, 1]},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]},
        {"type": "Polygon", "coordinates": [square(0, 0, 9), [[1, 1], [2, 1], [1, 1]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1], [1, 1], [0, 0]]]},
    ],
)
def test_a_boundary_that_cannot_be_read_is_refused(connection: Connection, boundary: Any):
    add_area(connection, PROVINCE, {"type": "Polygon", "coordinates": [square(0, 0, 20)]}, parent=None)
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="boundary of area 97001"):
        add_area(connection, "97001", boundary)


def test_only_communes_in_force_hold_points(connection: Connection):
    connection.execute("UPDATE area SET valid_to = '2026-01-01' WHERE code = %s", (CAM_DUONG,))
    assert areas_at(connection, [HERE]) == [None]
    connection.execute("UPDATE area SET valid_to = '2999-01-01' WHERE code = %s", (CAM_DUONG,))
    assert areas_at(connection, [HERE]) == [CAM_DUONG]
    connection.execute("UPDATE area SET valid_from = '2998-01-01' WHERE code = %s", (CAM_DUONG,))
    assert areas_at(connection, [HERE]) == [None]
