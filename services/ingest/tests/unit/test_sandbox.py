"""The sandbox finds every reason, also where the form is wrong, and registers nothing. Behind it is a stand-in."""

from collections.abc import Iterable, Set
from datetime import UTC, datetime
from typing import Any, cast

import orjson
import pytest
from pydantic import TypeAdapter

from fansipan_common.api_keys import Principal
from fansipan_common.contracts import OBSERVATION_LIST, ServiceEvent
from fansipan_common.security import Scope
from fansipan_ingest.domain.parsing import parse_json_items, parse_ndjson_items
from fansipan_ingest.domain.registration import MEASUREMENT, Unit
from fansipan_ingest.domain.rules import TimeWindow
from fansipan_ingest.doors.readings import Readings
from fansipan_ingest.repository.datastreams import DatastreamRef, DatastreamRepository
from fansipan_ingest.repository.features import FeatureRepository
from fansipan_ingest.service.checks import ItemChecks
from fansipan_ingest.service.sandbox import Sandbox

NOW = datetime(2026, 7, 1, 1, tzinfo=UTC)
TEMPERATURE = DatastreamRef(7, "acme/t1/temperature", "acme", MEASUREMENT, b"acme/t1", 1, "Cel")
WHO = Principal(1, "acme", "k", frozenset({Scope.WRITE}), ("acme/t1/",), auto_register=True)
EVENTS: TypeAdapter[list[ServiceEvent]] = TypeAdapter(list[ServiceEvent])


class FakeDatastreams:
    """Knows one datastream; registering is not foreseen."""

    async def find(self, names: Iterable[str | int]) -> dict[str | int, DatastreamRef]:
        return {name: TEMPERATURE for name in names if name in (7, TEMPERATURE.key)}


class FakeFeatures:
    """Knows one feature of interest."""

    async def existing(self, ids: Set[int]) -> Set[int]:
        return ids & {3}


@pytest.fixture
def sandbox() -> Sandbox:
    checks = ItemChecks(TimeWindow(946_684_800_000, 600_000), max_depth=3)
    return Sandbox(
        cast(DatastreamRepository, FakeDatastreams()),
        cast(FeatureRepository, FakeFeatures()),
        checks,
        lambda: NOW,
    )


async def report(sandbox: Sandbox, items: list[Any], who: Principal = WHO) -> dict[str, Any]:
    parsed = parse_json_items(OBSERVATION_LIST, orjson.dumps(items), max_items=100)
    return orjson.loads((await sandbox.observations(who, parsed)).to_json())


def codes(answer: dict[str, Any], index: int = 0) -> list[str]:
    return [reason["code"] for reason in answer["rejected"] if reason["index"] == index]


async def test_a_feature_of_interest_that_is_not_there_is_told(sandbox: Sandbox):
    item = {"datastream": TEMPERATURE.key, "phenomenonTime": "2026-07-01T07:00:00+07:00", "result": 1}
    answer = await report(sandbox, [item | {"featureId": 3}, item | {"featureId": 4}])
    assert codes(answer, 0) == []
    assert codes(answer, 1) == ["feature-unknown"]


async def test_an_item_with_four_faults_gets_four_reasons(sandbox: Sandbox):
    wrong = {
        "datastream": TEMPERATURE.key,
        "phenomenonTime": "2027-07-01T08:00:00+07:00",
        "result": {"a": {"b": {"c": {}}}},
        "resultTime": "1970-01-01T00:00:00Z",
    }
    answer = await report(sandbox, [wrong])
    assert codes(answer) == ["time-in-future", "result-type", "time-too-early", "too-deep"]
    assert (answer["accepted"], answer["refused"]) == (0, 1)


async def test_a_wrong_form_hides_no_other_fault(sandbox: Sandbox):
    wrong = {
        "datastream": "other/t1/temperature",
        "phenomenonTime": "yesterday",
        "result": 1,
        "resultTime": "1970-01-01T00:00:00Z",
        "unit": "Cel",
    }
    answer = await report(sandbox, [wrong])
    assert codes(answer) == ["invalid-item", "invalid-item", "datastream-forbidden", "time-too-early"]
    told = [reason["detail"].partition(":")[0] for reason in answer["rejected"][:2]]
    assert sorted(told) == ["phenomenonTime", "unit"]


async def test_what_is_missing_is_told_and_the_rest_is_checked(sandbox: Sandbox):
    answer = await report(sandbox, [{"result": "warm", "resultQuality": "perfect"}, 5])
    told = sorted(reason["detail"].partition(":")[0] for reason in answer["rejected"] if reason["index"] == 0)
    assert told == ["datastream", "phenomenonTime", "resultQuality"]
    assert codes(answer, 1) == ["invalid-item"]
    assert answer["datastreams"] == []


async def test_one_result_of_no_type_is_one_reason(sandbox: Sandbox):
    item = {"datastream": TEMPERATURE.key, "phenomenonTime": "2026-07-01T08:00:00+07:00", "result": None}
    answer = await report(sandbox, [item])
    assert len(answer["rejected"]) == 1
    assert answer["rejected"][0]["detail"].startswith("result: ")


async def test_it_says_what_is_known_and_what_would_be_registered_as_what(sandbox: Sandbox):
    moment = "2026-07-01T08:00:00+07:00"
    answer = await report(
        sandbox,
        [
            {"datastream": 7, "phenomenonTime": moment, "result": 21.5},
            {"datastream": "acme/t1/water_level", "phenomenonTime": moment, "result": 1.2},
            {"datastream": "acme/t1/state", "phenomenonTime": moment, "result": "open"},
        ],
    )
    assert answer["accepted"] == 3
    assert [(d["datastream"], d["registered"], d["unit"], d["items"]) for d in answer["datastreams"]] == [
        ("acme/t1/temperature", True, "Cel", 1),
        ("acme/t1/water_level", False, "m", 1),
        ("acme/t1/state", False, None, 1),
    ]
    assert answer["items"][0] == {
        "index": 0,
        "datastream": 7,
        "phenomenonTime": "2026-07-01T01:00:00.000Z",
        "result": 21.5,
    }


async def test_a_unit_that_is_not_the_datastreams_is_told_with_the_rest(sandbox: Sandbox):
    readings = Readings()
    readings.add(0, TEMPERATURE.key, 4_000_000_000_000, 300.0, unit=Unit("kelvin", "K", "K"))
    found = await sandbox.observations(WHO, readings.items(), readings.units)
    assert [reason.code for reason in found.refused[0]] == ["unit-mismatch", "time-in-future"]


async def test_a_line_that_is_no_json_has_its_own_reason(sandbox: Sandbox):
    parsed = parse_ndjson_items(OBSERVATION_LIST, b'{"datastream": \n\n{"result": 1}', max_items=10)
    found = await sandbox.observations(WHO, parsed)
    assert [reason.code for reason in found.refused[0]] == ["invalid-json"]
    assert len(found.refused[1]) == 2


async def test_long_lists_are_cut_and_say_so(sandbox: Sandbox):
    parsed = parse_json_items(OBSERVATION_LIST, orjson.dumps([{}] * 400), max_items=400)
    answer = orjson.loads((await sandbox.observations(WHO, parsed)).to_json())
    assert (answer["refused"], len(answer["rejected"]), answer["reasonsLeftOut"]) == (400, 1_000, 200)


def test_every_fault_of_an_event_is_told(sandbox: Sandbox):
    event = {
        "specversion": "0.3",
        "id": "1",
        "source": "/s",
        "type": "vn.fansipan.dossier.received.v1",
        "time": "2030-01-01T00:00:00Z",
        "data": {"dossierId": "1", "citizen": "An"},
    }
    parsed = parse_json_items(EVENTS, orjson.dumps([event]), max_items=10)
    answer = orjson.loads(sandbox.service_events(parsed).to_json())
    told = [reason["detail"].partition(":")[0] for reason in answer["rejected"]]
    assert {
        "specversion",
        "data.citizen",
        "data.agency",
        "time is more than 600 s ahead of the server",
    } <= set(told)
    assert codes(answer)[-1] == "time-in-future"
