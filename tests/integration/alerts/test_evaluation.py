"""Rules over readings and figures: one alert for one cause, whatever the order in which things come."""

import asyncio
import random
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.alerts.conftest import AREA, HOUR, NOW, City, rule

MS = timedelta(milliseconds=1)
HIGH = {"kind": "threshold", "property": "level", "above": 10, "clearAt": 8}
LEVELS = {
    "kind": "threshold",
    "property": "level",
    "levels": [
        {"above": 10, "clearAt": 8, "severity": "warning"},
        {"above": 20, "clearAt": 18, "severity": "critical"},
    ],
}


async def test_two_messages_a_millisecond_apart_make_one_alert_a_thousand_times(city: City):
    await city.rules(rule("high", HIGH))
    ids = [await city.datastream(f"gauge-{n}") for n in range(1000)]
    replicas = [city.alerts() for _ in range(4)]
    start = NOW - timedelta(minutes=5)
    await city.observe(*((one, start - HOUR, 1.0) for one in ids))

    async def cross() -> None:
        for place in range(0, len(ids), 20):
            part = ids[place : place + 20]
            await city.observe(*((one, start, 10.0) for one in part))
            await city.observe(*((one, start + MS, 11.0) for one in part))
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        crossing = group.create_task(cross())
        while not crossing.done():
            await asyncio.gather(*(replica.work_off() for replica in replicas))
    await asyncio.gather(*(replica.work_off() for replica in replicas))
    rows = await city.all("SELECT subject, count(*) AS n FROM alert GROUP BY 1")
    assert len(rows) == 1000
    assert {row["n"] for row in rows} == {1}
    assert {row["started_at"] for row in await city.alerts_of("high")} == {start}
    assert await city.history("high") == ["opened"] * 1000
    events = await city.all("SELECT key, type, data FROM outbox")
    assert len(events) == 1000
    assert {event["type"] for event in events} == {"vn.fansipan.alert.changed.v1"}


async def test_a_value_that_trembles_around_the_bound_makes_one_alert(city: City):
    await city.rules(rule("high", HIGH))
    gauge = await city.datastream("gauge")
    replica = city.alerts()
    start = NOW - HOUR
    for n in range(60):
        await city.observe((gauge, start + n * timedelta(seconds=10), 10.2 if n % 2 else 9.8))
        await replica.work_off()
    assert await city.history("high") == ["opened"]
    await city.observe((gauge, start + timedelta(minutes=11), 7.9))
    await replica.work_off()
    [alert] = await city.alerts_of("high")
    assert (alert["state"], alert["started_at"]) == ("resolved", start + timedelta(seconds=10))
    assert await city.history("high") == ["opened", "resolved"]


async def test_an_alert_becomes_graver_and_keeps_its_beginning(city: City):
    await city.rules(rule("rising", LEVELS))
    gauge = await city.datastream("gauge")
    replica = city.alerts()
    start = NOW - HOUR
    for n, value in enumerate([5, 12, 15, 22, 19, 15]):
        await city.observe((gauge, start + n * timedelta(minutes=1), value))
        await replica.work_off()
    [alert] = await city.alerts_of("rising")
    assert (alert["severity"], alert["state"]) == ("critical", "open")
    assert alert["started_at"] == start + timedelta(minutes=1)
    assert alert["cause"]["value"] == 22
    assert await city.history("rising") == ["opened", "raised"]


async def test_a_correction_that_removes_the_cause_withdraws_the_alert(city: City):
    await city.rules(rule("high", HIGH))
    gauge = await city.datastream("gauge")
    replica = city.alerts()
    await city.observe((gauge, NOW - 2 * HOUR, 3.0), (gauge, NOW - HOUR, 99.0), (gauge, NOW, 9.0))
    await replica.work_off()
    assert [one["state"] for one in await city.alerts_of("high")] == ["open"]  # 9.0 does not clear it
    await city.observe((gauge, NOW - HOUR, 9.9), corrected=True)
    await replica.work_off()
    [alert] = await city.alerts_of("high")
    assert (alert["state"], alert["version"]) == ("withdrawn", 2)
    assert await city.history("high") == ["opened", "withdrawn"]


async def test_a_reading_that_turns_out_bad_withdraws_the_alert(city: City):
    await city.rules(rule("high", HIGH))
    gauge = await city.datastream("gauge")
    replica = city.alerts()
    await city.observe((gauge, NOW - HOUR, 3.0), (gauge, NOW, 99.0))
    await replica.work_off()
    await city.observe((gauge, NOW, 99.0), corrected=True, bad=True)
    await replica.work_off()
    assert await city.history("high") == ["opened", "withdrawn"]


async def test_a_late_reading_moves_the_beginning_without_a_second_alert(city: City):
    await city.rules(rule("high", HIGH))
    gauge = await city.datastream("gauge")
    replica = city.alerts()
    await city.observe((gauge, NOW - 4 * HOUR, 3.0), (gauge, NOW, 12.0))
    await replica.work_off()
    await city.observe((gauge, NOW - 2 * HOUR, 11.0))
    await replica.work_off()
    [alert] = await city.alerts_of("high")
    assert (alert["state"], alert["started_at"]) == ("open", NOW - 2 * HOUR)
    assert await city.history("high") == ["opened"]


@pytest.mark.parametrize("seed", [*range(8), 128])
async def test_any_order_of_arrival_ends_where_the_order_of_time_does(city: City, seed: int):
    dice = random.Random(seed)
    hold = {"for": "2m"} if seed % 2 else {}
    await city.rules(rule("rising", LEVELS | hold), rule("steep", STEEP))
    shuffled, ordered = await city.datastream("shuffled"), await city.datastream("ordered")
    start = NOW - 3 * HOUR
    times = sorted(dice.sample(range(0, 3 * 3600, 7), 60))
    truth = {start + timedelta(seconds=at): dice.choice([1, 7, 9, 9.5, 11, 19, 21]) for at in times}
    arrivals = [(at, value, False) for at, value in truth.items()]
    arrivals += [(at, truth[at], False) for at in dice.sample(list(truth), 10)]  # again
    dice.shuffle(arrivals)
    wrong = set(dice.sample(list(truth), 15))  # first sent wrong, then corrected
    replica = city.alerts()
    seen: set[Any] = set()
    for at, value, _ in arrivals:
        if at in wrong and at not in seen:
            await city.observe((shuffled, at, dice.choice([1, 11, 25])))
            if dice.random() < 0.5:
                await replica.work_off()
            await city.observe((shuffled, at, value), corrected=True)
        else:
            await city.observe((shuffled, at, value))
        seen.add(at)
        if dice.random() < 0.3:
            await replica.work_off()
    await replica.work_off()
    await city.observe(*((ordered, at, value) for at, value in truth.items()))
    await replica.work_off()
    rows = await city.all(
        "SELECT rule, subject, state -> 'active' AS active, state -> 'began' AS began,"
        " state #> '{memory,standing,gravest}' AS gravest FROM alert_watch ORDER BY 1, 2"
    )
    assert len(rows) == 4
    for ours, other in ((rows[0], rows[1]), (rows[2], rows[3])):
        assert [ours[name] for name in ("active", "began", "gravest")] == [
            other[name] for name in ("active", "began", "gravest")
        ]
    open_alerts = await city.all(
        "SELECT rule, subject, started_at FROM alert WHERE state = 'open' ORDER BY rule, subject"
    )
    by_subject = {
        subject: {(row["rule"], row["started_at"]) for row in open_alerts if subject in row["subject"]}
        for subject in ("shuffled", "ordered")
    }
    assert by_subject["shuffled"] == by_subject["ordered"]


STEEP = {"kind": "rate-of-rise", "property": "level", "over": "30m", "above": 10, "clearAt": 2}


async def test_a_fast_rise_is_seen_and_is_over_when_the_water_stands(city: City):
    await city.rules(rule("steep", STEEP))
    gauge = await city.datastream("gauge")
    replica = city.alerts()
    start = NOW - 3 * HOUR
    for n in range(13):  # 1 an hour, then 12 an hour from n=4 to 8, then it stands
        value = n / 6 if n <= 4 else 4 / 6 + min(n - 4, 4) * 2
        await city.observe((gauge, start + n * timedelta(minutes=10), value))
        await replica.work_off()
    assert await city.history("steep") == ["opened", "resolved"]
    [alert] = await city.alerts_of("steep")
    assert 10 <= alert["cause"]["value"] <= 12


async def test_a_level_counts_only_when_it_was_held(city: City):
    await city.rules(rule("held", HIGH | {"for": "2s"}))
    gauge = await city.datastream("gauge")
    replica = city.alerts()
    loop = asyncio.create_task(replica.run())
    try:
        now = await city.connection.fetchval("SELECT clock_timestamp()")
        await city.observe((gauge, now - HOUR, 1.0), (gauge, now, 12.0))
        await asyncio.sleep(1.0)
        assert await city.alerts_of("held") == []
        async with asyncio.timeout(20.0):  # no further reading comes
            while not await city.alerts_of("held"):
                await asyncio.sleep(0.05)
        [alert] = await city.alerts_of("held")
        assert alert["started_at"] == now
        assert alert["opened_at"] - now >= timedelta(seconds=2)
    finally:
        loop.cancel()


async def test_bounds_may_come_from_the_thing(city: City):
    own_level = {"thingProperty": "levels.high"}
    await city.rules(
        rule("own", {"kind": "threshold", "property": "level", "above": own_level, "clearMargin": 1})
    )
    low = await city.datastream("low", levels={"high": 2.0})
    high = await city.datastream("high", levels={"high": 200.0})
    none = await city.datastream("none")
    await city.observe(*((one, NOW, 5.0) for one in (low, high, none)))
    await city.alerts().work_off()
    assert [alert["subject"] for alert in await city.alerts_of("own")] == ["demo/low/level"]


async def test_silence_is_noticed_within_its_time_and_ends_with_the_next_reading(city: City):
    gauge = await city.datastream("gauge")
    now = await city.connection.fetchval("SELECT clock_timestamp()")
    await city.observe((gauge, now, 1.0))
    await city.rules(rule("silent", {"kind": "silence", "property": "level", "after": "2s"}))
    fresh = await city.datastream("registered-later")
    never = await city.datastream("never-sent")
    replica = city.alerts()
    loop = asyncio.create_task(replica.run())
    try:
        await city.observe((fresh, now + timedelta(seconds=1), 1.0))
        async with asyncio.timeout(20.0):
            while len(await city.alerts_of("silent")) < 2:
                await asyncio.sleep(0.05)
        first, second = await city.alerts_of("silent")
        assert (first["subject"], first["started_at"]) == ("demo/gauge/level", now)
        assert first["opened_at"] - now < timedelta(seconds=10)
        assert second["subject"] == "demo/registered-later/level"
        assert second["opened_at"] - now < timedelta(seconds=10)
        await city.observe((gauge, await city.connection.fetchval("SELECT clock_timestamp()"), 1.0))
        async with asyncio.timeout(20.0):
            while (await city.alerts_of("silent"))[0]["state"] != "resolved":
                await asyncio.sleep(0.05)
        assert not [alert for alert in await city.alerts_of("silent") if str(never) in alert["subject"]]
        await replica.check()
    finally:
        loop.cancel()


async def test_a_composite_holds_while_both_do_in_one_area(city: City):
    rainy = {"kind": "threshold", "property": "rain", "above": 25, "clearAt": 10}
    both = {"kind": "composite", "all": ["high", "rainy"], "match": "area"}
    await city.rules(
        rule("high", HIGH), rule("rainy", rainy), rule("danger", both, subjects="area", severity="critical")
    )
    gauge, rain = await city.datastream("gauge"), await city.datastream("rain", "rain")
    elsewhere = await city.datastream("far", "rain", "02647")
    replicas = [city.alerts(), city.alerts()]

    async def work() -> None:
        await asyncio.gather(*(replica.work_off() for replica in replicas))

    await city.observe((gauge, NOW - HOUR, 12.0), (elsewhere, NOW - HOUR, 30.0))
    await work()
    assert await city.alerts_of("danger") == []
    await city.observe((rain, NOW, 30.0))
    await work()
    [alert] = await city.alerts_of("danger")
    assert (alert["subject"], alert["severity"], alert["area_code"]) == (AREA, "critical", AREA)
    assert alert["subject_name"] != AREA
    assert alert["started_at"] == NOW
    await city.observe((rain, NOW, 1.0), corrected=True)
    await work()
    assert await city.history("danger") == ["opened", "withdrawn"]


async def test_members_of_a_composite_that_change_at_once_are_both_seen(city: City):
    rainy = {"kind": "threshold", "property": "rain", "above": 25}
    both = {"kind": "composite", "all": ["high", "rainy"], "match": "area"}
    await city.rules(rule("high", HIGH), rule("rainy", rainy), rule("danger", both, subjects="area"))
    codes = [row["code"] for row in await city.all("SELECT code FROM area WHERE parent_code = '15' LIMIT 60")]
    pairs = [
        (await city.datastream(f"g-{code}", "level", code), await city.datastream(f"r-{code}", "rain", code))
        for code in codes
    ]
    replicas = [city.alerts() for _ in range(4)]
    for gauge, rain in pairs:
        await city.observe((gauge, NOW, 12.0))
        await city.observe((rain, NOW, 30.0))
    await asyncio.gather(*(replica.work_off() for replica in replicas))
    assert len(await city.alerts_of("danger")) == len(codes)


async def test_an_operator_s_end_holds_until_it_gets_worse(city: City):
    await city.rules(rule("rising", LEVELS))
    gauge = await city.datastream("gauge")
    replica = city.alerts()
    await city.observe((gauge, NOW - HOUR, 12.0))
    await replica.work_off()
    await city.connection.execute("UPDATE alert SET state = 'resolved', ended_at = now()")
    await city.observe((gauge, NOW - HOUR / 2, 13.0))
    await replica.work_off()
    assert len(await city.alerts_of("rising")) == 1
    await city.observe((gauge, NOW, 23.0))
    await replica.work_off()
    assert [alert["severity"] for alert in await city.alerts_of("rising")] == ["warning", "critical"]


async def test_only_operators_end_alerts_of_a_rule_that_says_so(city: City):
    await city.rules(rule("high", HIGH, resolveAutomatically=False))
    gauge = await city.datastream("gauge")
    replica = city.alerts()
    for n, value in enumerate([12.0, 1.0, 2.0, 12.0]):
        await city.observe((gauge, NOW - HOUR + n * timedelta(minutes=1), value))
        await replica.work_off()
    assert await city.history("high") == ["opened"]
    await city.observe((gauge, NOW - HOUR + timedelta(minutes=5), 1.0))
    await replica.work_off()
    await city.connection.execute("UPDATE alert SET state = 'resolved', ended_at = now()")
    await city.observe((gauge, NOW, 12.0))
    await replica.work_off()
    assert await city.history("high") == ["opened", "opened"]


async def test_rules_that_change_or_go_take_their_alerts_with_them(city: City):
    gauge = await city.datastream("gauge")
    await city.observe((gauge, NOW - HOUR, 9.0))
    assert await city.rules(rule("high", HIGH)) == ["high"]
    assert await city.rules(rule("high", HIGH)) == []
    replica = city.alerts()
    await replica.work_off()
    assert await city.alerts_of("high") == []
    await city.rules(rule("high", HIGH | {"above": 9}))  # what is known already is looked at again
    await replica.work_off()
    assert await city.history("high") == ["opened"]
    assert await city.rules() == ["high"]
    assert await city.history("high") == ["opened", "withdrawn"]
    await city.observe((gauge, NOW, 50.0))
    await replica.work_off()
    assert await city.history("high") == ["opened", "withdrawn"]
    [lane] = await city.all("SELECT properties FROM evaluation_lane WHERE name = 'alerts'")
    assert lane["properties"] == []
