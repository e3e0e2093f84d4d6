"""Rows of CSV files become observations and dossier events."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from fansipan_cli.errors import UsageError
from fansipan_cli.scenario import Dossiers, Observations, Timeline
from fansipan_cli.scenario.cases import case_events, read_cases
from fansipan_cli.scenario.readings import parse_time, read_readings, time_text
from fansipan_common.contracts import ServiceEvent

pytestmark = pytest.mark.unit

THING = {"name": {"vi": "Trạm", "en": "Station"}, "area": "02647", "point": [104.0, 22.5], "origin": "here"}


def _observations(**changes: Any) -> Observations:
    described = {
        "time": {"column": "when", "zone": "Europe/Copenhagen"},
        "thing_column": "station",
        "columns": {"level_mm": {"property": "water_level", "scale": 0.001}, "rain": {"property": "rain"}},
        "quality": {"column": "qc", "map": {"ok": "good", "odd": "suspect"}},
        "sensor": {"key": "gauge", "name": "Gauge"},
        "things": {"A": {"key": "a", **THING}},
    }
    return Observations.model_validate(described | changes)


def test_columns_become_observations_in_their_unit(tmp_path: Path) -> None:
    path = tmp_path / "levels.csv.gz"
    text = (
        "station,when,level_mm,rain,qc\nA,2014-09-01T00:00:00,1345,0.2,ok\nA,2014-09-01T00:10:00,-20,,odd\n"
    )
    path.write_bytes(gzip.compress((text + "B,2014-09-01T00:10:00,7,7,ok\n").encode()))

    readings = read_readings(path, _observations(), "demo")

    assert [list(reading.items(reading.at_ms)) for reading in readings] == [
        [
            {
                "datastream": "demo/a/water_level",
                "phenomenonTime": "2014-08-31T22:00:00.000Z",
                "result": 1.345,
                "resultQuality": "good",
            },
            {
                "datastream": "demo/a/rain",
                "phenomenonTime": "2014-08-31T22:00:00.000Z",
                "result": 0.2,
                "resultQuality": "good",
            },
        ],
        [
            {
                "datastream": "demo/a/water_level",
                "phenomenonTime": "2014-08-31T22:10:00.000Z",
                "result": -0.02,
                "resultQuality": "suspect",
            }
        ],
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("station,when,level_mm,rain\nA,2014-09-01T00:00:00,1,1\n", "lacks the column 'qc'"),
        ("station,when,level_mm,rain,qc\nA,yesterday,1,1,ok\n", "line 2: .*yesterday"),
        ("station,when,level_mm,rain,qc\nA,2014-09-01T00:00:00,high,1,ok\n", "line 2: .*high"),
        ("station,when,level_mm,rain,qc\nA,2014-09-01T00:00:00,nan,1,ok\n", "not a finite number"),
        ("station,when,level_mm,rain,qc\nC,2014-09-01T00:00:00,1,1,ok\n", "no row about a thing"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_the_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "levels.csv"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(UsageError, match=message):
        read_readings(path, _observations(), "demo")


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_readings(tmp_path / "none.csv", _observations(), "demo")


def test_a_time_without_offset_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="no offset"):
        parse_time("2014-09-01T00:00:00", None)


def test_times_are_written_with_milliseconds() -> None:
    assert time_text(parse_time("2014-05-22T09:09:04.145+02:00", None)) == "2014-05-22T07:09:04.145Z"


DOSSIERS = Dossiers.model_validate(
    {
        "source": "//demo/cases",
        "id_column": "id",
        "id_prefix": "bos",
        "received": "opened",
        "due": "due",
        "finished": "closed",
        "procedure_column": "kind",
        "procedure_prefix": "sample",
        "agency": {"column": "office", "map": {"Parks": "sample-parks"}},
        "channel": {"column": "via", "map": {"Call": "in-person"}, "default": "online"},
        "area": {"column": "place", "map": {"north": "02671"}, "default": "02647"},
        "outcome": {
            "column": "end",
            "map": {"resolved": "returned", "invalid": "rejected"},
            "default": "processed",
        },
    }
)
HEAD = "id,opened,due,closed,kind,office,via,place,end\n"


def test_a_case_becomes_its_events(tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    path.write_text(
        HEAD
        + "1,2011-10-01T00:00:00-04:00,2011-10-03T00:00:00-04:00,2011-10-02T00:00:00-04:00,"
        + "trees,Parks,Call,north,resolved\n"
        + "2,2011-10-01T00:00:00-04:00,,,trees,Parks,Web,,\n",
        encoding="utf-8",
    )
    first, second = read_cases(path, DOSSIERS)

    received, finished = (event for _, event in case_events(first, DOSSIERS.source, Timeline(1000, 1)))
    (only,) = (event for _, event in case_events(second, DOSSIERS.source, Timeline(0, 1)))

    assert received["type"] == "vn.fansipan.dossier.received.v1"
    assert received["time"] == "2011-10-01T04:00:01.000Z"
    assert received["data"] == {
        "dossierId": "bos-1",
        "agency": "sample-parks",
        "procedure": "sample-trees",
        "area": "02671",
        "channel": "in-person",
        "dueAt": "2011-10-03T04:00:01.000Z",
    }
    assert finished["type"] == "vn.fansipan.dossier.returned.v1"
    assert (only["data"]["channel"], only["data"]["area"]) == ("online", "02647")
    for event in (received, finished, only):
        ServiceEvent.model_validate(event)


def test_a_later_turn_is_another_dossier(tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    path.write_text(HEAD + "1,2011-10-01T00:00:00-04:00,,,trees,Parks,Call,north,\n", encoding="utf-8")
    (case,) = read_cases(path, DOSSIERS)

    (_, event), *_ = case_events(case, DOSSIERS.source, Timeline(0, 5000), turn=2)

    assert event["subject"] == "bos-1.2"
    assert event["time"] == "2011-10-01T04:00:10.000Z"


def test_a_value_that_is_not_mapped_is_said(tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    path.write_text(HEAD + "1,2011-10-01T00:00:00-04:00,,,trees,Police,Call,north,\n", encoding="utf-8")

    with pytest.raises(UsageError, match="line 2: 'Police' is not in the mapping"):
        read_cases(path, DOSSIERS)
