"""What an unknown datastream becomes, and which results fit it afterwards."""

from typing import Any

import pytest

from fansipan_common.contracts import DatastreamKey
from fansipan_ingest.domain.registration import (
    ANY,
    CATEGORY,
    COUNT,
    MEASUREMENT,
    TRUTH,
    Unit,
    describe,
    observation_type_of,
    result_fits,
)

RESULTS: dict[str, Any] = {"number": 1.5, "whole": 2.0, "integer": 3, "text": "x", "bool": True, "object": {}}
FITS = {
    MEASUREMENT: {"number", "whole", "integer"},
    COUNT: {"whole", "integer"},
    TRUTH: {"bool"},
    CATEGORY: {"text"},
    ANY: set(RESULTS),
}


@pytest.mark.parametrize("kind", FITS)
def test_which_results_fit(kind: str):
    assert {name for name, result in RESULTS.items() if result_fits(kind, result)} == FITS[kind]


@pytest.mark.parametrize("name", RESULTS)
def test_the_first_result_fits_what_it_registers(name: str):
    assert result_fits(observation_type_of(RESULTS[name]), RESULTS[name])


def test_well_known_properties_get_their_unit():
    new = describe(DatastreamKey("p", "t", "PM2_5"), 12.0)
    assert new.observation_type == MEASUREMENT
    assert new.unit is not None
    assert new.unit.ucum == "ug/m3"
    assert describe(DatastreamKey("p", "t", "mood"), 1.0).unit is None
    assert describe(DatastreamKey("p", "t", "pm2_5"), "high").unit is None


@pytest.mark.parametrize(
    ("prop", "ucum"),
    [
        ("water:level_mm", "mm"),
        ("Battery_mV", "mV"),
        ("a:temperature", "Cel"),
        ("co2_ppm", "[ppm]"),
        ("ppm", None),
        ("time:sum", None),
    ],
)
def test_names_suggest_units(prop: str, ucum: str | None):
    unit = describe(DatastreamKey("p", "t", prop), 1.0).unit
    assert (unit and unit.ucum) == ucum


def test_a_stated_unit_goes_before_a_suggested_one():
    kelvin = Unit("kelvin", "K", "K")
    assert describe(DatastreamKey("p", "t", "temperature"), 290.0, kelvin).unit is kelvin
    assert describe(DatastreamKey("p", "t", "temperature"), "warm", kelvin).unit is None
