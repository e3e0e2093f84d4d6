"""What is told of the observations that were stored: what somebody wants, in order, and not too much."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

import numpy as np
import pytest

from fansipan_analytics.domain.batch import Rows
from fansipan_analytics.outbox.stored import StoredStream
from fansipan_common.contracts.broadcast import (
    STORED_LENGTH,
    STORED_ROWS,
    StoredObservations,
    WantedDatastreams,
)
from fansipan_common.redis import Speedup
from fansipan_common.telemetry import metrics_of

EVERYTHING = WantedDatastreams()


class FakeRedis:
    """Takes entries of a stream."""

    def __init__(self) -> None:
        self.entries: list[StoredObservations] = []

    def pipeline(self, *, transaction: bool) -> "FakeRedis":
        assert not transaction
        return self

    def xadd(self, key: str, fields: dict[str, str], *, maxlen: int, approximate: bool) -> None:
        assert (key, maxlen, approximate) == ("test:stored", STORED_LENGTH, True)
        self.entries.append(StoredObservations.model_validate_json(fields["data"]))

    async def execute(self) -> None:
        return

    async def attempt(self, command: Callable[[Any], Awaitable[Any]]) -> Any:
        return await command(self)


class Away:
    async def attempt(self, _command: object) -> None:
        return None


def stream(redis: object) -> StoredStream:
    return StoredStream(cast("Speedup", redis), "test:", metrics_of("test"))


def rows(*identities: tuple[int, int]) -> Rows:
    ids = np.array([each for each, _ in identities], np.int32)
    ms = np.array([each for _, each in identities], np.int64)
    return Rows(ids, ms, np.zeros(len(ids)))


def told(redis: FakeRedis) -> list[tuple[int, int]]:
    return [pair for entry in redis.entries for pair in zip(entry.ids, entry.ms, strict=True)]


async def test_nothing_is_kept_while_nobody_wants_it() -> None:
    redis = FakeRedis()
    found = stream(redis)
    found.offer(rows((1, 5)))
    found.want(EVERYTHING)
    found.offer(rows((1, 6), (2, 6)))
    found.offer(rows((1, 5)))
    await found.append_waiting()
    assert told(redis) == [(1, 6), (2, 6), (1, 5)]  # in the order in which they were stored


async def test_only_datastreams_that_are_wanted_are_told() -> None:
    redis = FakeRedis()
    found = stream(redis)
    found.want(WantedDatastreams(ids=[2, 4]))
    found.offer(rows((1, 5), (2, 5), (3, 5), (4, 5), (2, 4)))
    found.offer(rows((3, 6)))
    await found.append_waiting()
    assert told(redis) == [(2, 5), (4, 5), (2, 4)]


@pytest.mark.parametrize("batches", [1, 12])
async def test_of_too_much_the_newest_of_each_datastream_is_told(batches: int) -> None:
    redis = FakeRedis()
    found = stream(redis)
    found.want(EVERYTHING)
    for batch in range(batches):
        found.offer(rows(*((number % 1_500 + 1, batch * 100 + number) for number in range(12_000))))
    await found.append_waiting()
    last = (batches - 1) * 100
    assert told(redis) == [(each, last + 10_500 + each - 1) for each in range(1, 1_501)]
    assert max(len(entry.ids) for entry in redis.entries) == STORED_ROWS


async def test_what_redis_does_not_take_is_let_go() -> None:
    found = stream(Away())
    found.want(EVERYTHING)
    found.offer(rows((1, 5)))
    await found.append_waiting()
    redis = FakeRedis()
    found = stream(redis)
    found.want(EVERYTHING)
    found.offer(rows((1, 6)))
    found.want(None)
    found.want(EVERYTHING)
    found.offer(rows((1, 7)))
    await found.append_waiting()
    assert told(redis) == [(1, 7)]
