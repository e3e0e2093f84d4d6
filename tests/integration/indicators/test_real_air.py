"""VN_AQI of the real stations of Beijing and Hà Nội equals the oracle's, for every hour and day.

January of the demo's stations by default; with FANSIPAN_REAL_DATA, each January of all stations of the whole files.
Every month with FANSIPAN_ALL_MONTHS=1.
"""

import logging
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from tests.integration.indicators.town import ROOT, Reading, Town, at
from tests.support.real_data import patience, rows_of, whole

from fansipan_cli.scenario.catalogue import load_scenario
from fansipan_cli.scenario.model import Observations
from fansipan_cli.scenario.readings import read_readings

_BEIJING, _HANOI = timedelta(days=3287), timedelta(days=2922)
"""From 2016/17 to 2025/26, and from 2018 to 2026: the index is in force since November 2019."""
_WHOLE = {
    "air": "air_quality/beijing_10_stations_hourly.csv.gz",
    "air-hanoi": "air_quality/hanoi_us_embassy_pm25_hourly.csv.gz",
}
_MONTHS = range(1, 13) if os.environ.get("FANSIPAN_ALL_MONTHS") else (1,)
_POLLUTANTS = ("pm2_5", "pm10", "so2", "no2", "co", "o3")
_BATCH = 6_000

_log = logging.getLogger(__name__)

pytestmark = pytest.mark.timeout(patience(600 * len(_MONTHS), 14_400))


def _readings() -> Iterator[tuple[Reading, str | None]]:
    """Readings of pollutants with the commune of their station."""
    loaded = load_scenario(ROOT / "demo" / "scenarios" / "laocai.yaml")
    for source in loaded.scenario.sources:
        if source.id not in _WHOLE or source.observations is None:
            continue
        path, mapping = loaded.path(source), source.observations
        if (given := whole(_WHOLE[source.id])) is not None:
            path, mapping = given, _with_all_stations(mapping, given)
        areas = {thing.key: thing.area for thing in mapping.things.values()}
        shift = _BEIJING if source.id == "air" else _HANOI
        for row in read_readings(path, mapping, "city"):
            moment = datetime.fromtimestamp(row.at_ms / 1000, UTC) + shift
            if moment.month not in _MONTHS:
                continue
            for datastream, value in row.results:
                if datastream.rsplit("/", 1)[1] in _POLLUTANTS:
                    yield Reading(datastream, moment, value, row.quality == "bad"), areas[row.thing]


def _with_all_stations(mapping: Observations, path: Path) -> Observations:
    """The mapping with the stations that the demo leaves out, on the communes of those it has, so that communes have
    several; and with pollutants only."""
    things, known = dict(mapping.things), list(mapping.things.values())
    missing = sorted({row["station"] for row in rows_of(path)} - things.keys())
    for place, name in enumerate(missing):
        things[name] = known[place % len(known)].model_copy(update={"key": f"air-{name.lower()}"})
    columns = {name: column for name, column in mapping.columns.items() if name in _POLLUTANTS}
    return mapping.model_copy(update={"things": things, "columns": columns})


async def test_the_index_of_every_hour_and_day(town: Town) -> None:
    town.now = at("2028-01-15T00:00")
    known = list(_readings())
    stations: dict[str, tuple[str | None, set[str]]] = {}
    for reading, area in known:
        thing, name = reading.datastream.rsplit("/", 1)
        stations.setdefault(thing, (area, set()))[1].add(name)
    assert len(stations) == (5 if whole(_WHOLE["air"]) is None else 11)
    for thing, (area, names) in stations.items():
        await town.place(thing, area, *sorted(names))
    arrived = [reading for reading, _ in known]
    Random(1459).shuffle(arrived)
    for start in range(0, len(arrived), _BATCH):
        await town.observe(arrived[start : start + _BATCH])
        await town.roll_up()
        if start == 0:
            await town.evaluate()  # what comes from now on changes figures that are there
    await town.settle()
    stored, wrong = await town.differences(town.oracle())
    hours = await town.connection.fetchval(
        "SELECT count(*) FROM indicator_value v JOIN indicator_definition d ON d.id = v.definition_id"
        " WHERE d.key = 'vn-aqi-hourly' AND v.value IS NOT NULL"
    )
    _log.info(
        "%d readings of %d stations: %d figures compared, %d hourly indices among them, %d differ",
        len(arrived),
        len(stations),
        stored,
        hours,
        len(wrong),
    )
    assert not wrong, f"{len(wrong)} of {stored} figures: " + "\n".join(wrong[:8])
    assert hours > 1200 * len(_MONTHS)
