"""An alert names its subject in both languages, where there are two names."""

from typing import Any

import pytest
from tests.integration.alerts.conftest import AREA, HOUR, NOW, City, rule

HIGH = {"kind": "threshold", "property": "level", "above": 10}
BAD = {"kind": "threshold", "indicator": "aqi", "period": "hour", "above": 150}
SILENT = {"kind": "silence", "property": "level", "after": "1h"}


async def call(city: City, table: str, row: int, name: str, name_en: Any) -> None:
    """Name a thing or datastream; `name_en` may be anything that a provider may have sent."""
    await city.connection.execute(
        f"UPDATE {table} SET name = $2, properties = properties || $3 WHERE id = $1",
        row,
        name,
        {"nameEn": name_en},
    )


async def thing_of(city: City, datastream: int) -> int:
    return await city.connection.fetchval("SELECT thing_id FROM datastream WHERE id = $1", datastream)


async def summary_of(city: City, key: str) -> dict[str, str]:
    """The beginnings of the only alert's summary, which are the subject's names."""
    [alert] = await city.alerts_of(key)
    return {"vi": alert["summary"]["vi"].split(" từ ")[0], "en": alert["summary"]["en"].split(" since ")[0]}


@pytest.mark.parametrize("condition", [HIGH, SILENT], ids=["threshold", "silence"])
async def test_a_datastream_that_brings_an_english_name(city: City, condition: dict[str, Any]) -> None:
    gauge = await city.datastream("gauge")
    await call(city, "datastream", gauge, "Mực nước Bảo Hà", "Level at Bao Ha")
    await city.rules(rule("gauge", condition))
    await city.observe((gauge, NOW - 2 * HOUR, 12.0))
    await city.alerts().work_off()
    assert await summary_of(city, "gauge") == {"vi": "Mực nước Bảo Hà", "en": "Level at Bao Ha"}
    [alert] = await city.alerts_of("gauge")
    assert alert["subject_name"] == "Mực nước Bảo Hà"


@pytest.mark.parametrize("name_en", [None, "", "  ", 7, ["x"]])
async def test_without_a_name_that_can_be_read_it_is_the_vietnamese_one(city: City, name_en: Any) -> None:
    gauge = await city.datastream("gauge")
    await call(city, "datastream", gauge, "Mực nước Bảo Hà", name_en)
    await city.rules(rule("high", HIGH))
    await city.observe((gauge, NOW, 12.0))
    await city.alerts().work_off()
    assert await summary_of(city, "high") == {"vi": "Mực nước Bảo Hà", "en": "Mực nước Bảo Hà"}


async def test_figures_of_a_thing_a_commune_and_an_agency(city: City) -> None:
    thing = await thing_of(city, await city.datastream("gauge"))
    await call(city, "thing", thing, "Trạm Sa Pa", "Station Sa Pa")
    subjects = {"thing": "demo/gauge", "area": AREA, "agency": "so-y-te"}
    await city.rules(*(rule(f"bad-{kind}", BAD, subjects=kind) for kind in subjects))
    for kind, key in subjects.items():
        ids = await city.indicator("aqi", kind, key)
        await city.figure(ids, "hour", NOW.replace(minute=0, second=0), 180)
    await city.alerts().work_off()
    assert [await summary_of(city, f"bad-{kind}") for kind in subjects] == [
        {"vi": "Trạm Sa Pa", "en": "Station Sa Pa"},
        {"vi": "Phường Cam Đường", "en": "Cam Duong Ward"},
        {"vi": "so-y-te", "en": "so-y-te"},
    ]


async def test_agencies_and_procedures_that_were_given_a_name(city: City) -> None:
    await city.connection.execute(
        "INSERT INTO agency (key, name, name_en) VALUES ('so-y-te', 'Sở Y tế', 'Department of Health');"
        "INSERT INTO administrative_procedure (key, name) VALUES ('khai-sinh', 'Đăng ký khai sinh')"
    )
    subjects = {"agency": "so-y-te", "procedure": "khai-sinh", "agency-procedure": "so-y-te|ket-hon"}
    await city.rules(*(rule(f"bad-{kind}", BAD, subjects=kind) for kind in subjects))
    for kind, key in subjects.items():
        ids = await city.indicator("aqi", kind, key)
        await city.figure(ids, "hour", NOW.replace(minute=0, second=0), 180)
    await city.alerts().work_off()
    assert [await summary_of(city, f"bad-{kind}") for kind in subjects] == [
        {"vi": "Sở Y tế", "en": "Department of Health"},
        {"vi": "Đăng ký khai sinh", "en": "Đăng ký khai sinh"},
        {"vi": "Sở Y tế · ket-hon", "en": "Department of Health · ket-hon"},
    ]


async def test_a_composite_is_named_after_its_area(city: City) -> None:
    rainy = {"kind": "threshold", "property": "rain", "above": 25}
    both = {"kind": "composite", "all": ["high", "rainy"], "match": "area"}
    await city.rules(rule("high", HIGH), rule("rainy", rainy), rule("danger", both, subjects="area"))
    gauge, rain = await city.datastream("gauge"), await city.datastream("rain", "rain")
    await city.observe((gauge, NOW, 12.0), (rain, NOW, 30.0))
    await city.alerts().work_off()
    assert await summary_of(city, "danger") == {"vi": "Phường Cam Đường", "en": "Cam Duong Ward"}
