"""What is decided about observations before and after they are sent."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest

from fansipan_common.errors import FansipanError
from fansipan_gateway.sensor_things.writing.observations.domain import (
    Content,
    Key,
    Target,
    content_of,
    difference,
    item_of,
)
from fansipan_gateway.sensor_things.writing.observations.ingest import ObservationIngest
from fansipan_gateway.sensor_things.writing.observations.service import Observations
from fansipan_gateway.sensor_things.writing.observations.written import NewObservation
from fansipan_gateway.sensor_things.writing.writer import Writer

NOW = datetime(2026, 7, 1, 1, tzinfo=UTC)
WRITER = Writer(1, "lab", "k", ())
PART = Writer(1, "lab", "k", ("lab/a/",))


def _content(**given: Any) -> Content:
    return replace(Content(1.0, None, None, None, None), **given)


@pytest.mark.parametrize(
    ("other", "names"),
    [
        ({}, set()),
        ({"result": 1}, set()),
        ({"result": True}, {"result"}),
        ({"result": {"a": 1}}, {"result"}),
        ({"parameters": {}}, {"parameters"}),
        ({"feature_id": 3, "result_quality": "bad"}, {"FeatureOfInterest", "resultQuality"}),
        ({"result_time": NOW}, {"resultTime"}),
    ],
)
def test_what_differs_is_named(other: dict[str, Any], names: set[str]):
    assert set(difference(_content(), _content(**other))) == names


def test_an_observation_with_nothing_but_a_number_is_the_shortest_item():
    assert item_of("lab/a/x", 1_782_867_600_000, content_of(NewObservation(7, NOW, 5))) == {
        "datastream": "lab/a/x",
        "phenomenonTime": "2026-07-01T01:00:00.000Z",
        "result": 5.0,
    }


class _Targets:
    def __init__(self, *, corrects: bool = False) -> None:
        self.asked: set[Key] = set()
        self._targets: dict[int | str, Target] = {
            7: Target(7, "lab/a/x", 1, corrects, 1000),
            8: Target(8, "lab/b/x", 1, corrects, None),
            9: Target(9, "other/a/x", 2, corrects, None),
        }

    async def targets(self, _names: Any) -> dict[int | str, Target]:
        return self._targets

    async def stored(self, keys: Any) -> dict[Key, Content]:
        self.asked = set(keys)
        return {key: _content(result=5.0) for key in keys}


class _Ingest:
    def __init__(self, refused: Any = None) -> None:
        self.sent: list[Any] = []
        self._refused = refused or {}

    async def send(self, _provider: str, items: Any) -> Any:
        self.sent += items
        return self._refused


def _at(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


async def _outcomes(targets: Any, ingest: Any, writer: Writer, *observations: NewObservation) -> list[str]:
    written = await Observations(targets, ingest, lambda: NOW, lambda: False).write(writer, observations)
    return [one.outcome if one.code is None else one.code for one in written]


async def test_only_what_may_be_stored_is_looked_for_and_only_what_is_new_is_sent():
    targets, ingest = _Targets(), _Ingest()
    outcomes = await _outcomes(
        targets,
        ingest,
        WRITER,
        NewObservation(7, _at(1000), 5),
        NewObservation(7, _at(999), 6),
        NewObservation(7, _at(1001), 6),
        NewObservation(7, _at(1001), 6.0),
        NewObservation(7, _at(1001), 7),
        NewObservation(9, _at(1001), 7),
        NewObservation(10, _at(1001), 7),
        NewObservation(7, _at(-1), 7),
        NewObservation(8, None, 1),
        NewObservation(8, None, 2),
    )
    assert outcomes == [
        "same",
        "different-result",
        "created",
        "same",
        "different-result",
        "not-yours",
        "no-such-entity",
        "time-too-early",
        "created",
        "created",
    ]
    assert targets.asked == {(7, 1000), (7, 999)}
    assert [item["phenomenonTime"][11:] for item in ingest.sent] == [
        "00:00:01.001Z",
        "01:00:00.000Z",
        "01:00:00.001Z",
    ]
    assert await _outcomes(targets, ingest, PART, NewObservation(8, None, 1)) == ["not-yours"]
    corrected = await _outcomes(_Targets(corrects=True), ingest, WRITER, NewObservation(7, _at(1000), 6))
    assert corrected == ["corrected"]


async def test_what_is_the_same_as_something_refused_is_refused():
    class Why:
        code, detail = "time-in-future", "check the clock"

    outcomes = await _outcomes(
        _Targets(),
        _Ingest({0: Why}),
        WRITER,
        NewObservation(8, _at(5), 1),
        NewObservation(8, _at(5), 1),
        NewObservation(8, _at(6), 1),
    )
    assert outcomes == ["time-in-future", "time-in-future", "created"]


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (202, {"accepted": 1, "rejected": [], "stored": False}, "not-stored-yet"),
        (202, {"accepted": 1, "rejected": []}, "not-stored-yet"),
        (401, {"detail": "no"}, "observations-not-set-up"),
        (403, {"code": "forbidden", "detail": "disabled"}, "forbidden"),
        (
            422,
            {"code": "unprocessable", "rejected": [{"index": 0, "code": "result-type", "detail": "x"}]},
            "result-type",
        ),
        (503, {"code": "broker-away", "detail": "away"}, "ingest-away"),
        (500, b"not json", "ingest-away"),
    ],
)
async def test_what_ingest_answers_becomes_what_the_client_can_use(status: int, body: Any, code: str):
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    transport = httpx.MockTransport(lambda _request: httpx.Response(status, content=content))
    async with httpx.AsyncClient(transport=transport) as http:
        ingest = ObservationIngest(http, "http://ingest", "s" * 32, lambda: NOW)
        with pytest.raises(FansipanError) as raised:
            await ingest.send("lab", [{}])
    assert raised.value.code == code


async def test_many_observations_are_sent_in_parts_and_refusals_keep_their_places():
    sizes: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sizes.append(len(orjson.loads(request.content)))
        rejected = [{"index": sizes[-1] - 1, "code": "c", "detail": "d"}]
        return httpx.Response(202, content=orjson.dumps({"rejected": rejected, "stored": True}))

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        ingest = ObservationIngest(http, "http://ingest/", "s" * 32, lambda: NOW)
        refused = await ingest.send("lab", [{}] * 10_001)
    assert sizes == [10_000, 1]
    assert sorted(refused) == [9_999, 10_000]
