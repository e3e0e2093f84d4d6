"""What waits is taken newest first, once, and never lost; lanes rest without forgetting anything."""

import asyncio
from datetime import datetime, timedelta

from tests.integration.indicators.town import Town, at

from fansipan_analytics.indicators import lane_repository, queues
from fansipan_analytics.indicators.heads import Heads
from fansipan_analytics.indicators.value_repository import Head

_NOON = at("2026-01-05T12:00")
_LANE = "floods"


async def _enqueue(town: Town, buckets: list[tuple[int, datetime]], *, corrected: bool = False) -> None:
    await town.connection.execute(
        "INSERT INTO changed_series (lane, level, datastream_ids, buckets, corrected) VALUES ($1, '1h', $2, $3, $4)",
        _LANE,
        [one for one, _ in buckets],
        [start for _, start in buckets],
        corrected,
    )


async def test_what_is_over_the_limit_goes_back_and_comes_again(town: Town) -> None:
    hours = [_NOON - timedelta(hours=back) for back in range(7)]
    for _ in range(3):  # a busy bucket is queued many times over
        await _enqueue(town, [(1, hour) for hour in hours])
    await _enqueue(town, [(1, hours[6])], corrected=True)
    taken: list[datetime] = []
    sizes: list[tuple[int, bool]] = []
    corrected: dict[datetime, bool] = {}
    while not sizes or sizes[-1][0]:
        async with town.connection.transaction():
            buckets, more = await queues.take_series(town.connection, _LANE, 3)
        taken += sorted((bucket.start for bucket in buckets), reverse=True)
        corrected |= {bucket.start: bucket.corrected for bucket in buckets}
        sizes.append((len(buckets), more))
    assert taken == hours
    assert sizes == [(3, True), (3, True), (1, False), (0, False)]
    assert [hour for hour in hours if corrected[hour]] == [hours[6]]
    assert await town.connection.fetchval("SELECT count(*) FROM changed_series WHERE lane = $1", _LANE) == 0


async def test_a_lane_rests_until_its_time_and_then_takes_what_came(town: Town) -> None:
    await town.settle()  # the lanes exist, and no definition is new any more
    await _enqueue(town, [(1, _NOON)])

    async def waits(now: datetime) -> bool:
        lanes = await lane_repository.waiting_lanes(town.connection, [_LANE], now, 3600.0)
        return any(not lane.tick for lane in lanes)

    await lane_repository.worked(town.connection, _LANE, _NOON, tick=True, more=False, rest=2.0)
    assert not await waits(_NOON + timedelta(seconds=1.9))
    assert await waits(_NOON + timedelta(seconds=2.1))
    await lane_repository.worked(town.connection, _LANE, _NOON, tick=True, more=True, rest=0.0)
    assert await waits(_NOON), "with more to do it waits for no turn"


async def test_what_does_not_exist_is_asked_once_and_known_when_it_comes(town: Town) -> None:
    key = (1, 1, "hour", _NOON)
    heads = Heads(capacity=2)
    statements: list[str] = []
    with town.connection.query_logger(lambda query: statements.append(query.query)):
        for _ in range(2):
            assert await heads.fetch(town.connection, [key]) == {}
            heads.committed()
    await asyncio.sleep(0)  # loggers are called by the loop
    assert len(statements) == 1
    head = Head(1, 2.0, None, None, None, 1, None, {}, "new-data", _NOON)
    heads.wrote({key: head})
    assert await heads.fetch(town.connection, [key]) == {key: head}
    heads.forget()
    assert await heads.fetch(town.connection, [key]) == {}, "the transaction was rolled back"
