"""`POST /v1/observations`: every answer an integrator can get, and what is kept of what was refused."""

import asyncio
import functools
import gzip
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import orjson
import pytest
import zstandard
from tests.conftest import Addresses
from tests.support.kafka import DeadLetters
from tests.support.providers import Credentials, make_key
from tests.support.sending import Sender

from fansipan_common.security import Scope

SenderWith = Callable[[str | None], Sender]
TIME = "2026-07-01T08:00:00.250+07:00"


def item(
    provider: str, result: Any = 1.5, *, thing: str = "t", time: str = TIME, **more: Any
) -> dict[str, Any]:
    return {"datastream": f"{provider}/{thing}/x", "phenomenonTime": time, "result": result, **more}


async def rows_of(owner: "asyncpg.Connection[Any]", provider: str) -> list[asyncpg.Record]:
    return await owner.fetch(
        "SELECT d.key, o.* FROM observation o JOIN datastream d ON d.id = o.datastream_id"
        " WHERE d.key LIKE $1 || '/%' ORDER BY d.key, o.phenomenon_time",
        provider,
    )


async def test_a_wrong_item_is_listed_and_kept_and_its_neighbours_are_stored(
    sender: Sender, credentials: Credentials, owner: "asyncpg.Connection[Any]", dead_letters: DeadLetters
):
    provider = credentials.provider
    sent = [
        item(provider, 1, thing="a"),
        {"datastream": f"{provider}/b/x", "phenomenonTime": "yesterday", "result": 5, "note": [1, None]},
        item(provider, 2, thing="c"),
        "no object",
    ]
    answer = await sender.observations(sent, wait="stored")
    assert answer.status_code == 202
    body = answer.json()
    assert (body["accepted"], body["duplicatesPossible"], body["stored"]) == (2, False, True)
    assert [(r["index"], r["code"]) for r in body["rejected"]] == [(1, "invalid-item"), (3, "invalid-item")]
    assert "phenomenonTime" in body["rejected"][0]["detail"]
    rows = await rows_of(owner, provider)
    assert [(row["key"], row["result"]) for row in rows] == [
        (f"{provider}/a/x", 1.0),
        (f"{provider}/c/x", 2.0),
    ]
    letters = await dead_letters.of(provider)
    assert [{k: v for k, v in letter.items() if k != "payload"} for letter in letters] == body["rejected"]
    assert [letter["payload"] for letter in letters] == [sent[1], sent[3]]


TOO_DEEP = functools.reduce(lambda inner, _: {"a": inner}, range(8), {"a": 1})


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"phenomenonTime": "1970-01-01T00:00:00Z"}, "time-too-early"),
        ({"phenomenonTime": "2100-01-01T00:00:00Z"}, "time-in-future"),
        ({"resultTime": "9999-01-01T00:00:00Z"}, "time-in-future"),
        ({"resultTime": "1969-01-01T00:00:00Z"}, "time-too-early"),
        ({"result": "wet"}, "result-type"),
        ({"result": True}, "result-type"),
        ({"result": 1e300}, "invalid-item"),
        ({"parameters": {"a": "x\0y"}}, "nul-character"),
        ({"parameters": {"a\0": 1}}, "nul-character"),
        ({"parameters": {"a": "BIG"}}, "number-range"),
        ({"parameters": TOO_DEEP}, "too-deep"),
        ({"datastream": "nonsense"}, "datastream-key"),
        ({"datastream": 2_000_000}, "datastream-unknown"),
        ({"datastream": 10_000_000_000}, "datastream-unknown"),
        ({"datastream": "demo/t/x"}, "datastream-forbidden"),
    ],
)
async def test_an_item_that_breaks_a_rule_is_refused_alone(
    sender: Sender,
    credentials: Credentials,
    owner: "asyncpg.Connection[Any]",
    dead_letters: DeadLetters,
    change: dict[str, Any],
    code: str,
):
    good = item(credentials.provider)
    wrong = item(credentials.provider, time="2026-07-01T08:00:01Z") | change
    body = orjson.dumps([good, wrong]).replace(b'"BIG"', b"1" + b"0" * 30)
    answer = await sender.observations(body, wait="stored")
    assert answer.status_code == 202, answer.text
    assert answer.json()["accepted"] == 1
    assert [(r["index"], r["code"]) for r in answer.json()["rejected"]] == [(1, code)]
    assert len(await rows_of(owner, credentials.provider)) == 1
    [letter] = await dead_letters.of(credentials.provider)
    assert letter["code"] == code
    assert letter["payload"] == orjson.loads(orjson.dumps(wrong).replace(b'"BIG"', b"1" + b"0" * 30))


@pytest.mark.parametrize("body", [b"", b"{", b"nope", b"[1,", b"3", b"[NaN]", b"\xff"])
async def test_a_body_that_is_no_json_is_a_problem(sender: Sender, body: bytes):
    answer = await sender.observations(body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "bad-request"
    assert answer.json()["instance"] == "/v1/observations"


async def test_without_the_right_to_register_an_unknown_datastream_is_refused(
    sender_with: SenderWith, addresses: Addresses, new_provider: str, dead_letters: DeadLetters
):
    key = make_key(addresses.database, new_provider, auto_register=False)
    answer = await sender_with(key.key).observations([item(new_provider)])
    assert answer.status_code == 202
    assert answer.json()["accepted"] == 0
    assert answer.json()["rejected"][0]["code"] == "datastream-unknown"
    assert [letter["code"] for letter in await dead_letters.of(new_provider)] == ["datastream-unknown"]


async def test_with_it_the_datastream_is_registered_and_has_an_id(
    sender: Sender, credentials: Credentials, owner: "asyncpg.Connection[Any]"
):
    await sender.store(
        [item(credentials.provider, 20, thing="s") | {"datastream": f"{credentials.provider}/s/pm2_5"}]
    )
    stream = await owner.fetchrow(
        "SELECT id, observation_type, unit_definition FROM datastream WHERE key = $1",
        f"{credentials.provider}/s/pm2_5",
    )
    assert stream is not None
    assert stream["unit_definition"] == "ug/m3"
    assert stream["observation_type"].endswith("OM_Measurement")
    by_id = {"datastream": stream["id"], "phenomenonTime": "2026-07-01T09:00:00+07:00", "result": 21}
    await sender.store([by_id])
    assert [row["result"] for row in await rows_of(owner, credentials.provider)] == [20.0, 21.0]


async def test_nobody_writes_to_the_datastream_of_another(
    sender: Sender,
    credentials: Credentials,
    addresses: Addresses,
    sender_with: SenderWith,
    owner: "asyncpg.Connection[Any]",
):
    await sender.store([item(credentials.provider)])
    stream = await owner.fetchval("SELECT id FROM datastream WHERE key = $1", f"{credentials.provider}/t/x")
    other = make_key(addresses.database, f"{credentials.provider}-other")
    foreign = item(credentials.provider, 666, time="2026-07-02T00:00:00Z")
    answer = await sender_with(other.key).observations([foreign, foreign | {"datastream": stream}])
    assert answer.json()["accepted"] == 0
    assert [r["code"] for r in answer.json()["rejected"]] == ["datastream-forbidden"] * 2


async def test_a_key_may_be_held_to_some_datastreams(
    sender_with: SenderWith, addresses: Addresses, new_provider: str
):
    key = make_key(addresses.database, new_provider, prefixes=(f"{new_provider}/a/",))
    answer = await sender_with(key.key).observations(
        [item(new_provider, thing="a"), item(new_provider, thing="ab")]
    )
    assert answer.json()["accepted"] == 1
    assert [(r["index"], r["code"]) for r in answer.json()["rejected"]] == [(1, "datastream-forbidden")]


@pytest.mark.parametrize("key", [None, "nonsense", "fsp_aaaaaaaaaaaa_" + "A" * 43])
async def test_without_a_known_key_nothing_is_taken(sender_with: SenderWith, key: str | None):
    answer = await sender_with(key).observations([])
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["code"] == "unauthorized"


async def test_a_key_that_only_reads_does_not_write(
    sender_with: SenderWith, addresses: Addresses, new_provider: str
):
    key = make_key(addresses.database, new_provider, scopes=(Scope.READ,))
    answer = await sender_with(key.key).observations([item(new_provider)])
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_an_expired_key_is_refused(sender_with: SenderWith, addresses: Addresses, new_provider: str):
    key = make_key(addresses.database, new_provider, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    answer = await sender_with(key.key).observations([item(new_provider)])
    assert answer.status_code == 401
    assert "expired" in answer.json()["detail"]


async def test_a_revoked_key_is_refused_within_a_second(
    sender: Sender, credentials: Credentials, owner: "asyncpg.Connection[Any]"
):
    assert (await sender.observations([item(credentials.provider)])).status_code == 202
    await owner.execute("UPDATE api_key SET revoked_at = now() WHERE id = $1", credentials.key_id)
    revoked = time.monotonic()
    while (answer := await sender.observations([item(credentials.provider)])).status_code == 202:
        assert time.monotonic() < revoked + 1.0
        await asyncio.sleep(0.02)
    assert answer.status_code == 401
    assert "revoked" in answer.json()["detail"]


async def test_a_body_of_50_mb_gets_its_answer(sender: Sender):
    answer = await sender.observations(b"[" + b" " * 50_000_000 + b"]")
    assert answer.status_code == 413
    assert answer.json()["code"] == "payload-too-large"
    assert answer.json()["maxBytes"] == 10 * 1024 * 1024


async def test_what_unpacks_to_more_than_the_limit_is_refused(sender: Sender):
    answer = await sender.observations(gzip.compress(b" " * 50_000_000), headers={"content-encoding": "gzip"})
    assert answer.status_code == 413


@pytest.mark.parametrize("encoding", ["gzip", "zstd", "identity"])
@pytest.mark.parametrize("media_type", ["application/json", "application/x-ndjson; charset=utf-8"])
async def test_forms_of_a_body(
    sender: Sender,
    credentials: Credentials,
    owner: "asyncpg.Connection[Any]",
    encoding: str,
    media_type: str,
):
    items = [item(credentials.provider, n, time=f"2026-07-01T08:00:{n:02d}Z") for n in range(20)]
    body = orjson.dumps(items) if "ndjson" not in media_type else b"\n".join(map(orjson.dumps, items))
    if encoding == "gzip":
        body = gzip.compress(body)
    elif encoding == "zstd":
        body = zstandard.compress(body)
    answer = await sender.observations(
        body, headers={"content-type": media_type, "content-encoding": encoding}, wait="stored"
    )
    assert (answer.status_code, answer.json()["accepted"]) == (202, 20), answer.text
    assert [row["result"] for row in await rows_of(owner, credentials.provider)] == list(range(20))


async def test_a_line_that_is_no_json_is_refused_alone(
    sender: Sender, credentials: Credentials, dead_letters: DeadLetters
):
    lines = [orjson.dumps(item(credentials.provider)), b"1},{", orjson.dumps(item(credentials.provider, 2))]
    answer = await sender.observations(b"\n".join(lines), headers={"content-type": "application/x-ndjson"})
    assert answer.json()["accepted"] == 2
    assert [(r["index"], r["code"]) for r in answer.json()["rejected"]] == [(1, "invalid-json")]
    assert [letter["payload"] for letter in await dead_letters.of(credentials.provider)] == ["1},{"]


async def test_strict_refuses_the_whole_request_and_leaves_no_trace(
    sender: Sender, credentials: Credentials, owner: "asyncpg.Connection[Any]", dead_letters: DeadLetters
):
    answer = await sender.observations(
        [item(credentials.provider), item(credentials.provider, time="1970-01-01T00:00:00Z")], strict="true"
    )
    assert answer.status_code == 422
    problem = answer.json()
    assert (problem["code"], problem["accepted"]) == ("unprocessable", 0)
    assert [(r["index"], r["code"]) for r in problem["rejected"]] == [(1, "time-too-early")]
    await sender.store([item(credentials.provider, thing="later")])  # whatever came before is stored by now
    assert [row["key"] for row in await rows_of(owner, credentials.provider)] == [
        f"{credentials.provider}/later/x"
    ]
    assert await dead_letters.of(credentials.provider) == []


async def test_strict_with_nothing_wrong_is_as_without(sender: Sender, credentials: Credentials):
    answer = await sender.observations([item(credentials.provider)], strict="true")
    assert (answer.status_code, answer.json()["accepted"]) == (202, 1)


async def test_results_of_every_type_are_stored_as_they_are(
    sender: Sender, credentials: Credentials, owner: "asyncpg.Connection[Any]"
):
    results: dict[str, Any] = {
        "bool": False,
        "number": -0.1,
        "object": {"đ": [1, {"a": None}], "b": True},
        "text": 'ẩm ướt "x" \\ 🌧',
    }
    await sender.store(
        item(
            credentials.provider,
            result,
            thing=thing,
            resultQuality="suspect",
            resultTime="2026-07-01T08:00:01Z",
            parameters={"k": [1.5, "v"]},
        )
        for thing, result in results.items()
    )
    rows = await rows_of(owner, credentials.provider)
    stored = {
        row["key"].split("/")[1]: row["result"] if row["result_json"] is None else row["result_json"]
        for row in rows
    }
    assert stored == results
    assert type(stored["bool"]) is bool
    for row in rows:
        assert row["phenomenon_time"] == datetime.fromisoformat(TIME)
        assert row["result_quality"] == 1
        assert row["result_time"] == datetime(2026, 7, 1, 8, 0, 1, tzinfo=UTC)
        assert row["parameters"] == {"k": [1.5, "v"]}


async def test_text_with_the_nul_character_is_refused(sender: Sender, credentials: Credentials):
    answer = await sender.observations([item(credentials.provider, "a\0b")])
    assert [r["code"] for r in answer.json()["rejected"]] == ["nul-character"]


async def test_an_empty_array_is_accepted(sender: Sender):
    answer = await sender.observations([], wait="stored")
    assert answer.status_code == 202
    assert answer.json() == {"accepted": 0, "duplicatesPossible": False, "rejected": [], "stored": True}


async def test_the_number_of_items_is_bounded(sender: Sender, credentials: Credentials):
    answer = await sender.observations([item(credentials.provider)] * 10_001)
    assert (answer.status_code, answer.json()["maxItems"]) == (413, 10_000)


@pytest.mark.parametrize("headers", [{"content-type": "text/csv"}, {"content-encoding": "br"}])
async def test_other_forms_are_named_unsupported(sender: Sender, headers: dict[str, str]):
    answer = await sender.observations(b"[]", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")


async def test_numbers_that_grow_in_kafkas_form_are_refused_not_broken(
    sender: Sender, credentials: Credentials
):
    long_form = b"[" + b",".join([b"1e9"] * 2_400_000) + b"]"
    body = orjson.dumps([item(credentials.provider, parameters={"a": 0})]).replace(
        b'"a":0', b'"a":' + long_form
    )
    answer = await sender.observations(body)
    assert (answer.status_code, answer.json()["code"]) == (413, "record-too-large")
    await sender.store([item(credentials.provider)])  # the producer is well
