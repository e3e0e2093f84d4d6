"""Who is told, when, and what happens when they cannot be reached."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import httpx
import orjson
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from tests.integration.alerts.conftest import HOUR, NOW, City, rule
from tests.support.processes import free_port

from fansipan_analytics.alerts.delivery import Channel, Notification
from fansipan_analytics.alerts.email import EmailChannel
from fansipan_analytics.alerts.notifications import Notifications
from fansipan_analytics.alerts.webhook import WebhookChannel
from fansipan_common.telemetry import metrics_of
from fansipan_indicators.alert_rules import Receiver

HIGH = {"kind": "threshold", "property": "level", "above": 10, "clearAt": 8}
SECRET = "một bí mật"
NAMES = {"vi": "Trực ban", "en": "Duty"}


@dataclass
class Hook:
    """A real HTTP receiver that answers as it is told, then 204."""

    answers: list[int] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
        self.got.append((headers, await reader.readexactly(int(headers["content-length"]))))
        status = self.answers.pop(0) if self.answers else 204
        place = b"location: http://127.0.0.1:1/\r\n" if status == 302 else b""
        writer.write(b"HTTP/1.1 %d x\r\n%scontent-length: 0\r\nconnection: close\r\n\r\n" % (status, place))
        await writer.drain()
        writer.close()


@pytest.fixture
async def hook() -> AsyncGenerator[Hook]:
    made = Hook()
    server = await asyncio.start_server(made.handle, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/alerts"
    yield made
    server.close()
    await server.wait_closed()


@pytest.fixture
async def client() -> AsyncGenerator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as made:
        yield made


def receiver(url: str, key: str = "duty") -> Receiver:
    return Receiver.model_validate(
        {"id": key, "names": NAMES, "webhook": {"url": url, "secretEnv": "THE_SECRET"}}
    )


def webhooks(client: httpx.AsyncClient) -> dict[str, Channel]:
    return {"webhook": WebhookChannel(client, secret={"THE_SECRET": SECRET}.get)}


def worker(city: City, channels: dict[str, Channel], **options: Any) -> Notifications:
    settings: dict[str, Any] = {"first_delay": 0.2, "interval": 0.05, "jitter": lambda: 1.0} | options
    return Notifications(
        city.database(), receivers=city.receivers, channels=channels, metrics=metrics_of("test"), **settings
    )


async def open_alert(city: City, *receivers: str, **more: Any) -> None:
    """An alert of the rule "high" that tells these."""
    await city.rules(rule("high", HIGH, receivers=receivers, **more))
    gauge = await city.datastream("gauge")
    await city.observe((gauge, NOW - HOUR, 12.0))
    await city.alerts().work_off()


@asynccontextmanager
async def running(worker: Notifications) -> AsyncGenerator[None]:
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(city: City, query: str, wanted: Any, seconds: float = 8.0) -> None:
    async with asyncio.timeout(seconds):
        while await city.connection.fetchval(query) != wanted:
            await asyncio.sleep(0.05)


DELIVERED = "SELECT count(*) FROM notification WHERE delivered_at IS NOT NULL"
FAILED = "SELECT count(*) FROM notification WHERE failed_at IS NOT NULL"


async def test_a_webhook_is_signed_and_tried_again_until_it_answers(
    city: City, hook: Hook, client: httpx.AsyncClient
):
    city.receivers["duty"] = receiver(hook.url)
    hook.answers = [500, 429, 302]
    await open_alert(city, "duty")
    async with running(worker(city, webhooks(client))):
        await until(city, DELIVERED, 1)
    assert len(hook.got) == 4
    bodies = {body for _, body in hook.got}
    assert len(bodies) == 1  # the same event under the same id, so that a receiver can tell
    headers, body = hook.got[-1]
    parts = dict(part.split("=", 1) for part in headers["fansipan-signature"].split(","))
    mine = hmac.new(SECRET.encode(), f"{parts['t']}.".encode() + body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(parts["v1"], mine)
    event = orjson.loads(body)
    assert event["type"] == "vn.fansipan.alert.changed.v1"
    assert event["data"]["subject"] == "demo/gauge/level"
    assert (event["data"]["state"], event["data"]["change"]["kind"]) == ("open", "opened")
    [row] = await city.all("SELECT attempts, next_attempt_at, last_error FROM notification")
    assert row == {"attempts": 4, "next_attempt_at": None, "last_error": None}


async def test_the_waits_double_and_the_last_failure_is_kept(city: City, client: httpx.AsyncClient):
    city.receivers["duty"] = receiver("http://127.0.0.1:1/nobody")
    await open_alert(city, "duty")
    postman = worker(city, webhooks(client), attempts=4, first_delay=10.0, longest_delay=35.0)
    waits: list[float] = []
    for _ in range(4):
        await postman.work_off()
        row = await city.connection.fetchrow(
            "SELECT extract(epoch FROM next_attempt_at - clock_timestamp())::float8 AS wait FROM notification"
        )
        waits.append(row["wait"] if row is not None else -1.0)
        await city.connection.execute(
            "UPDATE notification SET next_attempt_at = now() WHERE failed_at IS NULL"
        )
    assert [None if wait is None else round(wait) for wait in waits] == [10, 20, 35, None]
    [row] = await city.all("SELECT attempts, failed_at, last_error FROM notification")
    assert row["attempts"] == 4
    assert row["failed_at"] is not None
    assert "ConnectError" in row["last_error"]
    assert await postman.work_off() == 0


async def test_a_client_error_is_final_and_seen(city: City, hook: Hook, client: httpx.AsyncClient):
    city.receivers["duty"] = receiver(hook.url)
    hook.answers = [410]
    await open_alert(city, "duty")
    async with running(worker(city, webhooks(client))):
        await until(city, FAILED, 1)
    [row] = await city.all("SELECT attempts, delivered_at, last_error FROM notification")
    assert (row["attempts"], row["delivered_at"]) == (1, None)
    assert "410" in row["last_error"]


async def test_a_secret_that_is_not_set_sends_nothing_and_says_so(
    city: City, hook: Hook, client: httpx.AsyncClient
):
    city.receivers["duty"] = receiver(hook.url)
    await open_alert(city, "duty")
    postman = worker(city, {"webhook": WebhookChannel(client, secret=lambda _: None)})
    await postman.work_off()
    assert hook.got == []
    [row] = await city.all("SELECT last_error, next_attempt_at FROM notification")
    assert "set THE_SECRET" in row["last_error"]
    assert row["next_attempt_at"] is not None


class _Stuck:
    """A channel whose process is killed amid a delivery."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()

    async def deliver(self, receiver: Receiver, notification: Notification) -> None:
        assert (receiver.key, notification.alert.rule) == ("duty", "high")
        self.reached.set()
        await asyncio.sleep(3600)


async def test_killed_between_claim_and_delivery_another_worker_delivers(
    city: City, hook: Hook, client: httpx.AsyncClient
):
    city.receivers["duty"] = receiver(hook.url)
    await open_alert(city, "duty")
    stuck = _Stuck()
    doomed = asyncio.create_task(worker(city, {"webhook": stuck}, lease=1.5).work_off())
    await asyncio.wait_for(stuck.reached.wait(), 5.0)
    doomed.cancel()
    with suppress(asyncio.CancelledError):
        await doomed
    other = worker(city, webhooks(client))
    assert await other.work_off() == 0  # the claim still holds
    async with running(other):
        await until(city, DELIVERED, 1)
    assert len(hook.got) == 1
    [row] = await city.all("SELECT attempts FROM notification")
    assert row["attempts"] == 2


async def test_many_workers_deliver_each_notification_once(city: City, hook: Hook, client: httpx.AsyncClient):
    for n in range(30):
        city.receivers[f"r{n}"] = receiver(hook.url, f"r{n}")
    await open_alert(city, *city.receivers)
    workers = [worker(city, webhooks(client)) for _ in range(4)]
    while sum(await asyncio.gather(*(one.work_off() for one in workers))):
        pass
    assert len(hook.got) == 30
    assert await city.connection.fetchval(DELIVERED) == 30


@dataclass
class MailBox:
    """A real SMTP server that refuses some addresses."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)

    async def handle_RCPT(  # noqa: N802 - the name aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)
        return "250 OK"


@pytest.fixture
def mailbox() -> Generator[MailBox]:
    made = MailBox(free_port())
    controller = Controller(made, hostname="127.0.0.1", port=made.port)
    controller.start()
    yield made
    controller.stop()


def mail_receiver(*to: str) -> Receiver:
    return Receiver.model_validate({"id": "team", "names": NAMES, "email": {"to": list(to)}})


async def test_an_e_mail_says_it_in_both_languages(city: City, mailbox: MailBox):
    city.receivers["team"] = mail_receiver("a@example.vn", "b@example.vn")
    mailbox.refuse = {"b@example.vn": "451 try later"}
    await open_alert(city, "team")
    channel = EmailChannel(f"smtp://127.0.0.1:{mailbox.port}", sender="fansipan@example.vn")
    async with running(worker(city, {"email": channel})):
        await until(city, DELIVERED, 1)
    [mail] = mailbox.mails
    assert mail["To"] == "a@example.vn, b@example.vn"
    assert mail["Subject"].startswith("[Cảnh báo · mới] level at gauge từ ")
    text = mail.get_content()
    assert "level at gauge từ" in text
    assert "level at gauge since" in text


@pytest.mark.parametrize(
    ("answer", "column"), [("550 no such user", "failed_at"), ("450 later", "next_attempt_at")]
)
async def test_a_refused_address_is_final_only_if_the_server_says_so(
    city: City, mailbox: MailBox, answer: str, column: str
):
    city.receivers["team"] = mail_receiver("a@example.vn")
    mailbox.refuse = {"a@example.vn": answer}
    await open_alert(city, "team")
    channel = EmailChannel(f"smtp://127.0.0.1:{mailbox.port}", sender="fansipan@example.vn")
    await worker(city, {"email": channel}).work_off()
    [row] = await city.all("SELECT failed_at, next_attempt_at, last_error FROM notification")
    assert [name for name in ("failed_at", "next_attempt_at") if row[name] is not None] == [column]
    assert answer[:3] in row["last_error"]


async def test_nobody_acknowledges_so_others_are_told_until_somebody_does(
    city: City, hook: Hook, client: httpx.AsyncClient
):
    for key in ("first", "second", "third"):
        city.receivers[key] = receiver(hook.url, key)
    steps = [
        {"after": "1s", "severity": "critical", "receivers": ["second"]},
        {"after": "2s", "receivers": ["third"]},
    ]
    replicas = [city.alerts(), city.alerts()]
    await open_alert(city, "first", escalate=steps)
    loops = [asyncio.create_task(replica.run()) for replica in replicas]
    try:
        await until(city, "SELECT escalation_level FROM alert", 1, 4.0)
        [alert] = await city.alerts_of("high")
        assert alert["severity"] == "critical"
        await city.connection.execute("UPDATE alert SET state = 'acknowledged', escalate_at = NULL")
        await asyncio.sleep(1.5)
        assert await city.history("high") == ["opened", "escalated"]
    finally:
        for loop in loops:
            loop.cancel()
    rows = await city.all("SELECT receiver FROM notification ORDER BY id")
    assert [row["receiver"] for row in rows] == ["first", "second"]
    gauge = await city.connection.fetchval("SELECT id FROM datastream")
    await city.observe((gauge, NOW, 1.0))
    await replicas[0].work_off()
    rows = await city.all("SELECT receiver FROM notification ORDER BY id")
    assert [row["receiver"] for row in rows] == [
        "first",
        "second",
        "first",
        "second",
    ]  # both hear that it is over


async def test_in_a_maintenance_window_it_is_shown_but_nobody_is_told(city: City, hook: Hook):
    city.receivers["duty"] = receiver(hook.url)
    await city.connection.execute(
        "INSERT INTO maintenance_window (rule, subject, starts_at, ends_at, reason, created_by)"
        " VALUES ('high', NULL, now() - interval '1 minute', now() + interval '1 hour', 'calibration', 'mai')"
    )
    levels = [{"above": 10, "severity": "warning"}, {"above": 20, "severity": "critical"}]
    condition = {"kind": "threshold", "property": "level", "levels": levels}
    escalation = [{"after": "1s", "receivers": ["duty"]}]
    await city.rules(rule("high", condition, receivers=["duty"], escalate=escalation))
    gauge = await city.datastream("gauge")
    replica = city.alerts()
    await city.observe((gauge, NOW - HOUR, 12.0))
    await replica.work_off()
    [alert] = await city.alerts_of("high")
    assert (alert["silenced"], alert["escalate_at"]) == (True, None)
    assert await city.all("SELECT 1 FROM notification") == []
    assert len(await city.all("SELECT 1 FROM outbox")) == 1
    await city.connection.execute("UPDATE maintenance_window SET ends_at = now()")
    await city.observe((gauge, NOW, 22.0))
    await replica.work_off()
    [alert] = await city.alerts_of("high")
    assert not alert["silenced"]
    assert len(await city.all("SELECT 1 FROM notification")) == 1
