"""The arithmetic of the capacity sheet."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from fansipan_cli.app import make_app
from fansipan_cli.capacity import measured
from fansipan_cli.capacity.plan import Demand, Plan, plan
from fansipan_common.connections import MOST_CONNECTIONS

PROVINCE = Demand(sensors=100_000, interval=60.0, events=30_000)


def kept(found: Plan, name: str) -> float:
    return next(share.bytes_kept for share in found.shares if share.name == name)


def test_a_province() -> None:
    found = plan(PROVINCE)
    assert found.readings_per_second == pytest.approx(1_666.7, abs=0.1)
    assert found.peak_per_second == pytest.approx(5_000)
    assert (found.ingest_replicas, found.analytics_replicas, found.partitions) == (2, 2, 6)
    assert found.connections == 2 * sum(MOST_CONNECTIONS.values())
    assert kept(found, "readings") == pytest.approx(144e6 * 365 * measured.READING_BYTES)
    assert kept(found, "minutes") == pytest.approx(144e6 * 365 * measured.ROLLUP_BYTES)
    assert kept(found, "hours") == pytest.approx(2.4e6 * 365 * measured.ROLLUP_BYTES)
    assert found.database_bytes == pytest.approx(sum(share.bytes_kept for share in found.shares))


def test_a_minute_has_one_rollup_however_many_readings() -> None:
    often = plan(replace(PROVINCE, sensors=1_000, interval=1.0))
    rows = {share.name: share.rows_a_day for share in often.shares}
    assert (rows["readings"], rows["minutes"], rows["hours"], rows["days"]) == (
        86_400_000,
        1_440_000,
        24_000,
        1_000,
    )
    seldom = plan(replace(PROVINCE, sensors=1_000, interval=86_400.0))
    assert {
        share.rows_a_day for share in seldom.shares if share.name in ("readings", "minutes", "hours", "days")
    } == {1_000}


def test_what_is_not_kept_takes_no_room_for_longer() -> None:
    short = replace(PROVINCE, years=5, raw_days=90, minute_days=400)
    assert kept(plan(short), "readings") == pytest.approx(144e6 * 90 * measured.READING_BYTES)
    assert kept(plan(short), "minutes") == pytest.approx(144e6 * 400 * measured.ROLLUP_BYTES)
    assert kept(plan(replace(short, raw_days=4_000)), "readings") == pytest.approx(
        144e6 * 1_825 * measured.READING_BYTES
    )


def test_the_columnstore_compresses_what_is_older_than_a_week() -> None:
    packed = kept(plan(replace(PROVINCE, columnstore=True)), "readings")
    rows, columns = 7, 358
    assert packed == pytest.approx(
        144e6 * measured.READING_BYTES * (rows + columns / measured.COLUMNSTORE_FACTOR)
    )


def test_a_country_in_one_cell_needs_more_of_everything() -> None:
    country = plan(replace(PROVINCE, sensors=3_400_000))
    assert country.peak_per_second == pytest.approx(170_000)
    assert country.analytics_replicas > 2
    assert country.partitions >= country.analytics_replicas
    assert country.chunk_days == 1
    assert country.kafka_bytes > 30 * plan(replace(PROVINCE, events=0)).kafka_bytes


def test_the_command() -> None:
    arguments = ["capacity", "--sensors", "100000", "--events", "30000", "--output", "json"]
    result = CliRunner().invoke(make_app("capacity"), arguments)
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["demand"]["sensors"] == 100_000
    assert document["plan"]["partitions"] == 6
    assert "max_connections" in CliRunner().invoke(make_app("capacity"), arguments[:3]).stdout
