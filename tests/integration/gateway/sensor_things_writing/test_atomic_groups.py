"""Requests of a batch that succeed or fail together: what is kept of all, and what is left of nothing."""

import itertools
import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.integration.gateway.sensor_things_writing.conftest import (
    Provider,
    World,
    datastream,
    feature,
    location,
    observed_property,
    sensor,
    thing,
)
from tests.support.atomic_groups import Told, grouped, hearing, request, rows, run, statuses
from tests.support.batch_answers import batch_answers
from tests.support.generated_groups import STEPS, Step, left, requests_of

_numbers = itertools.count(1)


@pytest.fixture
async def told(world: World, database_url: str) -> AsyncGenerator[Told]:
    """What is told of changes during a test."""
    async with hearing(world.owner, database_url) as heard:
        yield heard


def _everything(old: dict[str, Any]) -> list[dict[str, Any]]:
    """A request of each kind and of each link, on what is new and on what is there (`old`)."""
    return [
        request("place", "post", "Locations", location("Nhóm")),
        request("station", "post", "Things", thing("Nhóm", Locations=[{"@iot.id": "$place"}])),
        request("device", "post", "Sensors", sensor("Nhóm")),
        request("what", "post", "ObservedProperties", observed_property("Nhóm")),
        request("what-else", "post", "FeaturesOfInterest", feature("Nhóm")),
        request(
            "series",
            "post",
            "$station/Datastreams",
            datastream("Nhóm", Sensor={"@iot.id": "$device"}, ObservedProperty={"@iot.id": "$what"}),
        ),
        request(
            "deep",
            "post",
            "Things",
            thing("Sâu", Locations=[location("Sâu")], Datastreams=[datastream("Sâu")]),
        ),
        request(
            "before",
            "post",
            "Things($station)/HistoricalLocations",
            {"time": "2001-01-01T00:00:00Z", "Locations": [{"@iot.id": "$place"}]},
        ),
        request("renamed", "patch", "$station", {"name": "Nhóm hai"}),
        request("whole", "put", f"Sensors({old['sensor']})", sensor("Khác")),
        request(
            "tagged",
            "patch",
            f"Things({old['thing']})",
            [{"op": "add", "path": "/properties/tags", "value": ["pass"]}],
            headers={"content-type": "application/json-patch+json"},
        ),
        request("moved", "patch", f"Things({old['thing']})", {"Locations": [{"@iot.id": "$place"}]}),
        request("measured", "patch", f"Datastreams({old['datastream']})", {"Sensor": {"@iot.id": "$device"}}),
        request("read", "get", "Things($station)?$expand=Locations,Datastreams($expand=Sensor)"),
        request("gone", "delete", f"Things({old['doomed']})"),
        request("gone-too", "delete", f"FeaturesOfInterest({old['feature']})"),
    ]


async def _old(lab: Provider) -> dict[str, Any]:
    """What was there before."""
    station = await lab.post(
        "/Things", thing("Cũ", Locations=[location("Cũ")], Datastreams=[datastream("Cũ")])
    )
    expanded = await lab.get(f"/Things({station['@iot.id']})", expand="Datastreams($expand=Sensor)")
    doomed = await lab.post("/Things", thing("Sắp xoá", Datastreams=[datastream("Sắp xoá")]))
    unused = await lab.post("/FeaturesOfInterest", feature("Cũ"))
    return {
        "thing": station["@iot.id"],
        "datastream": expanded["Datastreams"][0]["@iot.id"],
        "sensor": expanded["Datastreams"][0]["Sensor"]["@iot.id"],
        "doomed": doomed["@iot.id"],
        "feature": unused["@iot.id"],
    }


# ---------------------------------------------------------------- all, or nothing
async def test_a_group_is_kept_with_all_its_kinds_and_links(world: World, told: Told):
    old = await _old(world.lab)
    await told.since()
    audited = (await world.counts())["audit_event"]
    requests = _everything(old)
    answers = await run(world.lab, *grouped("all", *requests), request("after", "get", "$series/Thing"))
    assert statuses(answers) == [201] * 8 + [200] * 9, answers
    shown = {answer["id"]: answer.get("body", {}) for answer in answers}
    assert [place["name"] for place in shown["read"]["Locations"]] == ["Nhóm"]
    assert [series["Sensor"]["name"] for series in shown["read"]["Datastreams"]] == ["Nhóm"]
    assert shown["read"]["name"] == shown["after"]["name"] == "Nhóm hai"

    lab, station = world.lab, shown["station"]["@iot.id"]
    assert [one["name"] for one in (await lab.get(f"/Things({old['thing']})/Locations"))["value"]] == ["Nhóm"]
    assert (await lab.get(f"/Things({old['thing']})"))["properties"]["tags"] == ["pass"]
    assert (await lab.get(f"/Datastreams({old['datastream']})/Sensor"))["name"] == "Nhóm"
    assert len((await lab.get(f"/Things({station})/HistoricalLocations"))["value"]) == 2
    assert await lab.status(f"/Things({old['doomed']})") == 404
    assert await lab.status(f"/FeaturesOfInterest({old['feature']})") == 404
    written = [request for request in requests if request["method"] != "get"]
    assert (await world.counts())["audit_event"] == audited + len(written)
    heard = await told.since()
    assert heard.count(("created", "Datastreams")) == 2
    assert {("updated", "Things"), ("deleted", "Things"), ("deleted", "FeaturesOfInterest")} < set(heard)


@pytest.mark.parametrize(
    ("failing", "status"),
    [
        (request("bad", "post", "Things", {"description": "no name"}), 400),
        (request("bad", "patch", "Sensors(2000000000)", {"name": "x"}), 404),
        (request("bad", "post", "Things", thing("Nhóm", **{"@fansipan.key": "nhom"})), 409),
        (request("bad", "patch", "$station", {"name": "x"}, headers={"if-match": '"other"'}), 412),
        (request("bad", "get", "Things?$filter=name gt 5"), 400),
    ],
    ids=["bad", "missing", "taken", "changed", "read"],
)
async def test_of_a_group_that_fails_nothing_is_left(
    world: World, told: Told, failing: dict[str, Any], status: int
):
    old = await _old(world.lab)
    before = await rows(world.owner)
    await told.since()
    requests = [*_everything(old), failing, request("last", "post", "Sensors", sensor("Nie"))]
    answers = await run(
        world.lab,
        *grouped("all", *requests),
        request("lost", "get", "$station"),
        request("needs", "get", "Things?$top=1", dependsOn=["all"]),
        request("needs-one", "get", "Things?$top=1", dependsOn=["device"]),
        request("free", "get", "Things?$top=1"),
    )
    wanted = [424] * (len(requests) - 2) + [status, 424] + [424, 424, 424, 200]
    assert statuses(answers) == wanted, answers
    follows = answers[0]["body"]
    assert (follows["code"], follows["failed"]) == ("failed-dependency", "bad")
    assert "location" not in answers[0]["headers"]
    assert await rows(world.owner) == before
    assert await told.since() == []


async def test_groups_stand_for_themselves_and_depend_on_others(world: World):
    answers = await run(
        world.lab,
        *grouped(
            "one",
            request("a", "post", "Things", thing("Một")),
            request("b", "post", "Sensors", sensor("Một")),
        ),
        *grouped("two", request("c", "post", "Things", thing("Hai")), request("d", "post", "Sensors", {})),
        *grouped(
            "three",
            request("e", "patch", "$a", {"name": "Ba"}, dependsOn=["one"]),
            request(
                "f", "post", "Datastreams", datastream(Thing={"@iot.id": "$a"}, Sensor={"@iot.id": "$b"})
            ),
        ),
        *grouped(
            "four", request("g", "patch", "$a", {"name": "Bốn"}), request("h", "patch", "$c", {"name": "x"})
        ),
        *grouped(
            "five", request("i", "patch", "$a", {"name": "Năm"}, dependsOn=["two"]), request("j", "get", "$a")
        ),
        request("k", "get", "$a"),
    )
    assert statuses(answers) == [201, 201, 424, 400, 200, 201, 424, 424, 424, 424, 200], answers
    assert answers[6]["body"]["failed"] == "h"  # it needs what was rolled back
    assert answers[9]["body"]["failed"] == "i"
    assert answers[-1]["body"]["name"] == "Ba"


async def test_moves_of_a_group_are_one_in_the_history_and_what_is_told_of_other_times_stays(world: World):
    places = [request(f"p{number}", "post", "Locations", location(f"Chỗ {number}")) for number in range(4)]
    later = {"time": "2100-01-01T00:00:00Z", "Locations": [{"@iot.id": "$p3"}]}
    answers = await run(
        world.lab,
        *grouped(
            "g",
            *places,
            request("a", "post", "Things", thing("Đi", Locations=[{"@iot.id": "$p0"}])),
            request("b", "patch", "$a", {"Locations": [{"@iot.id": "$p1"}]}),
            request("c", "patch", "$a", {"Locations": [{"@iot.id": "$p2"}]}),
            request("d", "post", "$a/HistoricalLocations", later),
        ),
        request("now", "get", "$a/Locations"),
        request("then", "get", "$a/HistoricalLocations?$expand=Locations&$orderby=time"),
    )
    assert statuses(answers) == [201] * 5 + [200] * 2 + [201, 200, 200], answers
    stood = [[place["name"] for place in row["Locations"]] for row in answers[-1]["body"]["value"]]
    assert stood == [["Chỗ 2"], ["Chỗ 3"]]
    assert [place["name"] for place in answers[-2]["body"]["value"]] == ["Chỗ 3"]


async def test_a_request_that_cannot_be_read_fails_its_group(world: World):
    before = await rows(world.owner)
    answers = await run(
        world.lab,
        *grouped("g", request("a", "post", "Things", thing("Không")), {"id": "b", "url": "Things"}),
        *grouped("h", request("c", "post", "Things", thing("Không")), request("d", "post", "$batch", {})),
        *grouped("i", request("e", "post", "Things", thing("Không")), request("f", "trace", "Things")),
    )
    assert statuses(answers) == [424, 400] * 3
    assert [answer["atomicityGroup"] for answer in answers] == ["g", "g", "h", "h", "i", "i"]
    assert await rows(world.owner) == before


# ---------------------------------------------------------------- multipart
def _change_set(*requests: tuple[str, Any], boundary: str = "c") -> str:
    text = f"Content-Type: multipart/mixed; boundary={boundary}\r\n\r\n"
    for number, (line, body) in enumerate(requests, start=1):
        text += (
            f"--{boundary}\r\nContent-Type: application/http\r\nContent-ID: {boundary}{number}\r\n\r\n"
            f"{line} HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{json.dumps(body)}\r\n"
        )
    return f"{text}--{boundary}--\r\n"


async def _send(provider: Provider, *pieces: str) -> list[tuple[bool, str | None, int, bytes]]:
    """Of each answer: whether it is in a change set, Content-ID, status, body."""
    body = "".join(f"--b\r\n{piece}\r\n" for piece in pieces) + "--b--\r\n"
    response = await provider.client.post(
        "/$batch",
        content=body.encode(),
        headers={"Content-Type": "multipart/mixed; boundary=b"},
        auth=("any", provider.key),
    )
    return [(one.grouped, one.name, one.status, one.body) for one in batch_answers(response)]


async def test_change_sets_are_answered_as_odata_says(world: World):
    before = await rows(world.owner)
    failing = _change_set(
        ("POST Things", thing("Không giữ")),
        ("POST $x1/Datastreams", {"name": "incomplete"}),
        ("POST Sensors", sensor("Không giữ")),
        boundary="x",
    )
    reading = _change_set(("POST Things", thing("Không giữ")), ("GET Things", None), boundary="y")
    answers = await _send(world.lab, failing, reading)
    assert [answer[:3] for answer in answers] == [(False, "x2", 400), (False, "y2", 400)]
    assert json.loads(answers[0][3])["code"] == "missing-property"
    assert await rows(world.owner) == before

    good = _change_set(
        ("POST Things", thing("Giữ lại")),
        ("POST $c1/Datastreams", datastream()),
        ("PATCH $c1", {"name": "Đã giữ"}),
    )
    reading = "Content-Type: application/http\r\n\r\nGET $c1?$expand=Datastreams HTTP/1.1\r\n\r\n\r\n"
    answers = await _send(world.lab, good, reading, failing.replace("--x", "--z").replace("=x", "=z"))
    assert [answer[:3] for answer in answers] == [
        (True, "c1", 201),
        (True, "c2", 201),
        (True, "c3", 200),
        (False, None, 200),
        (False, "x2", 400),
    ]
    whole = json.loads(answers[3][3])
    assert (whole["name"], len(whole["Datastreams"])) == ("Đã giữ", 1)


# ---------------------------------------------------------------- whatever they are
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(steps=[Step("datastream", "bơm", 0, 0), Step("delete", "van", 2, 0), Step("rename", "van", 0, 0)])
@example(steps=[Step("key", "van", 0, 0), Step("delete", "van", 1, 0), Step("key", "van", 0, 0)])
@given(steps=st.lists(STEPS, min_size=1, max_size=8))
async def test_a_group_leaves_what_its_requests_leave_one_by_one_or_nothing(world: World, steps: list[Step]):
    tag = f"g{next(_numbers)}"
    requests = requests_of(steps, tag)
    alone, together = await run(world.lab, *requests), await run(world.other, *grouped("g", *requests))
    wanted = statuses(alone)
    failing = next((number for number, status in enumerate(wanted) if status >= 400), None)
    if failing is None:
        assert statuses(together) == wanted
        assert await left(world, 2, tag) == await left(world, 1, tag) != []
    else:
        assert statuses(together) == [
            wanted[failing] if number == failing else 424 for number in range(len(requests))
        ]
        assert await left(world, 2, tag) == []
