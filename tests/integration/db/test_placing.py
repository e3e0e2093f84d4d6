"""Things without a stated commune are placed in the one where they are."""

import threading
import time
from collections.abc import Generator, Iterable
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb
from tests.conftest import Addresses
from tests.support.areas import CAM_DUONG, HERE, LAO_CAI, OUTSIDE, PROVINCE, Connection, add_area, square

from fansipan_db import migrate

THERE = (104.02, 22.5)


@pytest.fixture
def connection(database_url: str) -> Generator[Connection]:
    """A transaction that is rolled back."""
    with psycopg.connect(database_url) as connection:
        yield connection
        connection.rollback()


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
    add_area(connection, PROVINCE, {"type": "Polygon", "coordinates": [square(0, 0, 20)]}, parent=None)
    add_area(connection, "97001", {"type": "Polygon", "coordinates": [square(0, 0, 3)]})
    assert (entities.placed(inside), entities.placed(beside)) == (("97001", "located"), NOWHERE)
    boundary = Jsonb({"type": "Polygon", "coordinates": [square(4, 0, 3)]})
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
        add_area(connection, PROVINCE, {"type": "Polygon", "coordinates": [square(0, 0, 20)]}, parent=None)
        add_area(connection, "97001", {"type": "Polygon", "coordinates": [square(0, 0, 9)]})
        add_area(connection, "97002", {"type": "Polygon", "coordinates": [square(9, 0, 9)]})
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
