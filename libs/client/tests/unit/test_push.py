"""Pushing against every kind of answer: both faces alike."""

import asyncio
import gzip
import json
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpx
import pytest
import zstandard

from fansipan_client import (
    AsyncPusher,
    Backoff,
    Closed,
    NewObservation,
    NewServiceEvent,
    NotAllowed,
    NotDelivered,
    NotLoggedIn,
    Pusher,
    PushSettings,
    QueueFull,
    Rejected,
    SpoolInUse,
    Statistics,
    UnexpectedAnswer,
)

Item = NewObservation | NewServiceEvent
QUICK = PushSettings(linger=0.005, compression=None, backoff=Backoff(first=0.001, longest=0.002))
START = datetime(2026, 7, 1, tzinfo=UTC)


def reading(number: int, *, thing: str = "s1", result: Any = None) -> NewObservation:
    return NewObservation(
        f"demo/{thing}/rain", START + timedelta(seconds=number), number if result is None else result
    )


def event(number: int) -> NewServiceEvent:
    data = {"dossierId": f"D{number}", "agency": "a1", "procedure": "p1", "channel": "online"}
    return NewServiceEvent(f"e{number}", "/agencies/a1", "vn.fansipan.dossier.received.v1", START, data)


class Ingest:
    """A fake of ingest. Before each request `answer` may give another answer than 202."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.taken: list[dict[str, Any]] = []
        self.answer: Callable[[int, list[Any]], httpx.Response | None] = lambda _number, _items: None
        self.largest = 10_000
        self.most_at_once = self._at_once = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        await asyncio.sleep(0.001)
        try:
            return self._judge(request)
        finally:
            self._at_once -= 1

    def _judge(self, request: httpx.Request) -> httpx.Response:
        body = request.content
        match request.headers.get("content-encoding"):
            case "gzip":
                body = gzip.decompress(body)
            case "zstd":
                body = zstandard.ZstdDecompressor().decompress(body)
            case _:
                pass
        lines = request.headers["content-type"] == "application/x-ndjson"
        items = [json.loads(line) for line in body.splitlines()] if lines else json.loads(body)
        special = self.answer(len(self.requests), items)
        if special is not None:
            return special
        if len(items) > self.largest:
            return problem(413, "payload-too-large")
        rejected = [
            {"index": place, "code": "invalid-item", "detail": "no"}
            for place, item in enumerate(items)
            if item.get("result") == "bad"
        ]
        self.taken += [item for item in items if item.get("result") != "bad"]
        return httpx.Response(202, json={"accepted": len(items) - len(rejected), "rejected": rejected})

    def results(self, thing: str = "s1") -> list[Any]:
        return [item["result"] for item in self.taken if item["datastream"] == f"demo/{thing}/rain"]


def problem(status: int, code: str, **headers: str) -> httpx.Response:
    return httpx.Response(status, json={"status": status, "code": code, "detail": "why"}, headers=headers)


Push = Callable[..., Statistics]


@pytest.fixture
def ingest() -> Ingest:
    return Ingest()


@pytest.fixture(params=["async", "sync"])
def push(request: pytest.FixtureRequest, ingest: Ingest) -> Push:
    """Push items and close; the statistics at the end."""

    def options(settings: PushSettings | None, rejected: list[Rejected] | None) -> dict[str, Any]:
        return {
            "api_key": "fsp_x",
            "settings": settings or QUICK,
            "on_rejected": None if rejected is None else rejected.append,
            "transport": httpx.MockTransport(ingest),
        }

    def sync(
        items: Sequence[Item],
        settings: PushSettings | None = None,
        rejected: list[Rejected] | None = None,
        timeout: float = 10.0,
    ) -> Statistics:
        pusher = Pusher("http://ingest.example/here", **options(settings, rejected))
        try:
            pusher.add_many(items)
        finally:
            pusher.close(timeout)
        return pusher.statistics

    def asynchronous(
        items: Sequence[Item],
        settings: PushSettings | None = None,
        rejected: list[Rejected] | None = None,
        timeout: float = 10.0,
    ) -> Statistics:
        async def run() -> Statistics:
            pusher = AsyncPusher("http://ingest.example/here", **options(settings, rejected))
            async with pusher:
                try:
                    await pusher.add_many(items)
                finally:
                    await pusher.aclose(timeout)
            return pusher.statistics

        with asyncio.Runner() as runner:
            return runner.run(run())

    return asynchronous if request.param == "async" else sync


@pytest.fixture(params=["memory", "spool"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> PushSettings:
    """Through memory, and through the disk."""
    return QUICK if request.param == "memory" else replace(QUICK, spool=tmp_path / "spool")


def test_batches_hold_so_many_items_and_things_keep_their_order(
    ingest: Ingest, push: Push, place: PushSettings
) -> None:
    items = [reading(number, thing=f"s{number % 7}") for number in range(1_000)]
    done = push(items, replace(place, batch_items=20, linger=0.01))
    assert (done.added, done.accepted, done.pending, done.rejected.total()) == (1_000, 1_000, 0, 0)
    assert done.requests == len(ingest.requests) >= 50
    for thing in range(7):
        assert ingest.results(f"s{thing}") == list(range(thing, 1_000, 7))
    assert ingest.most_at_once > 1
    assert {r.headers["authorization"] for r in ingest.requests} == {"Bearer fsp_x"}
    assert {str(r.url) for r in ingest.requests} == {"http://ingest.example/here/v1/observations"}


def test_batches_hold_so_many_bytes(ingest: Ingest, push: Push) -> None:
    push([reading(n, result="x" * 500) for n in range(40)], replace(QUICK, batch_bytes=2_000))
    assert len(ingest.requests) >= 14
    assert max(len(request.content) for request in ingest.requests) <= 2_001


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_bodies_are_packed(ingest: Ingest, push: Push, compression: Any) -> None:
    done = push([reading(n) for n in range(500)], replace(QUICK, compression=compression))
    assert ingest.results() == list(range(500))
    assert {request.headers["content-encoding"] for request in ingest.requests} == {compression}
    assert done.sent_bytes < 500 * 30


def test_observations_and_service_events_to_their_doors(
    ingest: Ingest, push: Push, place: PushSettings
) -> None:
    zone = timezone(timedelta(hours=7))
    full = NewObservation(12, START.astimezone(zone), {"north": 1}, START, "suspect", {"người đo": "Lan"})
    push([full, event(1)], place)
    doors = {request.url.path: request.headers["content-type"] for request in ingest.requests}
    assert doors == {
        "/here/v1/observations": "application/json",
        "/here/v1/service-events": "application/cloudevents-batch+json",
    }
    sent = {"datastream" in item: item for item in ingest.taken}
    assert sent[True] == {
        "datastream": 12,
        "phenomenonTime": "2026-07-01T07:00:00+07:00",
        "result": {"north": 1},
        "resultTime": "2026-07-01T00:00:00+00:00",
        "resultQuality": "suspect",
        "parameters": {"người đo": "Lan"},
    }
    assert (sent[False]["id"], sent[False]["specversion"]) == ("e1", "1.0")
    assert sent[False]["data"]["dossierId"] == "D1"


def test_rejected_items_are_told_and_never_sent_again(
    ingest: Ingest, push: Push, place: PushSettings
) -> None:
    rejected: list[Rejected] = []
    done = push([reading(n, result="bad" if n % 3 == 0 else n) for n in range(1, 10)], place, rejected)
    assert [(one.target, one.item["phenomenonTime"][17:19], one.code) for one in rejected] == [
        ("observations", "03", "invalid-item"),
        ("observations", "06", "invalid-item"),
        ("observations", "09", "invalid-item"),
    ]
    assert (done.accepted, done.rejected, done.pending) == (6, {"invalid-item": 3}, 0)
    assert sum("bad" in request.content.decode() for request in ingest.requests) == 1


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_may_work_later_is_sent_again(
    ingest: Ingest, push: Push, place: PushSettings, status: int
) -> None:
    ingest.answer = lambda number, _items: problem(status, "later") if number <= 3 else None
    done = push([reading(n) for n in range(5)], place)
    assert ingest.results() == list(range(5))
    assert (done.retries, done.accepted, done.last_problem) == ({str(status): 3}, 5, None)


def test_broken_connections_are_tried_again(ingest: Ingest, push: Push, place: PushSettings) -> None:
    def away(number: int, _items: list[Any]) -> None:
        if number <= 4:
            raise httpx.ConnectError("nobody is there")

    ingest.answer = away
    done = push([reading(n) for n in range(5)], place)
    assert (ingest.results(), done.retries["connection"]) == (list(range(5)), 4)


def test_waits_grow_and_honour_retry_after(
    ingest: Ingest, push: Push, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(random, "random", lambda: 0.5)
    backoff = Backoff(first=1.0, longest=8.0, longest_asked=60.0)
    assert [backoff.delay(attempt, None) for attempt in range(5)] == [0.75, 1.5, 3.0, 6.0, 6.0]
    assert backoff.delay(0, 5.0) == 5.1875
    assert backoff.delay(2, 3600.0) == 60.75
    waited: list[float | None] = []

    def delay(_self: Backoff, _attempt: int, asked: float | None) -> float:
        waited.append(asked)
        return 0.0

    monkeypatch.setattr(Backoff, "delay", delay)
    ingest.answer = lambda number, _items: problem(503, "x", **{"retry-after": "7"}) if number == 1 else None
    push([reading(1)])
    assert waited == [7.0]


@pytest.mark.parametrize(
    ("status", "kind"), [(401, NotLoggedIn), (403, NotAllowed), (404, None), (405, None), (415, None)]
)
def test_a_refused_request_stops_the_pusher_and_keeps_the_spool(
    ingest: Ingest, push: Push, tmp_path: Path, status: int, kind: type[Exception] | None
) -> None:
    settings = replace(QUICK, spool=tmp_path)
    ingest.answer = lambda _number, _items: problem(status, "no")
    with pytest.raises(kind or Exception) as refused:
        push([reading(n) for n in range(5)], settings)
    assert refused.value.status == status  # pyright: ignore[reportAttributeAccessIssue]
    assert len(ingest.requests) == 1
    ingest.answer = lambda _number, _items: None
    done = push([reading(5)], settings)
    assert (ingest.results(), done.recovered, done.accepted) == (list(range(6)), 5, 6)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>Welcome to the hotel</html>"),
        httpx.Response(307, headers={"location": "http://evil.example"}),
        httpx.Response(202, text="ok"),
        httpx.Response(202, json={"accepted": 1, "rejected": []}),
        httpx.Response(202, json={"accepted": 1, "rejected": [{"index": 9, "code": "a", "detail": "b"}]}),
    ],
)
def test_an_answer_that_is_none_of_ingest_loses_nothing(
    ingest: Ingest, push: Push, tmp_path: Path, answer: httpx.Response
) -> None:
    settings = replace(QUICK, spool=tmp_path)
    ingest.answer = lambda _number, _items: answer
    with pytest.raises(UnexpectedAnswer):
        push([reading(1), reading(2)], settings)
    ingest.answer = lambda _number, _items: None
    assert push([], settings).accepted == 2
    assert ingest.results() == [1, 2]


def test_a_batch_that_is_too_large_is_halved_and_a_single_item_is_told(ingest: Ingest, push: Push) -> None:
    ingest.largest = 30
    ingest.answer = lambda _number, items: (
        problem(413, "payload-too-large") if any(item["result"] == 77 for item in items) else None
    )
    rejected: list[Rejected] = []
    push([reading(n) for n in range(100)], QUICK, rejected)
    assert ingest.results() == [n for n in range(100) if n != 77]
    assert [(one.item["result"], one.code) for one in rejected] == [(77, "payload-too-large")]


def test_a_body_that_cannot_be_read_is_sent_as_lines(ingest: Ingest, push: Push) -> None:
    """An item in the middle may be too deep for a reader: as a line it is refused alone."""

    def answer(_number: int, _items: list[Any]) -> httpx.Response | None:
        as_lines = ingest.requests[-1].headers["content-type"] == "application/x-ndjson"
        return None if as_lines else problem(400, "malformed")

    ingest.answer = answer
    done = push([reading(1), reading(2, result="bad"), reading(3)])
    assert (ingest.results(), done.rejected.total()) == ([1, 3], 1)
    ingest.answer = lambda _number, _items: problem(400, "malformed")
    with pytest.raises(Exception, match="malformed"):
        push([reading(4)])


def test_what_a_callback_raises_is_not_swallowed(ingest: Ingest) -> None:
    def on_rejected(_one: Rejected) -> None:
        raise LookupError("my own fault")

    with (
        pytest.raises(LookupError, match="my own"),
        Pusher(
            "http://i",
            api_key="k",
            settings=QUICK,
            on_rejected=on_rejected,
            transport=httpx.MockTransport(ingest),
        ) as pusher,
    ):
        pusher.add(reading(1, result="bad"))


@pytest.mark.parametrize(
    "item",
    [
        NewObservation("a/b/c", datetime(2026, 7, 1), 1),  # noqa: DTZ001 - without a zone is what it is about
        NewObservation("a/b/c", START, float("nan")),
        NewObservation("a/b/c", START, "\ud800"),
        NewObservation("a/b/c", START, {"x": object()}),
        replace(event(1), time=datetime(2026, 7, 1)),  # noqa: DTZ001
    ],
)
def test_what_is_no_json_is_refused_at_once(push: Push, ingest: Ingest, item: Item) -> None:
    with pytest.raises((ValueError, TypeError)):
        push([item])
    assert ingest.requests == []


def test_old_offsets_are_written_as_rfc_3339_knows_them(ingest: Ingest, push: Push) -> None:
    local = timezone(timedelta(hours=7, minutes=6, seconds=30))  # Sài Gòn, 1910
    push([NewObservation("demo/s1/rain", START.astimezone(local), 1)])
    assert ingest.taken[0]["phenomenonTime"] == "2026-07-01T00:00:00+00:00"


def test_flush_and_close_say_what_was_not_delivered(ingest: Ingest, push: Push, tmp_path: Path) -> None:
    ingest.answer = lambda _number, _items: problem(503, "kafka-away")
    with pytest.raises(NotDelivered, match="kafka-away") as left:
        push([reading(n) for n in range(3)], QUICK, timeout=0.05)
    assert left.value.pending == 3
    done = push([reading(n) for n in range(3)], replace(QUICK, spool=tmp_path), timeout=0.05)
    assert (done.pending, done.accepted) == (3, 0)
    assert "kafka-away" in (done.last_problem or "")


@pytest.mark.parametrize("kept", [False, True])
def test_when_full(ingest: Ingest, tmp_path: Path, kept: bool) -> None:
    ingest.answer = lambda _number, _items: problem(503, "kafka-away")
    full = replace(QUICK, max_bytes=64 * 1024, batch_items=10, spool=tmp_path if kept else None)

    def pusher(settings: PushSettings) -> Pusher:
        return Pusher("http://i", api_key="k", settings=settings, transport=httpx.MockTransport(ingest))

    refusing = pusher(replace(full, when_full="refuse"))
    with pytest.raises(QueueFull):
        refusing.add_many(reading(number) for number in range(2_000))
    held = refusing.statistics
    assert 300 < held.pending == held.added < 1_000
    assert held.pending_bytes <= 64 * 1024

    with pytest.raises(NotDelivered):
        refusing.flush(0.01)
    ingest.answer = lambda _number, _items: None
    refusing.close()
    assert ingest.results() == list(range(held.added))

    ingest.taken.clear()
    ingest.answer = lambda _number, _items: problem(503, "kafka-away")
    blocking = pusher(full)
    with pytest.raises(QueueFull, match="kafka-away"):
        blocking.add_many((reading(number) for number in range(2_000)), timeout=0.02)
    first = blocking.statistics.added
    ingest.answer = lambda _number, _items: None
    blocking.add_many(reading(number) for number in range(first, first + 2_000))
    blocking.close()
    assert ingest.results() == list(range(first + 2_000))

    ingest.taken.clear()
    ingest.answer = lambda _number, _items: problem(503, "kafka-away")
    dropping = pusher(replace(full, when_full="drop-oldest"))
    dropping.add_many(reading(number) for number in range(5_000))
    ingest.answer = lambda _number, _items: None
    dropping.close()
    done = dropping.statistics
    assert done.dropped + done.accepted == done.added == 5_000
    assert done.dropped > 3_000
    assert ingest.results()[-300:] == list(range(4_700, 5_000))


def test_one_process_at_a_time(ingest: Ingest, tmp_path: Path) -> None:
    settings = replace(QUICK, spool=tmp_path)
    transport = httpx.MockTransport(ingest)
    with Pusher("http://i", api_key="k", settings=settings, transport=transport) as first:
        with pytest.raises(SpoolInUse):
            Pusher("http://i", api_key="k", settings=settings, transport=transport)
        first.add(reading(1))
    with Pusher("http://i", api_key="k", settings=settings, transport=transport) as second:
        second.add(reading(2))
    assert ingest.results() == [1, 2]
    with pytest.raises(Closed):
        second.add(reading(3))


def test_many_threads_share_one_pusher(ingest: Ingest) -> None:
    with Pusher("http://i", api_key="k", settings=QUICK, transport=httpx.MockTransport(ingest)) as pusher:

        def work(thing: int) -> None:
            for number in range(300):
                pusher.add(reading(number, thing=f"t{thing}"))

        threads = [threading.Thread(target=work, args=(thing,)) for thing in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        pusher.flush(10.0)
        assert pusher.statistics.accepted == 1_800
    for thing in range(6):
        assert ingest.results(f"t{thing}") == list(range(300))


def test_a_loop_that_only_adds_lets_the_delivery_run(ingest: Ingest) -> None:
    async def run() -> int:
        settings = replace(QUICK, batch_items=50)
        pusher = AsyncPusher(
            "http://i", api_key="k", settings=settings, transport=httpx.MockTransport(ingest)
        )
        async with pusher:
            for number in range(5_000):
                await pusher.add(reading(number))
            return pusher.statistics.requests

    with asyncio.Runner() as runner:
        assert runner.run(run()) > 3
    assert ingest.results() == list(range(5_000))


def test_settings_out_of_range() -> None:
    for wrong in (
        {"batch_items": 0},
        {"batch_items": 10_001},
        {"requests": 0},
        {"linger": -1.0},
        {"max_bytes": 9},
    ):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            PushSettings(**wrong)  # pyright: ignore[reportArgumentType]


def test_the_first_error_is_the_one_that_is_seen(ingest: Ingest) -> None:
    def fail() -> Iterator[NewObservation]:
        yield reading(1)
        raise RuntimeError("the sensor is on fire")

    with (
        pytest.raises(RuntimeError, match="on fire"),
        Pusher("http://i", api_key="k", settings=QUICK, transport=httpx.MockTransport(ingest)) as pusher,
    ):
        pusher.add_many(fail())


def test_closing_ends_at_once_also_with_nothing_to_send(push: Push) -> None:
    """Waking and cancelling come together here: neither may swallow the other."""
    for _ in range(30):
        assert push([]).pending == 0
