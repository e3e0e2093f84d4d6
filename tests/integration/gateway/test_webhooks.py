"""Webhooks from the door to the receiver: kept by the gateway, sent by analytics, checked by a reference library."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import asyncpg
import httpx
import orjson
import pytest
from pwdlib import PasswordHash
from pydantic import SecretStr
from standardwebhooks import Webhook
from tests.integration.conftest import connect
from tests.integration.gateway.conftest import Serve, World

from fansipan_analytics.webhooks.queue import WebhookQueue
from fansipan_analytics.webhooks.sender import WebhookSender
from fansipan_analytics.webhooks.worker import WebhookDeliveries
from fansipan_common.db import Database
from fansipan_common.telemetry import metrics_of
from fansipan_common.webhooks import RootKeys

ROOT = SecretStr("r" * 40)
AN, ADMIN = ("an", "mật khẩu dài"), ("quan-tri", "mật khẩu dài")
BASE = "/v1/provider/demo/webhooks"
_TAKE = "DELETE FROM outbox RETURNING id, topic, key, type, data::text AS data, created_at"


@dataclass
class Receiver:
    """A real HTTP receiver that answers as it is told, then 204."""

    answers: list[int] = field(default_factory=list[int])
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list[tuple[dict[str, str], bytes]])
    url: str = ""
    fails_for: str | None = None

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:] if line)}
        self.got.append((headers, await reader.readexactly(int(headers["content-length"]))))
        status = self.answers.pop(0) if self.answers else 204
        if orjson.loads(self.got[-1][1])["subject"] == self.fails_for:
            status = 500
        writer.write(
            b"HTTP/1.1 %d x\r\nlocation: /x\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno" % status
        )
        await writer.drain()
        writer.close()

    def events(self) -> list[dict[str, Any]]:
        return [orjson.loads(body) for _, body in self.got]


@pytest.fixture
async def receiver() -> AsyncGenerator[Receiver]:
    made = Receiver()
    server = await asyncio.start_server(made.handle, "127.0.0.1", 0)
    made.url = f"http://localhost:{server.sockets[0].getsockname()[1]}/hook"
    yield made
    server.close()
    await server.wait_closed()


@pytest.fixture(scope="module")
async def served(world: World, serve: Serve) -> AsyncGenerator[httpx.AsyncClient]:
    connection = await connect(world.url)
    digest = PasswordHash.recommended().hash(AN[1])
    await connection.execute(
        "INSERT INTO operator (username, password_hash, role)"
        " VALUES ('an', $1, 'integrator'), ('quan-tri', $1, 'admin')",
        digest,
    )
    await connection.execute("INSERT INTO provider_member (username, provider_id) VALUES ('an', 1)")
    await connection.close()
    async with serve(world.url, webhook_root_key=ROOT, webhook_allow_http=True) as client:
        yield client


@dataclass
class Post:
    """The part of analytics: takes the outbox, delivers."""

    database: Database
    connection: "asyncpg.Connection[Any]"
    queue: WebhookQueue
    sender: WebhookSender

    def worker(self, **options: Any) -> WebhookDeliveries:
        settings: dict[str, Any] = {"first_delay": 0.0, "jitter": lambda: 0.0} | options
        return WebhookDeliveries(
            self.database, self.sender, RootKeys.of(ROOT), metrics=metrics_of("test"), **settings
        )

    async def deliver(self, **options: Any) -> None:
        """Until nothing is due."""
        worker = self.worker(**options)
        while await worker.work_off():
            pass

    async def take(self) -> int:
        """As the relay does."""
        await self.queue.invalidate()
        async with self.database.connection() as connection, connection.transaction():
            rows = sorted(await connection.fetch(_TAKE), key=lambda row: row["id"])
            return await self.queue.enqueue(connection, rows)

    async def figures(
        self, *keys: str, kind: str = "thing", indicator: str = "internal", value: float = 1.0
    ) -> None:
        """Figures that changed."""
        count = len(keys)
        data = {
            "indicator": indicator,
            "version": 1,
            "computedAt": "2026-07-01T01:00:00Z",
            "subjectKinds": [kind] * count,
            "subjectKeys": list(keys),
            "periods": ["hour"] * count,
            "starts": ["2026-07-01T00:00:00Z"] * count,
            "values": [value] * count,
            "bands": ["bad"] * count,
            "numerators": [None] * count,
            "denominators": [None] * count,
            "sampleCounts": [1] * count,
            "completeness": [None] * count,
            "revisions": [1] * count,
            "reasons": ["new-data"] * count,
        }
        await self.connection.execute(
            "INSERT INTO outbox (topic, key, type, data)"
            " VALUES ('indicator-values.v1', $1, 'vn.fansipan.indicator.values-changed.v1', $2)",
            indicator,
            data,
        )


@pytest.fixture
async def post(world: World) -> AsyncGenerator[Post]:
    database = Database(world.url, application="test-webhooks")
    connection = await connect(world.url)
    await connection.execute("DELETE FROM webhook")
    sender = WebhookSender(allow_http=True, private=(ip_network("127.0.0.0/8"), ip_network("::1/128")))
    yield Post(database, connection, WebhookQueue(open_reading=False), sender)
    await sender.close()
    await connection.close()
    await database.close()


async def make(served: httpx.AsyncClient, url: str, **more: Any) -> dict[str, Any]:
    body = {"name": "nhận", "url": url, "events": ["indicator-values", "alerts"], **more}
    answer = await served.post(BASE, json=body, auth=AN)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def deliveries(served: httpx.AsyncClient, webhook: str, **query: str) -> list[dict[str, Any]]:
    answer = await served.get(f"{BASE}/{webhook}/deliveries", params=query, auth=AN)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_an_event_arrives_signed_once_with_the_part_that_its_owner_may_read(
    served: httpx.AsyncClient, post: Post, receiver: Receiver
):
    webhook = await make(served, receiver.url)
    await post.figures("demo/s1", "other/x")
    await post.figures("other/x")
    assert await post.take() == 1
    await post.deliver()
    [(headers, body)] = receiver.got
    event = Webhook(webhook["secret"]).verify(body, headers)
    assert headers["content-type"] == "application/cloudevents+json"
    assert headers["host"].startswith("localhost:")
    assert (event["specversion"], event["type"]) == ("1.0", "vn.fansipan.figures.changed.v1")
    assert [figure["subject"] for figure in event["data"]["figures"]] == ["thing:demo/s1"]
    [delivery] = await deliveries(served, webhook["id"])
    assert headers["webhook-id"] == f"msg_{delivery['id']}"
    assert (delivery["state"], delivery["attempts"], delivery["lastStatus"]) == ("delivered", 1, 204)
    whole = await served.get(f"{BASE}/{webhook['id']}/deliveries/{delivery['id']}", auth=AN)
    assert whole.json()["event"] == event


async def test_it_is_tried_again_with_the_same_id_and_what_follows_of_the_same_subject_waits(
    served: httpx.AsyncClient, post: Post, receiver: Receiver
):
    webhook = await make(served, receiver.url)
    for value in (1.0, 2.0, 3.0):
        await post.figures("demo/s1", value=value)
    assert await post.take() == 3
    receiver.answers = [500, 302, 503]
    await post.deliver()
    values = [event["data"]["figures"][0]["value"] for event in receiver.events()]
    assert values == [1.0, 1.0, 1.0, 1.0, 2.0, 3.0]
    assert len({headers["webhook-id"] for headers, _ in receiver.got[:4]}) == 1
    assert len({body for _, body in receiver.got[:4]}) == 1
    states = await deliveries(served, webhook["id"])
    assert [delivery["attempts"] for delivery in states] == [1, 1, 4]
    assert (await served.get(f"{BASE}/{webhook['id']}", auth=AN)).json()["state"] == "active"


async def test_another_subject_does_not_wait_for_one_that_fails(
    served: httpx.AsyncClient, post: Post, receiver: Receiver
):
    await make(served, receiver.url)
    await post.figures("demo/s1", indicator="one")
    await post.figures("demo/s1", indicator="one", value=2.0)
    await post.figures("demo/s1", indicator="two")
    await post.take()
    receiver.fails_for = "one"
    await post.worker(first_delay=60.0).work_off()
    assert sorted(event["subject"] for event in receiver.events()) == ["one", "two"]
    await post.worker().work_off()
    assert len(receiver.got) == 2


async def test_after_a_day_it_becomes_a_dead_letter_that_can_be_seen_and_sent_again(
    served: httpx.AsyncClient, post: Post, receiver: Receiver
):
    webhook = await make(served, receiver.url)
    await post.figures("demo/s1")
    await post.take()
    await post.connection.execute("UPDATE webhook_delivery SET give_up_at = now() - interval '1 second'")
    receiver.answers = [500]
    await post.deliver()
    [letter] = await deliveries(served, webhook["id"], state="failed")
    assert (letter["lastStatus"], letter["lastError"]) == (500, "answered 500 no")
    seen = (await served.get(f"{BASE}/{webhook['id']}", auth=AN)).json()
    assert (seen["state"], seen["failed"], seen["waiting"]) == ("failing", 1, 0)
    path = f"{BASE}/{webhook['id']}/deliveries/{letter['id']}/resend"
    assert (await served.post(path, auth=AN)).status_code == 202
    assert (await served.post(path, auth=AN)).status_code == 400  # it waits already
    await post.deliver()
    assert (await deliveries(served, webhook["id"]))[0]["state"] == "delivered"
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1


async def test_one_that_only_fails_is_disabled_with_the_reason_until_it_is_enabled(
    served: httpx.AsyncClient, post: Post, receiver: Receiver
):
    webhook = await make(served, receiver.url)
    for value in (1.0, 2.0):
        await post.figures("demo/s1", value=value)
    await post.take()
    receiver.answers = [500] * 2
    await post.worker(first_delay=60.0).work_off()
    await post.connection.execute(
        "UPDATE webhook SET failing_since = now() - interval '73 hours';"
        "UPDATE webhook_delivery SET next_attempt_at = now()"
    )
    await post.worker(first_delay=60.0).work_off()
    seen = (await served.get(f"{BASE}/{webhook['id']}", auth=AN)).json()
    assert (seen["state"], seen["waiting"], seen["failed"]) == ("disabled", 0, 2)
    assert "3 days" in seen["disabledReason"]
    await post.figures("demo/s1", value=3.0)
    assert await post.take() == 0
    letters = await deliveries(served, webhook["id"])
    refused = await served.post(f"{BASE}/{webhook['id']}/deliveries/{letters[0]['id']}/resend", auth=AN)
    assert (refused.status_code, refused.json()["code"]) == (409, "webhook-disabled")
    enabled = await served.patch(f"{BASE}/{webhook['id']}", json={"enabled": True}, auth=AN)
    assert (enabled.json()["state"], enabled.json()["disabledReason"]) == ("active", None)
    await post.figures("demo/s1", value=4.0)
    assert await post.take() == 1


async def test_one_that_is_gone_is_disabled_at_once(
    served: httpx.AsyncClient, post: Post, receiver: Receiver
):
    webhook = await make(served, receiver.url)
    await post.figures("demo/s1")
    await post.take()
    receiver.answers = [410]
    await post.deliver()
    seen = (await served.get(f"{BASE}/{webhook['id']}", auth=AN)).json()
    assert seen["state"] == "disabled"
    assert "410" in seen["disabledReason"]


async def test_what_is_sent_at_once_is_bounded(served: httpx.AsyncClient, post: Post, receiver: Receiver):
    await make(served, receiver.url)
    for number in range(15):
        await post.figures("demo/s1", indicator=f"i{number}")
    await post.take()
    assert await post.worker().work_off() == 10
    assert len(receiver.got) == 10


async def test_two_workers_never_send_the_same_at_once(
    served: httpx.AsyncClient, post: Post, receiver: Receiver
):
    await make(served, receiver.url)
    for number in range(10):
        await post.figures("demo/s1", indicator=f"i{number}")
    await post.take()
    claimed = await asyncio.gather(*(post.worker().work_off() for _ in range(4)))
    assert sum(claimed) == 10
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == len(receiver.got) == 10


async def test_a_test_is_sent_once_and_counts_for_nothing(
    served: httpx.AsyncClient, post: Post, receiver: Receiver
):
    webhook = await make(served, receiver.url)
    path = f"{BASE}/{webhook['id']}/test"
    queued = await served.post(path, auth=AN)
    assert queued.status_code == 202
    await post.deliver()
    [(headers, body)] = receiver.got
    assert Webhook(webhook["secret"]).verify(body, headers)["type"] == "vn.fansipan.webhook.test.v1"
    receiver.answers = [500]
    await served.post(path, auth=AN)
    await post.deliver()
    first, second = await deliveries(served, webhook["id"])
    assert (first["state"], first["attempts"], first["test"]) == ("failed", 1, True)
    assert second["id"] == queued.json()["delivery"]
    assert (await served.get(f"{BASE}/{webhook['id']}", auth=AN)).json()["state"] == "active"


async def test_a_new_secret_signs_from_now_on(served: httpx.AsyncClient, post: Post, receiver: Receiver):
    webhook = await make(served, receiver.url)
    changed = (await served.post(f"{BASE}/{webhook['id']}/secret", auth=AN)).json()
    assert changed["secret"] != webhook["secret"]
    await served.post(f"{BASE}/{webhook['id']}/test", auth=AN)
    await post.deliver()
    headers, body = receiver.got[0]
    assert Webhook(changed["secret"]).verify(body, headers)
    with pytest.raises(Exception, match="signature"):
        Webhook(webhook["secret"]).verify(body, headers)
    text = str(await post.connection.fetch("SELECT * FROM webhook"))
    assert changed["secret"].removeprefix("whsec_") not in text


async def test_names_that_lead_inside_are_refused_when_something_is_sent(
    served: httpx.AsyncClient, post: Post, receiver: Receiver
):
    webhook = await make(served, receiver.url)
    strict = WebhookSender(allow_http=True, private=())
    post.sender = strict
    await served.post(f"{BASE}/{webhook['id']}/test", auth=AN)
    await post.deliver()
    await strict.close()
    assert receiver.got == []
    [letter] = await deliveries(served, webhook["id"])
    assert "not a public address" in letter["lastError"]


async def test_a_name_that_leads_to_both_sides_is_refused(receiver: Receiver):
    async def both(_host: str, _port: int) -> list[str]:
        return ["93.184.215.14", "127.0.0.1"]

    sender = WebhookSender(allow_http=True, private=(), resolve=both)
    outcome = await sender.send(receiver.url, "whsec_c2VjcmV0", "msg_1", b"{}")
    await sender.close()
    assert outcome.status is None
    assert "127.0.0.1" in (outcome.error or "")


async def test_owners_see_their_own_and_what_is_wrong_is_said(
    served: httpx.AsyncClient, world: World, post: Post
):
    mine = await make(served, "https://example.vn/hook")
    city = await served.post(
        "/v1/admin/webhooks",
        json={"name": "tỉnh", "url": "https://example.vn/city", "events": ["alerts"]},
        auth=ADMIN,
    )
    assert city.status_code == 201
    assert [each["id"] for each in (await served.get(BASE, auth=AN)).json()["items"]] == [mine["id"]]
    listed = (await served.get("/v1/admin/webhooks", auth=ADMIN)).json()["items"]
    assert [each["id"] for each in listed] == [city.json()["id"]]
    assert (await served.get(f"{BASE}/{city.json()['id']}", auth=AN)).status_code == 404
    assert (await served.get("/v1/admin/webhooks", auth=AN)).status_code == 403
    assert (await served.get("/v1/provider/other/webhooks", auth=AN)).status_code == 403
    wrong: dict[str, Any]
    for wrong in ({"url": "https://u:p@example.vn/"}, {"url": "https://example.vn/#x"}):
        answer = await served.patch(f"{BASE}/{mine['id']}", json=wrong, auth=AN)
        assert answer.status_code == 422, answer.text
    for wrong in ({"events": []}, {"severities": ["loud"]}, {"url": "javascript:alert(1)"}, {"x": 1}):
        assert (await served.patch(f"{BASE}/{mine['id']}", json=wrong, auth=AN)).status_code == 400
    await served.delete(f"{BASE}/{mine['id']}", auth=AN)
    assert (await served.get(f"{BASE}/{mine['id']}", auth=AN)).status_code == 404
    told = await post.connection.fetch(
        "SELECT action FROM audit_event WHERE object = $1 ORDER BY id", f"webhook/{mine['id']}"
    )
    assert [row["action"] for row in told] == ["webhook.created", "webhook.deleted"]


async def test_nobody_has_more_than_twenty(served: httpx.AsyncClient, post: Post):
    for _ in range(20):
        await make(served, "https://example.vn/hook")
    body = {"name": "x", "url": "https://example.vn/", "events": ["alerts"]}
    assert (await served.post(BASE, json=body, auth=AN)).status_code == 422


async def test_what_was_delivered_is_forgotten_after_a_week(
    served: httpx.AsyncClient, post: Post, receiver: Receiver
):
    webhook = await make(served, receiver.url)
    await served.post(f"{BASE}/{webhook['id']}/test", auth=AN)
    await post.deliver()
    await post.connection.execute(
        "UPDATE webhook_delivery SET created_at = $1", datetime.now(UTC) - timedelta(days=8)
    )
    task = asyncio.create_task(post.worker(interval=0.01).run())
    async with asyncio.timeout(20):
        while await deliveries(served, webhook["id"]):
            await asyncio.sleep(0.05)
    task.cancel()
