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
