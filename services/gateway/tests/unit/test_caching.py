"""Which answers are remembered, for how long, and for whom."""

import asyncio
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from fansipan_common.telemetry import metrics_of
from fansipan_gateway.access.domain import Kind, Reader
from fansipan_gateway.caching.domain import Answer, Noun, nouns_of
from fansipan_gateway.caching.middleware import CachedReads, CachePolicy
from fansipan_gateway.caching.store import OwnAnswers, Remembered
from fansipan_gateway.caching.versions import DataVersions


@pytest.mark.parametrize(
    ("path", "remembered"),
    [
        ("/v1/indicators/aqi/values", True),
        ("/v1/indicators/latest", True),
        ("/v1/indicators", True),
        ("/v1/datastreams/demo/s1/pm25", True),
        ("/v1/latest", True),
        ("/v1/areas/at", True),
        ("/v1/alerts", False),
        ("/v1/live", False),
        ("/v1/session", False),
        ("/v1/indicators/aqi/export", False),
        ("/v1/admin/operators", False),
        ("/v1/datastreams/1/observations/export", False),
        ("/v1/indicators/aqi/values/2026-07/explain", False),
        ("/metrics", False),
    ],
)
def test_only_what_rests_on_the_data_alone_is_remembered(path: str, remembered: bool):
    assert (nouns_of(path) is not None) is remembered


def test_an_answer_survives_the_way_to_redis():
    answer = Answer(200, ((b"etag", b'W/"1"'), (b"x", "é".encode("latin-1"))), b"\n{}\n")
    assert Answer.unpack(answer.pack()) == answer


def test_the_memory_of_answers_is_bounded():
    own = OwnAnswers(capacity=100_000)
    for number in range(1_000):
        own.put(str(number), Remembered(Answer(200, (), b"x" * 1_000), 0.0, ()))
    kept = [number for number in range(1_000) if own.get(str(number)) is not None]
    assert kept == list(range(1_000 - len(kept), 1_000))
    assert 50 < len(kept) < 100


def test_a_later_answer_is_not_replaced_by_an_earlier_one():
    own = OwnAnswers(capacity=100_000)
    own.put("a", Remembered(Answer(200, (), b"later"), 2.0, ()))
    own.put("a", Remembered(Answer(200, (), b"earlier"), 1.0, ()))
    known = own.get("a")
    assert known is not None
    assert known.answer.body == b"later"


class Doors:
    """An app that counts, and answers what it is told to."""

    def __init__(self) -> None:
        self.calls = 0
        self.status = 200
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.calls += 1
        body = b"%d" % self.calls
        await self.gate.wait()
        headers = [(b"cache-control", b"private, no-cache"), (b"etag", b'W/"%b"' % body)]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class Gate:
    """Lets everybody in, as who the test says."""

    def __init__(self) -> None:
        self.reader = Reader(Kind.ANONYMOUS, public=True)

    async def authenticate(self, *_credentials: Any) -> Reader:
        return self.reader


class Front:
    """Remembered reads in front of doors, with a clock of the test's."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.doors, self.gate = Doors(), Gate()
        self.versions = DataVersions(lambda: self.now)
        access: Any = self.gate
        self.reads = CachedReads(
            self.doors,
            access,
            self.versions,
            OwnAnswers(1 << 20),
            None,
            CachePolicy(max_age=1.0, stale_for=60.0),
            metrics_of("test"),
            lambda: self.now,
        )

    async def get(self, path: str = "/v1/things", method: str = "GET") -> tuple[int, dict[str, str], str]:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            raise AssertionError("nothing is to be received")

        scope = {
            "type": "http",
            "method": method,
            "scheme": "http",
            "path": path,
            "query_string": b"",
            "headers": [(b"host", b"h")],
        }
        await self.reads(scope, receive, send)
        headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], headers, sent[1]["body"].decode()


async def test_an_answer_is_given_again_for_a_second():
    front = Front()
    assert (await front.get())[2] == "1"
    front.now += 0.99
    assert (await front.get())[2] == "1"
    front.now += 0.01
    assert (await front.get())[2] == "2"


async def test_a_change_is_seen_at_once_and_others_are_not_looked_at():
    front = Front()
    await front.get()
    front.versions.advance(Noun.VALUES)
    assert (await front.get())[2] == "1"
    front.versions.advance(Noun.REGISTRY)
    assert (await front.get())[2] == "2"
    await front.get("/v1/periods/2026-07/close", "POST")
    assert (await front.get())[2] == "4"


async def test_who_comes_after_a_change_does_not_wait_for_an_answer_from_before_it():
    front = Front()
    front.doors.gate.clear()
    before = asyncio.create_task(front.get())
    await asyncio.sleep(0)
    joined = asyncio.create_task(front.get())
    await asyncio.sleep(0.01)
    front.versions.advance(Noun.REGISTRY)
    after = asyncio.create_task(front.get())
    await asyncio.sleep(0.01)
    front.doors.gate.set()
    assert [(await task)[2] for task in (before, joined, after)] == ["1", "1", "2"]
    assert (await front.get())[2] == "2"


async def test_readers_who_see_different_things_share_nothing():
    front = Front()
    await front.get()
    front.gate.reader = Reader(Kind.OPERATOR, "mai", "viewer")
    assert (await front.get())[2] == "2"
    front.gate.reader = Reader(Kind.OPERATOR, "nam", "admin")
    assert (await front.get())[2] == "2"


async def test_errors_are_given_to_all_who_wait_and_then_forgotten():
    front = Front()
    front.doors.status = 404
    statuses = await asyncio.gather(front.get(), front.get())
    assert [status for status, _, _ in statuses] == [404, 404]
    assert front.doors.calls == 1
    assert (await front.get())[2] == "2"


async def test_while_the_database_is_away_what_is_known_is_given_and_marked():
    front = Front()
    await front.get()
    front.doors.status = 503
    front.now += 30
    status, headers, body = await front.get()
    assert (status, body) == (200, "1")
    assert (headers["age"], headers["warning"], headers["cache-control"]) == (
        "30",
        '110 fansipan "Response is Stale"',
        "no-store",
    )
    calls = front.doors.calls
    assert (await front.get())[0] == 200
    assert front.doors.calls == calls, "it is not asked again at once"
    assert (await front.get("/v1/areas"))[0] == 503
    front.now += 31
    assert (await front.get())[0] == 503, "too old to be given"
    front.doors.status = 200
    front.now += 2
    assert "warning" not in (await front.get())[1]
