"""What could not be used is listed with its reason, corrected, and sent again: on the real stack, from end to end."""

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import orjson
import pytest
from pwdlib import PasswordHash
from tests.conftest import Addresses
from tests.integration.conftest import Sender
from tests.support.kafka import publish
from tests.support.providers import Credentials

from fansipan_common.contracts import TopicName
from fansipan_gateway.dead_letters.schemas import DeadLetterDetail, DeadLetterList

START = "2026-07-01T08:00:00+07:00"


@dataclass(frozen=True, slots=True)
class Desk:
    """The gateway as an operator uses it."""

    http: httpx.AsyncClient
    url: str
    auth: tuple[str, str]

    async def get(self, path: str, **params: Any) -> httpx.Response:
        return await self.http.get(self.url + path, params=params, auth=self.auth)

    async def replay(self, letter: int, body: Any = None) -> httpx.Response:
        return await self.http.post(
            f"{self.url}/v1/admin/dead-letters/{letter}/replay",
            auth=self.auth,
            **({} if body is None else {"json": body}),
        )

    async def letters(self, provider: str, count: int = 1, **params: Any) -> list[dict[str, Any]]:
        """The letters of a provider, once there are `count` of them; newest first."""
        until = time.monotonic() + 15.0
        while True:
            answer = await self.get("/v1/admin/dead-letters", provider=provider, **params)
            assert answer.status_code == 200, answer.text
            DeadLetterList.model_validate(answer.json())
            items = answer.json()["items"]
            if len(items) >= count:
                assert len(items) == count
                return items
            assert time.monotonic() < until, f"{len(items)} of {count} letters after 15 s"
            await asyncio.sleep(0.1)


@pytest.fixture
def desk(http: httpx.AsyncClient, addresses: Addresses) -> Desk:
    return Desk(http, addresses.gateway, addresses.operator)


async def test_a_bad_reading_is_listed_corrected_and_stored(
    desk: Desk, sender: Sender, credentials: Credentials, owner: "asyncpg.Connection[Any]"
):
    stream = f"{credentials.provider}/station/pm25"
    good = {"datastream": stream, "phenomenonTime": START, "result": 20.5}
    await sender.store([good])
    wrong = {"datastream": stream, "phenomenonTime": "2026-07-01T09:00:00+07:00", "result": "23,4"}
    answer = await sender.observations([wrong])
    assert [item["code"] for item in answer.json()["rejected"]] == ["result-type"]

    [letter] = await desk.letters(credentials.provider)
    assert (letter["kind"], letter["code"], letter["replayable"]) == ("observation", "result-type", True)
    assert letter["replay"] is None
    detail = (await desk.get(f"/v1/admin/dead-letters/{letter['id']}")).json()
    DeadLetterDetail.model_validate(detail)
    assert detail["payload"] == wrong
    assert detail["detail"] == answer.json()["rejected"][0]["detail"]

    unchanged = await desk.replay(letter["id"])
    assert unchanged.status_code == 200, unchanged.text
    replay = unchanged.json()["replay"]
    assert (replay["outcome"], replay["corrected"], replay["by"]) == ("refused", False, desk.auth[0])
    assert [reason["code"] for reason in replay["reasons"]] == ["result-type"]

    corrected = await desk.replay(letter["id"], {"payload": wrong | {"result": 23.4}})
    assert corrected.status_code == 200, corrected.text
    replay = corrected.json()["replay"]
    assert (replay["outcome"], replay["stored"], replay["corrected"], replay["reasons"]) == (
        "accepted",
        True,
        True,
        [],
    )
    read = (
        await desk.get("/v1/observations", datastream=stream, granularity="raw", **{"from": START})
    ).json()
    assert [item["result"] for item in read["items"]] == [20.5, 23.4]

    again = await desk.replay(letter["id"], {"payload": wrong | {"result": 23.4}})
    assert again.json()["replay"]["outcome"] == "accepted"
    rows = await owner.fetch(
        "SELECT result FROM observation o JOIN datastream d ON d.id = o.datastream_id WHERE d.key = $1"
        " ORDER BY phenomenon_time",
        stream,
    )
    assert [row["result"] for row in rows] == [20.5, 23.4]
    assert (
        await owner.fetchval(
            "SELECT count(*) FROM observation_history h JOIN datastream d ON d.id = h.datastream_id WHERE d.key = $1",
            stream,
        )
        == 0
    )

    # what was refused at a replay is no second letter; the list shows who replayed what
    [listed] = await desk.letters(credentials.provider, replayed="true")
    assert (listed["id"], listed["replay"]["outcome"]) == (letter["id"], "accepted")
    assert await desk.letters(credentials.provider, 0, replayed="false") == []
    events = await owner.fetch(
        "SELECT actor, details FROM audit_event WHERE action = 'dead-letter.replayed' AND object = $1 ORDER BY id",
        f"dead-letter/{letter['id']}",
    )
    assert [event["details"]["outcome"] for event in events] == ["refused", "accepted", "accepted"]
    assert {event["actor"] for event in events} == {desk.auth[0]}
    assert orjson.loads(events[1]["details"]["payload"])["result"] == 23.4


async def test_service_events_and_lines_that_are_no_json(
    desk: Desk, sender: Sender, credentials: Credentials, owner: "asyncpg.Connection[Any]"
):
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": "dead-1",
        "source": "/agencies/so-tu-phap",
        "type": "vn.fansipan.dossier.received.v1",
        "time": START,
        "data": {"dossierId": "dead-1", "agency": "so-tu-phap", "procedure": "1.000688", "channel": "online"},
    }
    bad = event | {"data": event["data"] | {"citizenName": "Nguyễn Văn A"}}
    assert (await sender.events([bad])).json()["accepted"] == 0
    await sender.observations(b'{"datastream": ', headers={"content-type": "application/x-ndjson"})
    line, letter = await desk.letters(credentials.provider, 2)
    assert letter["kind"] == "service-event"
    accepted = await desk.replay(letter["id"], {"payload": event})
    assert accepted.json()["replay"]["outcome"] == "accepted", accepted.text
    assert (
        await owner.fetchval(
            "SELECT count(*) FROM service_event e JOIN provider p ON p.id = e.provider_id WHERE p.key = $1",
            credentials.provider,
        )
        == 1
    )
    assert (await desk.get(f"/v1/admin/dead-letters/{line['id']}")).json()["payload"] == '{"datastream": '
    refused = (await desk.replay(line["id"])).json()["replay"]
    assert (refused["outcome"], len(refused["reasons"])) == ("refused", 1)


async def test_what_was_too_large_to_keep_needs_a_corrected_body(
    desk: Desk, sender: Sender, credentials: Credentials
):
    own = {"datastream": f"{credentials.provider}/a/b", "phenomenonTime": START, "result": 1}
    await sender.observations([own | {"phenomenonTime": "later", "parameters": {"note": "x" * 70_000}}])
    [letter] = await desk.letters(credentials.provider)
    detail = (await desk.get(f"/v1/admin/dead-letters/{letter['id']}")).json()
    DeadLetterDetail.model_validate(detail)
    assert (detail["payload"], detail["payloadComplete"], len(detail["payloadText"])) == (None, False, 65_536)
    refused = await desk.replay(letter["id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "body-needed")
    assert (await desk.replay(letter["id"], {"payload": own})).json()["replay"]["outcome"] == "accepted"


async def test_odd_values_are_shown_and_refused_again(desk: Desk, sender: Sender, credentials: Credentials):
    own = {"datastream": f"{credentials.provider}/a/b", "phenomenonTime": START}
    huge = orjson.dumps([own | {"phenomenonTime": "later", "result": 0}]).replace(
        b'"result":0', b'"result":' + b"9" * 40
    )
    await sender.observations(huge)
    await sender.observations([own | {"result": "a\0b"}])
    nul, number = await desk.letters(credentials.provider, 2)
    for letter, result in ((number, int("9" * 40)), (nul, "a\0b")):
        detail = await desk.get(f"/v1/admin/dead-letters/{letter['id']}")
        assert json.loads(detail.text)["payload"]["result"] == result
        refused = (await desk.replay(letter["id"])).json()["replay"]
        assert (refused["outcome"], refused["reasons"][0]["code"]) == ("refused", letter["code"])
    for body in (b'{"payload": {"result": "\\ud800"}}', b'{"payload": NaN}', b'{"payload": "\\u0000"}'):
        answer = await desk.http.post(
            f"{desk.url}/v1/admin/dead-letters/{nul['id']}/replay",
            content=body,
            headers={"Content-Type": "application/json"},
            auth=desk.auth,
        )
        assert (answer.status_code, answer.json()["replay"]["outcome"]) == (200, "refused"), answer.text


async def test_a_replay_is_in_the_name_of_its_provider_only(
    desk: Desk, sender: Sender, credentials: Credentials, owner: "asyncpg.Connection[Any]"
):
    await sender.observations([{"datastream": "demo/somebody-else/x", "phenomenonTime": START, "result": 1}])
    [letter] = await desk.letters(credentials.provider)
    refused = (await desk.replay(letter["id"])).json()["replay"]
    assert (refused["outcome"], refused["reasons"][0]["code"]) == ("refused", "datastream-forbidden")

    await owner.execute("UPDATE provider SET disabled_at = now() WHERE key = $1", credentials.provider)
    own = {"datastream": f"{credentials.provider}/a/b", "phenomenonTime": START, "result": 1}
    disabled = (await desk.replay(letter["id"], {"payload": own})).json()["replay"]
    assert (disabled["outcome"], disabled["reasons"][0]["code"]) == ("refused", "forbidden")


async def test_unusable_records_are_shown_but_belong_to_nobody(desk: Desk, addresses: Addresses):
    [offset] = await publish(addresses.kafka, TopicName.OBSERVATIONS, [(b"\xffgarbage", [])])
    place = f"{TopicName.OBSERVATIONS}/0/{offset}"
    until = time.monotonic() + 15.0
    while True:
        items = (await desk.get("/v1/admin/dead-letters", kind="record")).json()["items"]
        details = [(await desk.get(f"/v1/admin/dead-letters/{item['id']}")).json() for item in items[:5]]
        found = [detail for detail in details if detail["place"] == place]
        if found:
            break
        assert time.monotonic() < until, "the record is not listed after 15 s"
        await asyncio.sleep(0.2)
    assert (found[0]["provider"], found[0]["code"], found[0]["replayable"]) == (None, "poison-record", False)
    assert found[0]["payloadText"].endswith("garbage")
    refused = await desk.replay(found[0]["id"], {"payload": {}})
    assert (refused.status_code, refused.json()["code"]) == (409, "not-replayable")


async def test_many_letters_come_in_pages_each_once(desk: Desk, sender: Sender, credentials: Credentials):
    await sender.observations(
        [
            {"datastream": f"{credentials.provider}/a/b", "phenomenonTime": "yesterday", "result": i}
            for i in range(7)
        ]
    )
    everything = await desk.letters(credentials.provider, 7)
    pages: list[int] = []
    answer = await desk.get("/v1/admin/dead-letters", provider=credentials.provider, limit=3)
    while True:
        pages += [item["id"] for item in answer.json()["items"]]
        following = answer.json()["next"]
        if following is None:
            break
        answer = await desk.http.get(following, auth=desk.auth)
    assert pages == [item["id"] for item in everything]
    assert len(await desk.letters(credentials.provider, 0, code="result-type")) == 0
    assert len(await desk.letters(credentials.provider, 0, to="2026-01-01T00:00:00Z")) == 0


@pytest.fixture
async def viewer(owner: "asyncpg.Connection[Any]", new_provider: str) -> tuple[str, str]:
    name, password = f"viewer-{new_provider}", "mật khẩu dài"
    await owner.execute(
        "INSERT INTO operator (username, password_hash, role) VALUES ($1, $2, 'viewer')",
        name,
        PasswordHash.recommended().hash(password),
    )
    return name, password


async def test_viewers_keys_and_strangers_see_none(
    desk: Desk, viewer: tuple[str, str], credentials: Credentials
):
    for path in ("", "/1"):
        url = f"{desk.url}/v1/admin/dead-letters{path}"
        assert (await desk.http.get(url)).status_code == 401
        assert (await desk.http.get(url, auth=viewer)).status_code == 403
        with_key = await desk.http.get(url, headers={"Authorization": f"Bearer {credentials.key}"})
        assert with_key.status_code == 403
    assert (
        await desk.http.post(f"{desk.url}/v1/admin/dead-letters/1/replay", auth=viewer)
    ).status_code == 403
    unknown = await desk.get(f"/v1/admin/dead-letters/{1 << 60}")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "dead-letter-unknown")


@pytest.mark.parametrize(
    "header",
    [
        "Fansipan-Internal provider=demo",
        "Fansipan-Internal provider=demo, at=1782867600, digest=" + "0" * 64 + ", signature=" + "0" * 64,
    ],
)
async def test_ingest_takes_no_internal_call_of_a_stranger(
    http: httpx.AsyncClient, addresses: Addresses, header: str
):
    answer = await http.post(
        f"{addresses.ingest}/v1/observations", json=[], headers={"Authorization": header}
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
