"""Nothing is dropped: what is refused for now is sent again, what is refused for good is counted."""

from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import orjson
import pytest

from fansipan_cli.errors import CommandError
from fansipan_cli.sending import Backoff, IngestClient, Outgoing, Sender, Tally
from fansipan_cli.sending.backoff import parse_retry_after
from fansipan_cli.sending.lanes import Pace

pytestmark = pytest.mark.unit

NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


def _client(
    answer: Callable[[httpx.Request], httpx.Response], tally: Tally, clock: Clock, patience: float = 60.0
) -> IngestClient:
    http = httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://ingest.test")
    backoff = Backoff(patience=patience, draw=lambda: 1.0)
    return IngestClient(http, tally, backoff=backoff, sleep=clock.sleep, monotonic=clock.monotonic)


def _accept(request: httpx.Request) -> httpx.Response:
    items = orjson.loads(request.content)
    return httpx.Response(202, json={"accepted": len(items), "duplicatesPossible": False, "rejected": []})


async def test_503_is_sent_again_after_what_the_server_asks() -> None:
    answers = [httpx.Response(503, headers={"Retry-After": "7"}), httpx.Response(429)]
    tally, clock = Tally(), Clock()

    await _client(lambda request: answers.pop(0) if answers else _accept(request), tally, clock).send(
        "observations", [{"n": 1}, {"n": 2}]
    )

    assert (tally.sent, tally.accepted, tally.rejected, tally.requests) == (2, 2, 0, 3)
    assert dict(tally.retries) == {"503": 1, "429": 1}
    assert clock.slept[0] >= 7
    assert clock.slept[1] == pytest.approx(0.5)


async def test_a_lost_connection_is_tried_again() -> None:
    failures = [httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("gone")]
    tally = Tally()

    def answer(request: httpx.Request) -> httpx.Response:
        if failures:
            raise failures.pop(0)
        return _accept(request)

    await _client(answer, tally, Clock()).send("observations", [{}])

    assert (tally.accepted, dict(tally.retries)) == (1, {"connection": 3})


async def test_patience_ends_with_what_to_do() -> None:
    tally, clock = Tally(), Clock()
    client = _client(
        lambda _: httpx.Response(503, json={"detail": "Kafka is away"}), tally, clock, patience=20
    )

    with pytest.raises(CommandError, match=r"for 20 s \(503 Kafka is away\); 0 items.*fansipan doctor"):
        await client.send("observations", [{}])

    assert clock.now <= 20


async def test_rejected_items_are_counted_by_code_with_samples() -> None:
    rejected = [{"index": n, "code": "time-in-future", "detail": "ahead"} for n in range(7)]
    tally = Tally()
    answer = httpx.Response(202, json={"accepted": 3, "duplicatesPossible": False, "rejected": rejected})

    await _client(lambda _: answer, tally, Clock()).send("observations", [{"n": n} for n in range(10)])

    assert (tally.sent, tally.accepted, tally.rejected) == (10, 3, 7)
    assert dict(tally.codes) == {"time-in-future": 7}
    assert [sample.item for sample in tally.samples] == [{"n": n} for n in range(5)]


async def test_a_batch_that_is_too_large_is_halved() -> None:
    sizes: list[int] = []
    tally = Tally()

    def answer(request: httpx.Request) -> httpx.Response:
        sizes.append(len(orjson.loads(request.content)))
        return httpx.Response(413) if sizes[-1] > 3 else _accept(request)

    await _client(answer, tally, Clock()).send("observations", [{"n": n} for n in range(10)])

    assert (tally.sent, tally.accepted) == (10, 10)
    assert sizes == [10, 5, 2, 3, 5, 2, 3]


@pytest.mark.parametrize(
    ("response", "message"),
    [
        (httpx.Response(401, json={"detail": "no such key"}), "401.*no such key.*FANSIPAN_INGEST_KEY"),
        (httpx.Response(404), "404.*FANSIPAN_INGEST_URL"),
        (httpx.Response(413), "413"),
        (httpx.Response(202, json={"accepted": 0, "rejected": []}), "does not add up"),
        (httpx.Response(202, text="ok"), "cannot be understood"),
    ],
)
async def test_what_cannot_be_helped_ends_the_replay(response: httpx.Response, message: str) -> None:
    with pytest.raises(CommandError, match=message):
        await _client(lambda _: response, Tally(), Clock()).send("observations", [{}])


async def test_lanes_keep_the_order_of_each_thing_and_lose_nothing() -> None:
    received: list[dict[str, int]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        received.extend(orjson.loads(request.content))
        return _accept(request)

    tally = Tally()
    sender = Sender(_client(answer, tally, Clock()), lanes=3, batch_size=7)
    items = [Outgoing("observations", f"thing-{n % 10}", n, {"thing": n % 10, "n": n}) for n in range(500)]

    await sender.run(items)

    assert tally.accepted == 500
    assert sorted(item["n"] for item in received) == list(range(500))
    for thing in range(10):
        order = [item["n"] for item in received if item["thing"] == thing]
        assert order == sorted(order)


async def test_observations_and_events_go_to_their_own_door() -> None:
    seen: list[tuple[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((request.url.path, request.headers["Content-Type"]))
        return _accept(request)

    sender = Sender(_client(answer, Tally(), Clock()), lanes=1, batch_size=10)
    await sender.run([Outgoing("observations", "a", 0, {}), Outgoing("service-events", "a", 0, {})])

    assert seen == [
        ("/v1/observations", "application/json"),
        ("/v1/service-events", "application/cloudevents-batch+json"),
    ]


async def test_one_lane_that_fails_ends_the_run() -> None:
    sender = Sender(_client(lambda _: httpx.Response(401), Tally(), Clock()), lanes=2, batch_size=1)

    with pytest.raises(CommandError, match="401"):
        await sender.run(Outgoing("observations", str(n), n, {}) for n in range(100))


async def test_pace_follows_the_times_of_the_items() -> None:
    clock = Clock()
    pace = Pace(60.0, monotonic=clock.monotonic)
    sender = Sender(_client(_accept, Tally(), clock), lanes=2, batch_size=100, pace=pace, sleep=clock.sleep)

    await sender.run(Outgoing("observations", "a", minute * 60_000, {}) for minute in range(11))

    assert clock.now == pytest.approx(10.0)


def test_back_off_grows_to_its_limit_with_jitter() -> None:
    low, high = Backoff(draw=lambda: 0.0), Backoff(draw=lambda: 1.0)

    assert [high.delay(attempt, None) for attempt in range(4)] == [0.25, 0.5, 1.0, 2.0]
    assert low.delay(3, None) == 1.0
    assert high.delay(50, None) == 15.0
    assert 5.0 <= low.delay(0, 5.0) <= high.delay(0, 5.0) < 5.1


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("3", 3.0),
        ("-3", 0.0),
        ("100000", 300.0),
        ("nan", None),
        ("soon", None),
        ("Wed, 01 Jul 2026 08:00:05 GMT", 5.0),
        ("Wed, 01 Jul 2026 07:00:00 GMT", 0.0),
    ],
)
def test_retry_after_is_a_number_or_a_date(text: str | None, seconds: float | None) -> None:
    assert parse_retry_after(text, NOW) == seconds
