"""The areas that are loaded are those of the catalogue."""

import csv
from pathlib import Path

import psycopg
import pytest
from tests.support.areas import (
    CATALOGUE,
    read_communes,
)

from fansipan_db import load_areas


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
    database_url: str,
):
    communes = read_communes()
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
