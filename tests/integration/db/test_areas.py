"""The commune of a point is the one that shapely says, and things without a stated commune are placed in it."""

import csv
import itertools
import json
import random
import threading
import time
from collections import defaultdict
from collections.abc import Generator, Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest
import shapely
from psycopg import sql
from psycopg.types.json import Jsonb
from shapely.geometry import mapping, shape
from tests.conftest import Addresses

from fansipan_db import load_areas, migrate

CATALOGUE = Path(__file__).parents[3] / "catalogue"
HERE, THERE, OUTSIDE = (104.01, 22.42), (104.02, 22.5), (100.0, 10.0)
CAM_DUONG, LAO_CAI = "02671", "02647"
PROVINCE = "97"  # of the areas that tests make up

Connection = psycopg.Connection[tuple[Any, ...]]
Point = tuple[float, float] | tuple[Decimal, Decimal]


@pytest.fixture
def connection(database_url: str) -> Generator[Connection]:
    """A transaction that is rolled back."""
    with psycopg.connect(database_url) as connection:
        yield connection
        connection.rollback()


@pytest.fixture(scope="module")
def communes() -> dict[str, Any]:
    """Code → GeoJSON geometry, numbers as written."""
    text = (CATALOGUE / "areas" / "laocai-communes.geojson").read_text(encoding="utf-8")
    features = json.loads(text, parse_float=Decimal)["features"]
    return {feature["properties"]["code"]: feature["geometry"] for feature in features}


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


# ---------------------------------------------------------------- the commune of a point


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


def _add_area(connection: Connection, code: str, boundary: Any, parent: str | None = PROVINCE) -> None:
    connection.execute(
        "INSERT INTO area (code, parent_code, name, name_en, full_name, full_name_en, unit_type, label_lon, label_lat,"
        " bbox, boundary, valid_from) VALUES (%s, %s, 'x', 'x', 'x', 'x', 'xã', 0, 0, '{0,0,0,0}', %s, '2025-07-01')",
        (code, parent, Jsonb(boundary)),
    )


def _square(west: float, south: float, size: float) -> list[list[float]]:
    east, north = west + size, south + size
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def test_holes_and_parts(connection: Connection):
    _add_area(connection, PROVINCE, {"type": "Polygon", "coordinates": [_square(0, 0, 20)]}, parent=None)
    ring = {"type": "Polygon", "coordinates": [_square(0, 0, 9), _square(3, 3, 3)]}
    filling = {"type": "Polygon", "coordinates": [_square(3, 3, 3)]}
    islands = {
        "type": "MultiPolygon",
        "coordinates": [[_square(10, 0, 2)], [_square(14, 0, 4), _square(15, 1, 1)]],
    }
    for code, boundary in (("97002", ring), ("97001", filling), ("97003", islands)):
        _add_area(connection, code, boundary)
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
    _add_area(connection, PROVINCE, {"type": "Polygon", "coordinates": [_square(0, 0, 20)]}, parent=None)
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
        _add_area(connection, f"97{number:03}", boundary)
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
        {"type": "Polygon", "coordinates": [_square(0, 0, 9), [[1, 1], [2, 1], [1, 1]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1], [1, 1], [0, 0]]]},
    ],
)
def test_a_boundary_that_cannot_be_read_is_refused(connection: Connection, boundary: Any):
    _add_area(connection, PROVINCE, {"type": "Polygon", "coordinates": [_square(0, 0, 20)]}, parent=None)
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="boundary of area 97001"):
        _add_area(connection, "97001", boundary)


def test_only_communes_in_force_hold_points(connection: Connection):
    connection.execute("UPDATE area SET valid_to = '2026-01-01' WHERE code = %s", (CAM_DUONG,))
    assert areas_at(connection, [HERE]) == [None]
    connection.execute("UPDATE area SET valid_to = '2999-01-01' WHERE code = %s", (CAM_DUONG,))
    assert areas_at(connection, [HERE]) == [CAM_DUONG]
    connection.execute("UPDATE area SET valid_from = '2998-01-01' WHERE code = %s", (CAM_DUONG,))
    assert areas_at(connection, [HERE]) == [None]


# ---------------------------------------------------------------- things


class Entities:
    """Makes entities; each method is one statement of a writer."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.provider = self._id("INSERT INTO provider (key, name) VALUES ('areas', 'x') RETURNING id")

    def _id(self, query: Any, *arguments: Any) -> int:
        row = self._connection.execute(query, arguments).fetchone()
        assert row is not None
        return row[0]

    def thing(self, key: str = "t", area: str | None = None) -> int:
        return self._id(
            "INSERT INTO thing (provider_id, key, name, area_code) VALUES (%s, %s, 'x', %s)"
            " ON CONFLICT (provider_id, key) DO UPDATE SET area_code = excluded.area_code RETURNING id",
            self.provider,
            key,
            area,
        )

    def location(self, point: Iterable[float]) -> int:
        return self._id("INSERT INTO location (name, location) VALUES ('x', %s) RETURNING id", _point(point))

    def move(self, location: int, point: Iterable[float]) -> None:
        self._connection.execute("UPDATE location SET location = %s WHERE id = %s", (_point(point), location))

    def link(self, thing: int, location: int) -> None:
        self._connection.execute("INSERT INTO thing_location VALUES (%s, %s)", (thing, location))

    def placed(self, thing: int) -> tuple[str | None, str | None]:
        row = self._connection.execute(
            "SELECT area_code, area_source FROM thing WHERE id = %s", (thing,)
        ).fetchone()
        assert row is not None
        return row[0], row[1]


def _point(point: Iterable[float]) -> Jsonb:
    return Jsonb({"type": "Point", "coordinates": list(point)})


@pytest.fixture
def entities(connection: Connection) -> Entities:
    """In the transaction of the test."""
    return Entities(connection)


NOWHERE, BY_PLACE = (None, None), (CAM_DUONG, "located")


def test_a_thing_is_placed_whatever_comes_first(entities: Entities):
    thing, location = entities.thing("a"), entities.location(HERE)
    assert entities.placed(thing) == NOWHERE
    entities.link(thing, location)
    assert entities.placed(thing) == BY_PLACE

    location, thing = entities.location(HERE), entities.thing("b")
    entities.link(thing, location)
    assert entities.placed(thing) == BY_PLACE

    thing, location = entities.thing("c"), entities.location(OUTSIDE)
    entities.link(thing, location)
    assert entities.placed(thing) == NOWHERE
    entities.move(location, HERE)
    assert entities.placed(thing) == BY_PLACE


def test_a_thing_is_placed_when_its_commune_comes_last_and_follows_the_boundary(
    connection: Connection, entities: Entities
):
    inside, beside = entities.thing("inside"), entities.thing("beside")
    entities.link(inside, entities.location((1, 1)))
    entities.link(beside, entities.location((5, 1)))
    _add_area(connection, PROVINCE, {"type": "Polygon", "coordinates": [_square(0, 0, 20)]}, parent=None)
    _add_area(connection, "97001", {"type": "Polygon", "coordinates": [_square(0, 0, 3)]})
    assert (entities.placed(inside), entities.placed(beside)) == (("97001", "located"), NOWHERE)
    boundary = Jsonb({"type": "Polygon", "coordinates": [_square(4, 0, 3)]})
    connection.execute("UPDATE area SET boundary = %s WHERE code = '97001'", (boundary,))
    assert (entities.placed(inside), entities.placed(beside)) == (NOWHERE, ("97001", "located"))
    connection.execute("UPDATE area SET valid_to = '2026-01-01' WHERE code = '97001'")
    assert entities.placed(beside) == NOWHERE


def test_a_located_area_follows_the_location(connection: Connection, entities: Entities):
    thing, first, second = entities.thing(), entities.location(HERE), entities.location(THERE)
    entities.link(thing, second)
    assert entities.placed(thing) == (LAO_CAI, "located")
    entities.link(thing, first)  # the lowest id decides, as for where the gateway shows it
    assert entities.placed(thing) == BY_PLACE
    entities.move(first, THERE)
    assert entities.placed(thing) == (LAO_CAI, "located")
    entities.move(second, HERE)
    assert entities.placed(thing) == (LAO_CAI, "located")
    connection.execute("DELETE FROM thing_location WHERE location_id = %s", (first,))
    assert entities.placed(thing) == BY_PLACE
    connection.execute("UPDATE thing_location SET location_id = %s WHERE location_id = %s", (first, second))
    assert entities.placed(thing) == (LAO_CAI, "located")
    other = entities.thing("other")
    connection.execute("UPDATE thing_location SET thing_id = %s WHERE thing_id = %s", (other, thing))
    assert (entities.placed(thing), entities.placed(other)) == (NOWHERE, (LAO_CAI, "located"))
    connection.execute("DELETE FROM location WHERE id = %s", (first,))
    assert entities.placed(other) == NOWHERE


@pytest.mark.parametrize(
    "place",
    [
        {
            "type": "Polygon",
            "coordinates": [[[104.01, 22.42], [104.02, 22.42], [104.02, 22.43], [104.01, 22.42]]],
        },
        {"type": "Point", "coordinates": [104.01]},
        {"type": "Point"},
        {},
    ],
)
def test_what_is_no_point_places_nothing(connection: Connection, entities: Entities, place: dict[str, Any]):
    thing, location = entities.thing(), entities.location(HERE)
    entities.link(thing, location)
    connection.execute("UPDATE location SET location = %s WHERE id = %s", (Jsonb(place), location))
    assert entities.placed(thing) == NOWHERE


def test_a_stated_area_is_never_overwritten(connection: Connection, entities: Entities):
    thing, location = entities.thing(area=LAO_CAI), entities.location(HERE)
    stated = (LAO_CAI, "stated")
    assert entities.placed(thing) == stated
    entities.link(thing, location)
    assert entities.placed(thing) == stated
    entities.move(location, OUTSIDE)
    entities.move(location, HERE)
    assert entities.placed(thing) == stated
    connection.execute("DELETE FROM thing_location WHERE thing_id = %s", (thing,))
    assert entities.placed(thing) == stated
    connection.execute("UPDATE area SET valid_to = '2999-01-01' WHERE code = %s", (CAM_DUONG,))
    assert entities.placed(thing) == stated


def test_an_area_can_be_stated_later_and_given_back_to_the_coordinates(
    connection: Connection, entities: Entities
):
    thing, location = entities.thing(), entities.location(HERE)
    entities.link(thing, location)
    assert entities.thing() == thing  # registered again without a commune
    assert entities.placed(thing) == BY_PLACE
    entities.thing(area=CAM_DUONG)  # stated, though it is the same
    entities.move(location, THERE)
    assert entities.placed(thing) == (CAM_DUONG, "stated")
    entities.thing(area=None)
    assert entities.placed(thing) == (LAO_CAI, "located")
    connection.execute("UPDATE thing SET area_source = 'stated' WHERE id = %s", (thing,))
    entities.move(location, HERE)
    assert entities.placed(thing) == (LAO_CAI, "stated")
    connection.execute("UPDATE thing SET area_source = NULL WHERE id = %s", (thing,))
    assert entities.placed(thing) == BY_PLACE


def test_ingest_places_things_though_it_may_not_update_them(connection: Connection, entities: Entities):
    connection.execute("SET LOCAL ROLE fansipan_ingest")
    row = connection.execute(
        "INSERT INTO thing (provider_id, key, name) VALUES (%s, 't', 'x') RETURNING id", (entities.provider,)
    ).fetchone()
    assert row is not None
    entities.link(row[0], entities.location(HERE))
    assert entities.placed(row[0]) == BY_PLACE


Step = tuple[LiteralString, tuple[Any, ...]]


def _at_once(database_url: str, owner: Connection, first: Step, second: Step) -> None:
    """Two transactions that do not see each other's change; the second has to wait for the first."""
    with psycopg.connect(database_url) as one, psycopg.connect(database_url) as other:

        def change_and_commit() -> None:
            other.execute(*second)
            other.commit()

        one.execute(*first)
        thread = threading.Thread(target=change_and_commit)
        thread.start()
        _wait_until_it_waits(owner, other.info.backend_pid)
        one.commit()
        thread.join(timeout=30.0)


@pytest.fixture
def committed(database_url: str) -> Generator[tuple[Connection, Entities]]:
    """Entities that other connections see; they are deleted after the test."""
    with psycopg.connect(database_url, autocommit=True) as owner:
        entities = Entities(owner)
        yield owner, entities
        owner.execute("DELETE FROM thing")
        owner.execute("DELETE FROM provider WHERE id = %s", (entities.provider,))


_MOVE: LiteralString = "UPDATE location SET location = %s WHERE id = %s"
_LINK: LiteralString = "INSERT INTO thing_location VALUES (%s, %s)"


def test_listeners_hear_of_a_thing_that_was_placed(database_url: str, committed: tuple[Connection, Entities]):
    _, entities = committed
    thing, location = entities.thing(), entities.location(HERE)
    with psycopg.connect(database_url, autocommit=True) as listener:
        listener.execute("LISTEN registry_changed")
        entities.link(thing, location)
        assert [one.payload for one in listener.notifies(timeout=10.0, stop_after=1)] == ["thing"]


@pytest.mark.parametrize("moved_first", [True, False])
def test_a_location_may_be_moved_while_it_is_linked(
    database_url: str, committed: tuple[Connection, Entities], *, moved_first: bool
):
    owner, entities = committed
    thing, location = entities.thing(), entities.location(HERE)
    move: Step = (_MOVE, (_point(THERE), location))
    link: Step = (_LINK, (thing, location))
    _at_once(database_url, owner, *((move, link) if moved_first else (link, move)))
    assert entities.placed(thing) == (LAO_CAI, "located")


@pytest.mark.parametrize("decisive_first", [True, False])
def test_two_locations_may_be_linked_at_once(
    database_url: str, committed: tuple[Connection, Entities], *, decisive_first: bool
):
    owner, entities = committed
    thing, decisive, other = entities.thing(), entities.location(OUTSIDE), entities.location(HERE)
    steps: list[Step] = [(_LINK, (thing, decisive)), (_LINK, (thing, other))]
    _at_once(database_url, owner, *(steps if decisive_first else steps[::-1]))
    assert entities.placed(thing) == NOWHERE


def test_an_area_may_be_stated_while_the_location_is_moved(
    database_url: str, committed: tuple[Connection, Entities]
):
    owner, entities = committed
    thing, location = entities.thing(), entities.location(OUTSIDE)
    entities.link(thing, location)
    state: Step = ("UPDATE thing SET area_code = %s WHERE id = %s", (LAO_CAI, thing))
    _at_once(database_url, owner, state, (_MOVE, (_point(HERE), location)))
    assert entities.placed(thing) == (LAO_CAI, "stated")


def _wait_until_it_waits(connection: Connection, backend: int) -> None:
    deadline = time.monotonic() + 30.0
    while connection.execute("SELECT cardinality(pg_blocking_pids(%s))", (backend,)).fetchone() == (0,):
        assert time.monotonic() < deadline, "the second transaction does not wait for the first"
        time.sleep(0.01)


@pytest.fixture
def old_database(addresses: Addresses) -> Generator[str]:
    name = sql.Identifier("t_areas_old")
    with psycopg.connect(addresses.database, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        admin.execute(sql.SQL("CREATE DATABASE {}").format(name))
        yield addresses.database.rsplit("/", 1)[0] + "/t_areas_old"
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def test_things_of_an_older_database_are_placed_by_the_migration(old_database: str):
    migrate(old_database, "0001")
    with psycopg.connect(old_database) as connection:
        _add_area(connection, PROVINCE, {"type": "Polygon", "coordinates": [_square(0, 0, 20)]}, parent=None)
        _add_area(connection, "97001", {"type": "Polygon", "coordinates": [_square(0, 0, 9)]})
        _add_area(connection, "97002", {"type": "Polygon", "coordinates": [_square(9, 0, 9)]})
        entities = Entities(connection)
        things = [entities.thing("open"), entities.thing("stated", "97002"), entities.thing("bare")]
        for thing in things[:2]:
            entities.link(thing, entities.location((1, 1)))
    migrate(old_database)
    with psycopg.connect(old_database) as connection:
        rows = connection.execute("SELECT area_code, area_source FROM thing ORDER BY id").fetchall()
        assert rows == [("97001", "located"), ("97002", "stated"), (None, None)]
        connection.execute("UPDATE area SET valid_to = current_date + 1 WHERE code = '97001'")
        connection.execute("ALTER TABLE area DISABLE TRIGGER USER")
        connection.execute(
            "UPDATE area SET valid_to = '2026-01-01' WHERE code = '97001'"
        )  # as if the day had come
        connection.execute("ALTER TABLE area ENABLE TRIGGER USER")
    migrate(old_database)
    with psycopg.connect(old_database) as connection:
        rows = connection.execute("SELECT area_code, area_source FROM thing ORDER BY id").fetchall()
        assert rows == [(None, None), ("97002", "stated"), (None, None)]


# ---------------------------------------------------------------- what is loaded


def test_the_units_before_july_2025_are_those_of_the_catalogue(database_url: str):
    with (CATALOGUE / "areas" / "laocai-old-to-new-communes.csv").open(encoding="utf-8", newline="") as file:
        columns = (
            "old_commune_code",
            "new_commune_code",
            "old_commune",
            "old_district",
            "old_province",
            "relation",
        )
        listed = sorted(tuple(row[column] for column in columns) for row in csv.DictReader(file))
    query = (
        "SELECT old_code, new_code, old_name, old_district, old_province, relation FROM area_succession"
        " WHERE valid_until = '2025-07-01'"
    )
    with psycopg.connect(database_url, autocommit=True) as connection:
        assert sorted(connection.execute(query).fetchall()) == listed
        assert len(listed) == 319
        connection.execute(
            "INSERT INTO area_succession VALUES ('02635', '02671', 'wrong', 'x', 'x', 'part', '2025-07-01'),"
            " ('02635', '02671', 'of another change', 'x', 'x', 'part', '2020-01-01')"
        )
        connection.execute("UPDATE area_succession SET old_name = 'wrong' WHERE old_code = '02641'")
        load_areas(database_url, CATALOGUE)
        assert sorted(connection.execute(query).fetchall()) == listed
        assert (
            connection.execute("DELETE FROM area_succession WHERE valid_until = '2020-01-01'").rowcount == 1
        )


def test_the_areas_are_those_of_the_catalogue_and_loading_them_again_moves_nothing(
    database_url: str, communes: dict[str, Any]
):
    lines = "SELECT ctid, xmin, area_code FROM area_line ORDER BY 1"
    edges = "SELECT area_code, sum(cardinality(longitudes) - 1) FROM area_line GROUP BY 1 ORDER BY 1"
    with psycopg.connect(database_url, autocommit=True) as connection:
        codes = connection.execute("SELECT code FROM area WHERE parent_code = '15' ORDER BY code").fetchall()
        assert [code for (code,) in codes] == sorted(communes)
        expected = [
            (code, sum(len(ring) - 1 for ring in communes[code]["coordinates"])) for code in sorted(communes)
        ]
        assert connection.execute(edges).fetchall() == expected
        before = connection.execute(lines).fetchall()
        load_areas(database_url, CATALOGUE)
        assert connection.execute(lines).fetchall() == before


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("old_commune_code,new_commune_code\n02635,02647\n", "line 2: nothing in old_commune, old_district"),
        (
            "old_commune_code,new_commune_code,old_commune,old_district,old_province,relation\n02635,,a,b,c,whole\n",
            "line 2: nothing in new_commune_code",
        ),
    ],
)
def test_a_merger_that_lacks_a_column_is_refused(database_url: str, tmp_path: Path, text: str, reason: str):
    folder = tmp_path / "areas"
    folder.mkdir()
    for path in (CATALOGUE / "areas").iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "laocai-old-to-new-communes.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=reason):
        load_areas(database_url, tmp_path)
