"""VN_AQI of the real stations of Beijing and Hà Nội equals the oracle's, for every hour and day.

January by default; every month with FANSIPAN_ALL_MONTHS=1.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from tests.integration.indicators.town import ROOT, Reading, Town, at

from fansipan_cli.scenario.catalogue import load_scenario
from fansipan_cli.scenario.readings import read_readings

_BEIJING, _HANOI = timedelta(days=3287), timedelta(days=2922)
"""From 2016/17 to 2025/26, and from 2018 to 2026: the index is in force since November 2019."""
_MONTHS = range(1, 13) if os.environ.get("FANSIPAN_ALL_MONTHS") else (1,)
_POLLUTANTS = ("pm2_5", "pm10", "so2", "no2", "co", "o3")
_BATCH = 20_000


def _readings() -> Iterator[tuple[Reading, str | None]]:
    """Readings of pollutants with the commune of their station."""
    loaded = load_scenario(ROOT / "demo" / "scenarios" / "laocai.yaml")
    for source in loaded.scenario.sources:
        if source.id not in ("air", "air-hanoi") or source.observations is None:
            continue
        areas = {thing.key: thing.area for thing in source.observations.things.values()}
        shift = _BEIJING if source.id == "air" else _HANOI
        for row in read_readings(loaded.path(source), source.observations, "city"):
            moment = datetime.fromtimestamp(row.at_ms / 1000, UTC) + shift
            if moment.month not in _MONTHS:
                continue
            for datastream, value in row.results:
                if datastream.rsplit("/", 1)[1] in _POLLUTANTS:
                    yield Reading(datastream, moment, value, row.quality == "bad"), areas[row.thing]


async def test_the_index_of_every_hour_and_day(town: Town) -> None:
    town.now = at("2027-01-15T00:00")
    known = list(_readings())
    stations: dict[str, tuple[str | None, set[str]]] = {}
    for reading, area in known:
        thing, name = reading.datastream.rsplit("/", 1)
        stations.setdefault(thing, (area, set()))[1].add(name)
    assert len(stations) == 5
    for thing, (area, names) in stations.items():
        await town.place(thing, area, *sorted(names))
    arrived = [reading for reading, _ in known]
    Random(1459).shuffle(arrived)
    for start in range(0, len(arrived), _BATCH):
        await town.observe(arrived[start : start + _BATCH])
        await town.roll_up()
    await town.settle()
    stored, wrong = await town.differences(town.oracle())
    assert not wrong, f"{len(wrong)} of {stored} figures: " + "\n".join(wrong[:8])
    hours = await town.connection.fetchval(
        "SELECT count(*) FROM indicator_value v JOIN indicator_definition d ON d.id = v.definition_id"
        " WHERE d.key = 'vn-aqi-hourly' AND v.value IS NOT NULL"
    )
    assert hours > 1200 * len(_MONTHS)
