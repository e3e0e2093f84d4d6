"""Rules on figures of indicators: the period that is going on moves, and corrections are no movement."""

from datetime import timedelta
from typing import Any

from tests.integration.alerts.conftest import AREA, HOUR, NOW, City, rule

HOUR_START = NOW.replace(minute=0, second=0)
AQI: dict[str, Any] = {
    "kind": "threshold",
    "indicator": "aqi",
    "period": "hour",
    "levels": [
        {"above": 151, "clearAt": 141, "severity": "warning"},
        {"above": 201, "clearAt": 191, "severity": "serious"},
    ],
}


async def test_a_figure_that_trembles_in_its_hour_is_one_alert(city: City):
    await city.rules(rule("bad-air", AQI, subjects="area"))
    ids = await city.indicator("aqi", "area", AREA)
    replica = city.alerts()
    for value in (120, 152, 149, 153, 150, 205, 192):
        await city.figure(ids, "hour", HOUR_START, value)
        await replica.work_off()
    assert await city.history("bad-air") == ["opened", "raised"]
    [alert] = await city.alerts_of("bad-air")
    assert (alert["severity"], alert["subject"], alert["area_code"]) == ("serious", AREA, AREA)
    assert alert["cause"]["indicator"] == "aqi"
    await city.figure(ids, "hour", HOUR_START, 140)
    await replica.work_off()
    assert await city.history("bad-air") == ["opened", "raised", "resolved"]


async def test_the_next_period_goes_on_where_the_last_one_stood(city: City):
    await city.rules(rule("bad-air", AQI, subjects="area"))
    ids = await city.indicator("aqi", "area", AREA)
    replica = city.alerts()
    await city.figure(ids, "hour", HOUR_START - HOUR, 155)
    await city.figure(ids, "hour", HOUR_START - HOUR, 149)
    await replica.work_off()
    assert await city.alerts_of("bad-air") == []  # 155 was never seen
    await city.figure(ids, "hour", HOUR_START - HOUR, 155)
    await replica.work_off()
    await city.figure(ids, "hour", HOUR_START - HOUR, 149)
    await replica.work_off()
    await city.figure(ids, "hour", HOUR_START, 145)
    await replica.work_off()
    [alert] = await city.alerts_of("bad-air")
    assert (alert["state"], alert["started_at"]) == ("open", HOUR_START - HOUR)
    await city.figure(ids, "hour", HOUR_START, None)  # not applicable says nothing
    await replica.work_off()
    assert await city.history("bad-air") == ["opened"]


async def test_a_corrected_figure_withdraws_what_it_caused(city: City):
    await city.rules(rule("bad-air", AQI, subjects="area"))
    ids = await city.indicator("aqi", "area", AREA)
    replica = city.alerts()
    for hours, value in ((3, 100), (2, 170), (1, 150), (0, 145)):
        await city.figure(ids, "hour", HOUR_START - hours * HOUR, value)
        await replica.work_off()
    await city.figure(ids, "hour", HOUR_START - 2 * HOUR, 130, "correction")
    await replica.work_off()
    assert await city.history("bad-air") == ["opened", "withdrawn"]
    await city.figure(ids, "hour", HOUR_START, 260)
    await replica.work_off()
    await city.figure(ids, "hour", HOUR_START, 90, "correction")
    await replica.work_off()
    assert await city.history("bad-air") == ["opened", "withdrawn", "opened", "withdrawn"]


async def test_backlog_of_an_agency_over_days(city: City):
    backlog = {"kind": "threshold", "indicator": "overdue", "period": "day", "above": 10, "clearAt": 6}
    await city.rules(rule("backlog", backlog, subjects="agency"))
    ids = await city.indicator("overdue", "agency", "UBND-02671")
    replica = city.alerts()
    day = HOUR_START - timedelta(days=3)
    for days, values in ((0, (8, 11)), (1, (12, 9)), (2, (7, 5))):
        for value in values:
            await city.figure(ids, "day", day + timedelta(days=days), value)
            await replica.work_off()
    [alert] = await city.alerts_of("backlog")
    assert (alert["state"], alert["started_at"], alert["subject_name"]) == ("resolved", day, "UBND-02671")
    assert await city.history("backlog") == ["opened", "resolved"]


async def test_other_kinds_of_subject_and_period_are_left_alone(city: City):
    await city.rules(rule("bad-air", AQI, subjects="area"))
    thing = await city.indicator("aqi", "thing", "demo/x")
    area = await city.indicator("aqi", "area", AREA)
    await city.figure(thing, "hour", HOUR_START, 400)
    await city.figure(area, "day", HOUR_START, 400)
    await city.alerts().work_off()
    assert await city.alerts_of("bad-air") == []
    assert await city.all("SELECT 1 FROM changed_value") == []


async def test_a_new_rule_looks_at_the_figures_that_are_there(city: City):
    gone = await city.indicator("aqi", "thing", "demo/gauge", version=1)
    ids = await city.indicator("aqi", "thing", "demo/gauge", version=2)
    await city.datastream("gauge")
    await city.figure(gone, "hour", HOUR_START, 20)
    await city.figure(ids, "hour", HOUR_START, 180)
    await city.connection.execute("TRUNCATE changed_value")
    await city.rules(rule("bad-air", AQI, subjects="thing"))
    await city.alerts().work_off()
    [alert] = await city.alerts_of("bad-air")  # of two versions the newer one counts
    assert (alert["subject_name"], alert["area_code"]) == ("gauge", AREA)
    assert alert["summary"]["en"].startswith("gauge since ")
