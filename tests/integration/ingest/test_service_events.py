"""`POST /v1/service-events`: three modes, repeats, corrections, and the dossiers that follow."""

import itertools
from collections.abc import Callable
from datetime import datetime
from typing import Any

import asyncpg
import orjson
import pytest
from tests.conftest import Addresses
from tests.support.kafka import DeadLetters, read_topic
from tests.support.providers import Credentials, make_key
from tests.support.sending import Sender

from fansipan_common.contracts import TopicName

SenderWith = Callable[[str | None], Sender]


def event(kind: str, hour: int, event_id: str | None = None, **data: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"dossierId": "d-1", "agency": "so-tu-phap"} | data
    if kind == "received":
        body = {"procedure": "1.000688", "channel": "online", "area": "02671"} | body
    return {
        "specversion": "1.0",
        "id": event_id or f"{kind}-{hour}",
        "source": "/agencies/so-tu-phap",
        "type": f"vn.fansipan.dossier.{kind}.v1",
        "time": f"2026-07-01T{hour:02d}:00:00+07:00",
        "data": body,
    }


async def stored(owner: "asyncpg.Connection[Any]", provider: str) -> list[asyncpg.Record]:
    return await owner.fetch(
        "SELECT e.* FROM service_event e JOIN provider p ON p.id = e.provider_id WHERE p.key = $1"
        " ORDER BY time, event_id",
        provider,
    )


async def dossier(
    owner: "asyncpg.Connection[Any]", provider: str, name: str = "d-1"
) -> dict[str, Any] | None:
    row = await owner.fetchrow(
        "SELECT d.* FROM dossier d JOIN provider p ON p.id = d.provider_id WHERE p.key = $1 AND dossier_id = $2",
        provider,
        name,
    )
    return None if row is None else {k: v for k, v in row.items() if k not in ("provider_id", "updated_at")}


@pytest.mark.parametrize("mode", ["binary", "structured", "batched"])
async def test_an_event_comes_in_by_every_mode(
    sender: Sender, credentials: Credentials, owner: "asyncpg.Connection[Any]", mode: str
):
    sent = event("received", 8, "tiếp nhận 1", dueAt="2026-07-08T17:00:00+07:00")
    if mode == "binary":
        headers = {f"ce-{name}": sent[name] for name in ("specversion", "source", "type", "time")}
        headers |= {"ce-id": "ti%E1%BA%BFp%20nh%E1%BA%ADn%201", "content-type": "application/json"}
        answer = await sender.events(sent["data"], headers=headers, wait="stored")
    elif mode == "structured":
        answer = await sender.events(
            sent, headers={"content-type": "application/cloudevents+json"}, wait="stored"
        )
    else:
        answer = await sender.events([sent], wait="stored")
    assert answer.status_code == 202
    assert answer.json() == {"accepted": 1, "duplicatesPossible": False, "rejected": [], "stored": True}
    [row] = await stored(owner, credentials.provider)
    assert (row["source"], row["event_id"], row["type"]) == (sent["source"], "tiếp nhận 1", sent["type"])
    assert row["time"] == datetime.fromisoformat(sent["time"])
    assert (row["subject"], row["agency"], row["area_code"]) == ("d-1", "so-tu-phap", "02671")
    assert (row["procedure"], row["channel"], row["data"]) == ("1.000688", "online", sent["data"])


async def test_the_same_again_is_one_event_and_a_change_is_a_correction(
    sender: Sender, credentials: Credentials, owner: "asyncpg.Connection[Any]"
):
    first = event("received", 8, "e-1")
    await sender.store_events(first, first)
    await sender.store_events(first)
    second = event("received", 9, "e-1", dueAt="2026-07-09T17:00:00+07:00")
    third = event("received", 10, "e-1")
    await sender.store_events(second, third, third)
    [row] = await stored(owner, credentials.provider)
    assert (row["time"], row["data"]) == (datetime.fromisoformat(third["time"]), third["data"])
    history = await owner.fetch(
        "SELECT h.time, h.data FROM service_event_history h JOIN provider p ON p.id = h.provider_id"
        " WHERE p.key = $1 ORDER BY h.id",
        credentials.provider,
    )
    assert [(h["time"], h["data"]) for h in history] == [
        (datetime.fromisoformat(each["time"]), each["data"]) for each in (first, second)
    ]
    now = await dossier(owner, credentials.provider)
    assert now is not None
    assert (now["received_at"], now["due_at"], now["event_count"]) == (row["time"], None, 1)


async def test_a_correction_may_move_an_event_to_another_dossier(
    sender: Sender, credentials: Credentials, owner: "asyncpg.Connection[Any]"
):
    await sender.store_events(event("received", 8, "e-1", dossierId="wrong"))
    assert await dossier(owner, credentials.provider, "wrong") is not None
    await sender.store_events(event("received", 8, "e-1", dossierId="right"))
    assert await dossier(owner, credentials.provider, "wrong") is None
    assert await dossier(owner, credentials.provider, "right") is not None


async def test_unknown_fields_are_refused_and_kept_as_dead_letter(
    sender: Sender, credentials: Credentials, owner: "asyncpg.Connection[Any]", dead_letters: DeadLetters
):
    wrong = event("received", 9, citizenName="Nguyễn Văn A")
    answer = await sender.events([event("received", 8), wrong], wait="stored")
    assert answer.json()["accepted"] == 1
    assert [(r["index"], r["code"]) for r in answer.json()["rejected"]] == [(1, "invalid-item")]
    assert "citizenName" in answer.json()["rejected"][0]["detail"]
    assert len(await stored(owner, credentials.provider)) == 1
    assert [letter["payload"] for letter in await dead_letters.of(credentials.provider)] == [wrong]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"time": "1970-01-01T00:00:00Z"}, "time-too-early"),
        ({"time": "2100-01-01T00:00:00Z"}, "time-in-future"),
        ({"time": 1_782_867_600}, "invalid-item"),
        ({"id": "a\0b"}, "nul-character"),
        ({"source": "\0"}, "nul-character"),
        ({"type": "com.example.other"}, "invalid-item"),
        ({"data": {"dossierId": "d", "agency": "a", "amountVnd": "BIG"}}, "number-range"),
    ],
)
async def test_an_event_that_breaks_a_rule_is_refused_alone(
    sender: Sender,
    credentials: Credentials,
    owner: "asyncpg.Connection[Any]",
    change: dict[str, Any],
    code: str,
):
    wrong = event("paid", 9) | change
    body = orjson.dumps([event("received", 8), wrong]).replace(b'"BIG"', b"1" + b"0" * 30)
    answer = await sender.events(body, wait="stored")
    assert answer.json()["accepted"] == 1, answer.text
    assert [(r["index"], r["code"]) for r in answer.json()["rejected"]] == [(1, code)]
    assert len(await stored(owner, credentials.provider)) == 1


async def test_strict_refuses_all(sender: Sender, credentials: Credentials, dead_letters: DeadLetters):
    answer = await sender.events([event("received", 8), {"id": "x"}], strict="true")
    assert answer.status_code == 422
    assert await dead_letters.of(credentials.provider) == []


LIFE = [
    event("received", 8, dueAt="2026-07-08T17:00:00+07:00"),
    event("supplement-requested", 9),
    event("supplement-received", 12),
    event("processed", 15, resultCode="granted"),
]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[1::5])
async def test_a_dossier_is_the_same_whatever_the_order_its_events_come_in(
    sender: Sender, credentials: Credentials, owner: "asyncpg.Connection[Any]", order: tuple[int, ...]
):
    for place in order:
        answer = await sender.events([LIFE[place]])
        assert answer.json()["accepted"] == 1
    await sender.store_events(LIFE[order[0]])
    now = await dossier(owner, credentials.provider)
    assert now is not None
    assert now == now | {
        "state": "processed",
        "received_at": datetime.fromisoformat("2026-07-01T08:00:00+07:00"),
        "finished_at": datetime.fromisoformat("2026-07-01T15:00:00+07:00"),
        "due_at": datetime.fromisoformat("2026-07-08T17:00:00+07:00"),
        "supplement_count": 1,
        "paused_seconds": 3 * 3600.0,
        "awaiting_since": None,
        "result_code": "granted",
        "event_count": 4,
        "channel": "online",
        "procedure": "1.000688",
    }


async def test_two_providers_with_one_identity_do_not_touch_each_other(
    sender: Sender,
    credentials: Credentials,
    sender_with: SenderWith,
    addresses: Addresses,
    owner: "asyncpg.Connection[Any]",
):
    other = make_key(addresses.database, f"{credentials.provider}-other")
    await sender.store_events(event("received", 8, "e-1", agency="mine"))
    await sender_with(other.key).store_events(
        event("received", 9, "e-1", agency="theirs"), event("rejected", 10, "e-2", agency="theirs")
    )
    [mine], theirs = await stored(owner, credentials.provider), await stored(owner, other.provider)
    assert (mine["agency"], len(theirs)) == ("mine", 2)
    my_dossier = await dossier(owner, credentials.provider)
    their_dossier = await dossier(owner, other.provider)
    assert my_dossier is not None
    assert their_dossier is not None
    assert (my_dossier["state"], their_dossier["state"]) == ("in-progress", "rejected")


async def test_in_kafka_an_event_is_a_cloud_event_whose_data_is_what_was_sent(
    sender: Sender, addresses: Addresses, new_provider: str
):
    sent = event("received", 8, new_provider, dossierId=new_provider)
    await sender.store_events(sent)
    values = await read_topic(addresses.kafka, "", TopicName.SERVICE_EVENTS)
    assert sent["data"] in [orjson.loads(value) for value in values]
