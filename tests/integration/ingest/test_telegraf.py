"""The real Telegraf pushes into ingest with its own outputs, where it is installed."""

import asyncio
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tests.conftest import Addresses
from tests.support.providers import Credentials, make_key

TELEGRAF = shutil.which("telegraf")
CONFIGURATION = """
[agent]
  interval = "1s"
  precision = "1ms"
  omit_hostname = true
[[inputs.exec]]
  commands = ["cat {points}"]
  data_format = "influx"
[[outputs.influxdb_v2]]
  urls = ["{url}"]
  token = "{key}"
  organization = "any"
  bucket = "{provider}"
[[outputs.influxdb]]
  urls = ["{url}"]
  username = "anybody"
  password = "{other_key}"
  database = "{other}"
  skip_database_creation = true
"""
POINTS = (
    'air,station=tram-1,place=Sa\\ Pả pm2_5=23.4,n=7i,ok=true,note="mưa" 1782867600250000000\n'
    "air,station=tram-2 pm2_5=41 1782867600250000000\n"
)


@pytest.mark.skipif(TELEGRAF is None, reason="telegraf is not installed")
async def test_telegraf_pushes_by_both_versions(
    addresses: Addresses,
    credentials: Credentials,
    owner: "asyncpg.Connection[Any]",
    tmp_path: Path,
):
    other = make_key(addresses.database, f"{credentials.provider}-other")
    points = tmp_path / "points.lp"
    points.write_text(POINTS)
    configuration = tmp_path / "telegraf.conf"
    configuration.write_text(
        CONFIGURATION.format(
            points=points,
            url=addresses.ingest,
            key=credentials.key,
            provider=credentials.provider,
            other_key=other.key,
            other=other.provider,
        )
    )
    assert TELEGRAF is not None
    process = await asyncio.create_subprocess_exec(
        TELEGRAF, "--once", "--config", str(configuration), stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
        _, log = await process.communicate()
    assert process.returncode == 0, log.decode()
    assert " E! " not in log.decode()
    for provider in (credentials.provider, other.provider):
        async with asyncio.timeout(30):
            while len(rows := await readings(owner, provider)) < 5:
                await asyncio.sleep(0.1)
        assert {row["phenomenon_time"] for row in rows} == {
            datetime(2026, 7, 1, 1, 0, 0, 250_000, tzinfo=UTC)
        }
        values = {
            row["key"].removeprefix(f"{provider}/"): row["result"]
            if row["result_json"] is None
            else row["result_json"]
            for row in rows
        }
        place = next(key for key in values if key.startswith("air:place:Sa-Pa~")).split("/")[0]
        assert values == {
            f"{place}/pm2_5": 23.4,
            f"{place}/n": 7.0,
            f"{place}/ok": True,
            f"{place}/note": "mưa",
            "air:station:tram-2/pm2_5": 41.0,
        }


async def readings(owner: "asyncpg.Connection[Any]", provider: str) -> list[asyncpg.Record]:
    return await owner.fetch(
        "SELECT d.key, o.* FROM observation o JOIN datastream d ON d.id = o.datastream_id"
        " WHERE d.key LIKE $1 || '/%'",
        provider,
    )
