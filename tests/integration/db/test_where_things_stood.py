"""What SensorThings derives from locations: the history of things, and features of interest."""

from collections.abc import Generator
from typing import Any

import psycopg
import pytest
from psycopg.rows import tuple_row
from psycopg.types.json import Jsonb


class _World:
    """One thing and three places; every statement is a transaction of its own."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        run = connection.execute
        run("INSERT INTO provider (key, name) VALUES ('p', 'P') ON CONFLICT DO NOTHING")
        self.thing = self.one(
            "INSERT INTO thing (provider_id, key, name) SELECT id, 't' || random(), 'T' FROM provider RETURNING id"
        )
        self.places = [self.place(i) for i in range(3)]

    def one(self, query: str, *values: Any) -> Any:
        row = self.connection.execute(query, values).fetchone()  # type: ignore[arg-type]
        return None if row is None else row[0]

    def place(self, number: int) -> int:
        point = {"type": "Point", "coordinates": [104 + number / 10, 22]}
        return self.one(
            "INSERT INTO location (name, location) VALUES (%s, %s) RETURNING id",
            f"place {number}",
            Jsonb(point),
        )

    def feature(self, place: int) -> int:
        return self.one("SELECT id FROM feature_of_interest WHERE location_id = %s", place)

    def datastream(self) -> int:
        self.connection.execute("INSERT INTO sensor (key, name) VALUES ('s', 'S') ON CONFLICT DO NOTHING")
        self.connection.execute(
            "INSERT INTO observed_property (key, name) VALUES ('o', 'O') ON CONFLICT DO NOTHING"
        )
        return self.one(
            "INSERT INTO datastream (key, thing_id, sensor_id, observed_property_id, name, observation_type)"
            " SELECT 'p/' || random() || '/o', %s, s.id, o.id, 'D', 'measurement'"
            " FROM sensor s, observed_property o RETURNING id",
            self.thing,
        )

    def features(self) -> list[int]:
        rows = self.connection.execute(
            "SELECT feature_id FROM thing_feature WHERE thing_id = %s ORDER BY since", (self.thing,)
        )
        return [row[0] for row in rows]

    def link(self, place: int) -> None:
        self.connection.execute("INSERT INTO thing_location VALUES (%s, %s)", (self.thing, place))

    def history(self) -> list[list[int]]:
        rows = self.connection.execute(
            "SELECT array_agg(l.location_id ORDER BY l.location_id) FROM historical_location h"
            " JOIN historical_location_location l ON l.historical_location_id = h.id"
            " WHERE h.thing_id = %s GROUP BY h.id ORDER BY h.time",
            (self.thing,),
        )
        return [row[0] for row in rows]


@pytest.fixture
def world(database_url: str) -> Generator[_World]:
    with psycopg.connect(database_url, autocommit=True, row_factory=tuple_row) as connection:
        yield _World(connection)


def test_each_change_of_place_is_remembered_once(world: _World):
    first, second, third = world.places
    world.link(first)
    assert world.history() == [[first]]
    world.connection.execute("SELECT pg_sleep(0.002)")
    with world.connection.transaction():  # moving: one change
        world.connection.execute("DELETE FROM thing_location WHERE thing_id = %s", (world.thing,))
        world.link(second)
        world.link(third)
    assert world.history() == [[first], sorted([second, third])]
    world.connection.execute("SELECT pg_sleep(0.002)")
    world.connection.execute("DELETE FROM thing_location WHERE location_id = %s", (third,))
    world.connection.execute(
        "UPDATE thing_location SET location_id = %s WHERE thing_id = %s", (first, world.thing)
    )
    assert world.history()[-1] == [first]


def test_a_thing_observes_the_feature_of_where_it_stands_from_then_on(world: _World):
    first, second, _ = world.places
    world.link(first)
    world.connection.execute("SELECT pg_sleep(0.002)")
    world.connection.execute(
        "UPDATE thing_location SET location_id = %s WHERE thing_id = %s", (second, world.thing)
    )
    rows = world.connection.execute(
        "SELECT feature_id, since = '-infinity', until = 'infinity' FROM thing_feature"
        " WHERE thing_id = %s ORDER BY since",
        (world.thing,),
    ).fetchall()
    assert rows == [(world.feature(first), True, False), (world.feature(second), False, True)]
    borders = world.connection.execute(
        "SELECT count(DISTINCT border) FROM (SELECT since FROM thing_feature WHERE thing_id = %(t)s"
        " UNION ALL SELECT until FROM thing_feature WHERE thing_id = %(t)s) ends (border)",
        {"t": world.thing},
    ).fetchone()
    assert borders == (3,)  # one ends when the other begins


def test_a_feature_shows_its_location_and_what_was_changed_of_it(world: _World):
    place = world.places[0]
    feature = world.feature(place)
    shown = "SELECT name, feature #>> '{coordinates,0}' FROM observed_feature WHERE id = %s"
    world.connection.execute("UPDATE location SET name = 'new name' WHERE id = %s", (place,))
    assert world.connection.execute(shown, (feature,)).fetchone() == ("new name", "104.0")
    world.connection.execute("UPDATE feature_of_interest SET name = 'own name' WHERE id = %s", (feature,))
    assert world.connection.execute(shown, (feature,)).fetchone() == ("own name", "104.0")


def test_a_feature_that_observations_name_outlives_its_location_and_others_do_not(world: _World):
    named, unnamed, _ = world.places
    features = [world.feature(named), world.feature(unnamed)]
    datastream = world.datastream()
    world.connection.execute("INSERT INTO datastream_feature VALUES (%s, %s)", (features[0], datastream))
    world.connection.execute("DELETE FROM location WHERE id = ANY(%s)", ([named, unnamed],))
    rows = world.connection.execute(
        "SELECT id, location_id, name, feature ->> 'type' FROM observed_feature WHERE id = ANY(%s)",
        (features,),
    ).fetchall()
    assert rows == [(features[0], None, "place 0", "Point")]


def test_what_was_observed_somewhere_keeps_its_feature_when_the_place_is_deleted(world: _World):
    first, second, third = world.places
    world.datastream()
    with world.connection.transaction():
        world.link(first)
        world.link(second)
    world.connection.execute("SELECT pg_sleep(0.002)")
    with world.connection.transaction():
        world.connection.execute("DELETE FROM thing_location WHERE thing_id = %s", (world.thing,))
        world.link(third)
    features = world.features()
    assert features == [world.feature(first), world.feature(third)]
    gone = world.feature(second)
    world.connection.execute("DELETE FROM location WHERE id = ANY(%s)", (world.places,))
    assert world.features() == features
    rows = world.connection.execute(
        "SELECT id, location_id, name FROM observed_feature WHERE id = ANY(%s) ORDER BY id",
        ([*features, gone],),
    ).fetchall()
    assert rows == [(features[0], None, "place 0"), (features[1], None, "place 2")]


def test_a_deleted_datastream_leaves_what_its_figures_rested_on(world: _World):
    datastream = world.datastream()
    world.connection.execute("UPDATE thing SET area_code = '02671' WHERE id = %s", (world.thing,))
    world.connection.execute("DELETE FROM datastream WHERE id = %s", (datastream,))
    world.connection.execute("DELETE FROM thing WHERE id = %s", (world.thing,))
    row = world.connection.execute(
        "SELECT p.key, starts_with(d.thing_key, 't0.'), property_key, area_code, passes, due_at <= now()"
        " FROM deleted_datastream d JOIN provider p ON p.id = d.provider_id WHERE datastream_id = %s",
        (datastream,),
    ).fetchone()
    assert row == ("p", True, "o", "02671", 0, True)


def test_history_goes_only_with_its_datastream(world: _World):
    datastream = world.datastream()
    world.connection.execute(
        "INSERT INTO observation_history (datastream_id, phenomenon_time) SELECT %s, now() FROM generate_series(1, 3)",
        (datastream,),
    )
    assert world.one("SELECT sweep_history(%s, 10)", datastream) == 0
    world.connection.execute("DELETE FROM datastream WHERE id = %s", (datastream,))
    assert world.one("SELECT sweep_history(%s, 2)", datastream) == 2
    assert world.one("SELECT sweep_history(%s, 2)", datastream) == 1


def test_a_feature_is_a_location_or_is_described(world: _World):
    with pytest.raises(psycopg.errors.CheckViolation):
        world.connection.execute("INSERT INTO feature_of_interest (name) VALUES ('nothing more')")
