"""Groups and others at the same moment: what is seen, who waits for whom, and what happens when a part is away."""

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator
from functools import partial
from typing import Any

import httpx
import pytest
from tests.conftest import Addresses
from tests.integration.gateway.sensor_things_writing.conftest import (
    PREFIX,
    Provider,
    World,
    datastream,
    feature,
    link,
    location,
    sensor,
    thing,
)
from tests.support.atomic_groups import Told, grouped, hearing, held, request, rows, run, statuses, waiting
from tests.support.sensor_things_writer import StaWriter

from fansipan_common.db import Database
from fansipan_common.errors import FansipanError
from fansipan_gateway.sensor_things.batch.groups import AtomicGroups
from fansipan_gateway.wiring import doors


@pytest.fixture
async def told(world: World, database_url: str) -> AsyncGenerator[Told]:
    """What is told of changes during a test."""
    async with hearing(world.owner, database_url) as heard:
        yield heard


@pytest.fixture(scope="module")
async def open_world(
    world: World, database_url: str, addresses: Addresses, serve: Any
) -> AsyncGenerator[World]:
    """The same behind a gateway that everybody may read, and that remembers answers for long."""
    settings = {
        "redis_url": addresses.redis,
        "redis_prefix": f"{secrets.token_hex(4)}:",
        "cache_seconds": 5.0,
    }
    async with serve(database_url, base_url=PREFIX, anonymous_read=True, **settings) as client:
        lab, other = (Provider(client, one.key, one.key_id) for one in (world.lab, world.other))
        yield World(world.owner, lab, other, world.part, world.blind, world.reader)


# ---------------------------------------------------------------- what is seen
@pytest.mark.parametrize("kept", [False, True], ids=["rolled-back", "kept"])
async def test_nothing_is_seen_before_the_commit_nor_after_a_rollback(
    open_world: World, database_url: str, told: Told, *, kept: bool
):
    lab, owner = open_world.lab, open_world.owner
    blocked = await lab.post("/Things", thing("Giữ"))
    other = await lab.post("/Things", thing("Trước"))
    address = f"/Things({other['@iot.id']})"

    async def seen() -> tuple[Any, ...]:
        """With ETags: from memory, and from the database."""
        listed, one = (
            await lab.client.get("http://gateway/v1/things?limit=1000"),
            await lab.client.get(address),
        )
        return listed.headers["etag"], listed.json(), one.headers["etag"], one.json()

    before, there = await seen(), await rows(owner)
    assert await seen() == before
    await told.since()
    group = [
        request("a", "patch", address[1:], {"name": "Sau"}),
        request("b", "post", "Things", thing("Mới", Locations=[location()])),
        request("c", "patch", f"Things({blocked['@iot.id']})", {"name": "Giữ hai"}),
        *([] if kept else [request("d", "post", "Things", {})]),
    ]
    async with held(database_url, blocked["@iot.id"]):
        running = asyncio.create_task(run(lab, *grouped("g", *group)))
        await waiting(owner)  # two are done
        assert await seen() == before
        assert await rows(owner) == there
        assert await told.since() == []
    answers = await running
    after = await seen()
    if not kept:
        assert statuses(answers) == [424, 424, 424, 400]
        assert (after, await rows(owner)) == (before, there)
        assert await told.since() == []
        return
    assert statuses(answers) == [200, 201, 200]
    assert after[0] != before[0]
    assert after[2] != before[2]
    assert {"Sau", "Mới", "Giữ hai"} <= {item["name"] for item in after[1]["items"]}
    assert after[3]["name"] == "Sau"
    assert (await told.since()).count(("updated", "Things")) == 2


async def test_a_server_of_its_own_runs_groups_as_well(writer: StaWriter):
    """With what stands between its socket and the doors."""
    requests = [
        request("a", "post", "Things", thing("Máy chủ")),
        request("b", "post", "$a/Datastreams", datastream("Máy chủ")),
    ]
    good = await writer.post(
        "$batch", {"requests": [*grouped("g", *requests), request("c", "get", "$b/Thing")]}
    )
    assert statuses(good.json()["responses"]) == [201, 201, 200], good.text
    bad = [*grouped("g", *requests, request("c", "post", "Things", {})), request("d", "get", "$a")]
    answers = (await writer.post("$batch", {"requests": bad})).json()["responses"]
    assert statuses(answers) == [424, 424, 400, 424]
    found = await writer.get("Things?$filter=name eq 'Máy chủ'&$count=true")
    assert found["@iot.count"] == 1


# ---------------------------------------------------------------- at the same moment
async def test_of_two_groups_that_change_what_both_have_seen_one_wins(world: World):
    lab = world.lab
    station = await lab.post("/Things", thing("Cùng lúc"))
    address = f"Things({station['@iot.id']})"
    etag = (await lab.client.get(f"/{address}", auth=("any", lab.key))).headers["etag"]

    def group(name: str) -> list[dict[str, Any]]:
        first = request("a", "post", "Sensors", sensor(f"Cùng lúc {name}"))
        return [
            *grouped("g", first, request("b", "patch", address, {"name": name}, headers={"if-match": etag}))
        ]

    outcomes = await asyncio.gather(*(run(lab, *group(str(number))) for number in range(4)))
    assert sorted(map(statuses, outcomes)) == [[201, 200], [424, 412], [424, 412], [424, 412]]
    winner = next(str(number) for number, answers in enumerate(outcomes) if statuses(answers) == [201, 200])
    assert (await lab.get(f"/{address}"))["name"] == winner
    left = (await lab.get("/Sensors", filter="startswith(name,'Cùng lúc')"))["value"]
    assert [one["name"] for one in left] == [f"Cùng lúc {winner}"]


async def test_of_two_groups_that_wait_for_each_other_one_gives_way(open_world: World, database_url: str):
    """Each deletes a place of its own, and then lets a Thing stand at the place that the other deletes."""
    clients = [open_world.lab, open_world.other]
    places = [await client.post("/Locations", location("Của ta")) for client in clients]
    things = [await client.post("/Things", thing("Của ta")) for client in clients]

    def group(own: int) -> list[dict[str, Any]]:
        return [
            *grouped(
                "g",
                request("a", "delete", f"Locations({places[own]['@iot.id']})"),
                request("b", "patch", f"Things({things[own]['@iot.id']})", {"name": "Đã đổi"}),
                request("c", "post", "Things", thing("Chỗ kia", Locations=[link(places[1 - own])])),
            )
        ]

    async with held(database_url, *(one["@iot.id"] for one in things)):
        running = [asyncio.create_task(run(client, *group(own))) for own, client in enumerate(clients)]
        await waiting(open_world.owner, 2)
    outcomes = [await task for task in running]
    assert sorted(map(statuses, outcomes)) == [[200, 200, 201], [424, 424, 503]], outcomes
    loser = next(number for number, answers in enumerate(outcomes) if answers[2]["status"] == 503)
    assert outcomes[loser][2]["body"]["code"] == "conflicting-changes"
    assert outcomes[loser][2]["headers"]["retry-after"] == "1"
    addresses = [f"/Locations({place['@iot.id']})" for place in places]
    assert await clients[loser].status(addresses[loser]) == 200
    assert await clients[loser].status(addresses[1 - loser]) == 404
    assert (await clients[loser].get(f"/Things({things[loser]['@iot.id']})"))["name"] == "Của ta"


async def test_single_writes_wait_for_a_group_without_a_connection_each(world: World, database_url: str):
    """Else those of one provider would take all connections from everybody."""
    lab, owner = world.lab, world.owner
    blocked = await lab.post("/Things", thing("Đợi"))
    group = grouped(
        "g",
        request("a", "post", "Things", thing("Nhóm đợi")),
        request("b", "patch", f"Things({blocked['@iot.id']})", {"name": "Đợi hai"}),
    )
    async with held(database_url, blocked["@iot.id"]):
        running = asyncio.create_task(run(lab, *group))
        await waiting(owner)
        others = [asyncio.create_task(lab.send("POST", "/Sensors", sensor("Đợi"))) for _ in range(20)]
        await waiting(owner, 2)
        assert await world.other.status("/Things") == 200
        assert len(await waiting(owner)) == 2
    assert statuses(await running) == [201, 200]
    assert {(await other).status_code for other in others} == {201}


# ---------------------------------------------------------------- when a part is away
async def _is_as_before(world: World, there: dict[str, Any]) -> None:
    assert await rows(world.owner) == there
    assert await world.lab.status("/Things") == 200


async def test_when_the_database_loses_a_group_nothing_is_left(world: World, database_url: str, told: Told):
    lab, owner = world.lab, world.owner
    blocked = await lab.post("/Things", thing("Mất"))
    there = await rows(owner)
    await told.since()
    group = [
        request("a", "post", "Things", thing("Mất luôn")),
        request("b", "patch", f"Things({blocked['@iot.id']})", {"name": "Mất hai"}),
        request("c", "post", "Things", thing("Mất luôn")),
    ]
    async with held(database_url, blocked["@iot.id"]):
        running = asyncio.create_task(run(lab, *grouped("g", *group), request("d", "get", "Things?$top=1")))
        (process,) = await waiting(owner)
        await owner.execute("SELECT pg_terminate_backend($1)", process)
        answers = await running
    assert statuses(answers) == [424, 503, 424, 200]
    assert answers[1]["body"]["code"] == "database-away"
    assert int(answers[1]["headers"]["retry-after"]) > 0
    await _is_as_before(world, there)
    assert await told.since() == []


async def test_a_group_whose_request_is_given_up_leaves_nothing(world: World, database_url: str):
    lab, owner = world.lab, world.owner
    blocked = await lab.post("/Things", thing("Bỏ"))
    there = await rows(owner)
    async with held(database_url, blocked["@iot.id"]):
        group = grouped(
            "g",
            request("a", "post", "Things", thing("Bỏ luôn")),
            request("b", "patch", f"Things({blocked['@iot.id']})", {"name": "Bỏ hai"}),
        )
        running = asyncio.create_task(run(lab, *group))
        await waiting(owner)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    await _is_as_before(world, there)


async def test_a_group_is_bounded_in_time_and_number_and_in_waiting_for_locks(
    world: World, database_url: str, serve: Any, monkeypatch: pytest.MonkeyPatch
):
    lab, owner = world.lab, world.owner
    blocked = await lab.post("/Things", thing("Lâu"))
    database = Database(database_url, application="test", max_size=3)
    groups = AtomicGroups(database, at_once=1, seconds=0.4, lock=0.1, patience=0.1)

    async def change(statement: str, sender: str = "a") -> None:
        async with groups.begin(sender), database.connection(joining=True) as connection:
            await connection.execute("UPDATE thing SET name = 'Lâu hai' WHERE id = $1", blocked["@iot.id"])
            await connection.execute(statement)

    async def fault(statement: str, sender: str = "a") -> str:
        with pytest.raises(FansipanError) as caught:
            await change(statement, sender)
        return caught.value.code

    try:
        began = time.monotonic()
        slow = asyncio.create_task(fault("SELECT pg_sleep(20)"))
        await asyncio.sleep(0.05)
        assert await fault("SELECT 1", "b") == "groups-busy"
        assert await slow == "group-timeout"
        assert time.monotonic() - began < 5
        async with held(database_url, blocked["@iot.id"]):
            assert await fault("SELECT 1") == "database-away"
        await change("SELECT 1")  # the place is free again, and the thing unlocked
        assert (await lab.get(f"/Things({blocked['@iot.id']})"))["name"] == "Lâu hai"
    finally:
        await database.close()
    monkeypatch.setattr(doors, "AtomicGroups", partial(AtomicGroups, seconds=0.4))
    async with serve(database_url, base_url=PREFIX) as client, held(database_url, blocked["@iot.id"]):
        hasty = Provider(client, lab.key, lab.key_id)
        there = await rows(owner)
        patched = request("b", "patch", f"Things({blocked['@iot.id']})", {"name": "Lâu ba"})
        answers = await run(hasty, *grouped("g", request("a", "post", "Things", thing("Lâu luôn")), patched))
        assert statuses(answers) == [424, 503]
        assert answers[1]["body"]["code"] == "group-timeout"
        assert statuses(await run(hasty, request("a", "get", "Things?$top=1"))) == [200]
        assert await rows(owner) == there
    many = [request(str(number), "post", "Things", thing()) for number in range(101)]
    answer = await lab.send("POST", "/$batch", {"requests": [*grouped("g", *many)]})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-batch")
    assert await owner.fetchval("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'test'") == 0


# ---------------------------------------------------------------- observations
async def test_observations_fail_their_group_before_anything_is_run(
    writer: StaWriter, http: httpx.AsyncClient
):
    seen = await writer.post(f"Datastreams({writer.numbers})/Observations", {"result": 1}, timeout=60.0)
    address = seen.headers["location"]
    observed = {"result": 2, "Datastream": {"@iot.id": writer.numbers}}
    deep = thing("Kèm", Datastreams=[datastream(Observations=[{"result": 1}])])
    for number, bad in enumerate(
        [
            request("bad", "post", "Observations", observed),
            request("bad", "post", f"Datastreams({writer.numbers})/Observations", {"result": 2}),
            request("bad", "post", "CreateObservations", []),
            request("bad", "post", "Things", deep),
            request("bad", "post", "FeaturesOfInterest", feature(Observations=[observed])),
            request("bad", "patch", address, {"result": 3}),
            request("bad", "delete", "$seen"),
            request("bad", "post", "$made/Datastreams", datastream(Observations=[{"result": 1}])),
        ]
    ):
        name = f"Không {number}"
        answer = await writer.post(
            "$batch",
            {
                "requests": [
                    request("seen", "get", address),
                    *grouped("g", request("made", "post", "Things", thing(name)), bad),
                ]
            },
        )
        answers = answer.json()["responses"]
        assert statuses(answers) == [200, 424, 501], bad
        assert answers[2]["body"]["code"] == "observations-not-atomic"
        assert (await writer.get(f"Things?$filter=name eq '{name}'"))["value"] == []
    assert (await http.get(address, auth=("any", writer.key))).json()["result"] == 1


async def test_observations_that_are_seen_only_on_the_way_fail_their_group_as_well(
    writer: StaWriter, http: httpx.AsyncClient
):
    """A feature with Observations, which would go with it; and what a GET of the group itself has found."""
    place = (await writer.post("FeaturesOfInterest", feature("Có số đo"))).json()["@iot.id"]
    observed = {"result": 1, "FeatureOfInterest": {"@iot.id": place}}
    seen = await writer.post(f"Datastreams({writer.numbers})/Observations", observed, timeout=60.0)
    for requests in (
        [request("bad", "delete", f"FeaturesOfInterest({place})")],
        [request("seen", "get", seen.headers["location"]), request("bad", "patch", "$seen", {"result": 2})],
    ):
        group = grouped("g", request("made", "post", "Things", thing("Trên đường")), *requests)
        answers = (await writer.post("$batch", {"requests": [*group]})).json()["responses"]
        assert statuses(answers) == [424] * len(requests) + [501], answers
    assert (await writer.get("Things?$filter=name eq 'Trên đường'"))["value"] == []
    assert (await http.get(seen.headers["location"], auth=("any", writer.key))).json()["result"] == 1


async def test_what_only_looks_like_observations_is_kept(world: World):
    body = thing(
        "Observations",
        properties={"Observations": [{"result": 1}]},
        Datastreams=[datastream(Observations=[])],
    )
    answers = await run(
        world.lab,
        *grouped(
            "g",
            request("a", "post", "Things", body),
            request("b", "get", "$a/Datastreams?$expand=Observations"),
        ),
    )
    assert statuses(answers) == [201, 200], answers
