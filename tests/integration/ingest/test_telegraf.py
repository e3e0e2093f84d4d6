"""The real Telegraf pushes into ingest with its own outputs, where it is installed or may be built.

FANSIPAN_BUILD_TELEGRAF=1 builds it with Go from the module proxy, with the plugins needed here only, into `.local`:
about a minute and a half on two cores, once.
"""

import asyncio
import json
import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tests.conftest import Addresses
from tests.support.providers import Credentials, make_key

ROOT = Path(__file__).parents[3]
BUILD = os.environ.get("FANSIPAN_BUILD_TELEGRAF") == "1"
VERSION = "v1.34.4"
PLUGINS = (
    "inputs.exec",
    "outputs.http",
    "outputs.influxdb",
    "outputs.influxdb_v2",
    "parsers.influx",
    "serializers.prometheusremotewrite",
)
REASON = "telegraf is not on PATH; FANSIPAN_BUILD_TELEGRAF=1 builds it with Go (1.5 minutes, once)"
needs_telegraf = pytest.mark.skipif(shutil.which("telegraf") is None and not BUILD, reason=REASON)
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


REMOTE_WRITE = """
[agent]
  precision = "1ms"
  omit_hostname = true
[[inputs.exec]]
  commands = ["cat {points}"]
  data_format = "influx"
[[outputs.http]]
  url = "{url}/api/v1/write"
  data_format = "prometheusremotewrite"
  [outputs.http.headers]
    Authorization = "Bearer {key}"
    Content-Type = "application/x-protobuf"
    Content-Encoding = "snappy"
    X-Prometheus-Remote-Write-Version = "0.1.0"
"""


@pytest.fixture(scope="module")
def telegraf() -> str:
    """The program: that on PATH, or one that is built."""
    installed = shutil.which("telegraf")
    return installed if installed is not None else build()


def build() -> str:
    """Build Telegraf from the module proxy, unless that has been done."""
    target = ROOT / ".local" / "telegraf" / VERSION / "telegraf"
    if not target.exists():
        module = f"github.com/influxdata/telegraf@{VERSION}"
        found = run(["go", "mod", "download", "-json", module], ROOT)
        source = (
            target.parent / "source"
        )  # the module cache is read-only, and `go build` may want to write go.sum
        shutil.rmtree(source, ignore_errors=True)
        shutil.copytree(json.loads(found)["Dir"], source)
        run(["chmod", "-R", "u+w", str(source)], ROOT)
        tags = ",".join(("custom", *PLUGINS))
        run(["go", "build", "-buildvcs=false", "-tags", tags, "-o", str(target), "./cmd/telegraf"], source)
        shutil.rmtree(source)
    return str(target)


def run(command: list[str], folder: Path) -> str:
    return subprocess.run(
        command, cwd=folder, check=True, capture_output=True, text=True, timeout=1200
    ).stdout


async def push(telegraf: str, configuration: Path) -> str:
    """Let Telegraf collect and push once; returns its log."""
    process = await asyncio.create_subprocess_exec(
        telegraf, "--once", "--config", str(configuration), stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
        _, log = await process.communicate()
    if process.returncode != 0 and "undefined but requested" in log.decode():
        pytest.skip("this telegraf was built without outputs.http or serializers.prometheusremotewrite")
    assert process.returncode == 0, log.decode()
    assert " E! " not in log.decode(), log.decode()
    return log.decode()


@needs_telegraf
@pytest.mark.timeout(1500)
async def test_telegraf_pushes_by_both_versions(
    telegraf: str,
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
    await push(telegraf, configuration)
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


@needs_telegraf
@pytest.mark.timeout(1500)
async def test_telegraf_pushes_by_remote_write(
    telegraf: str,
    addresses: Addresses,
    credentials: Credentials,
    owner: "asyncpg.Connection[Any]",
    tmp_path: Path,
):
    points = tmp_path / "points.lp"
    points.write_text("air,station=tram-1 pm2_5=23.4,pm10=41 1782867600250000000\n")
    configuration = tmp_path / "telegraf.conf"
    configuration.write_text(REMOTE_WRITE.format(points=points, url=addresses.ingest, key=credentials.key))
    await push(telegraf, configuration)
    async with asyncio.timeout(30):
        while len(rows := await readings(owner, credentials.provider)) < 2:
            await asyncio.sleep(0.1)
    assert {(row["key"].removeprefix(f"{credentials.provider}/"), row["result"]) for row in rows} == {
        ("station:tram-1/air_pm2_5", 23.4),
        ("station:tram-1/air_pm10", 41.0),
    }
    assert {row["phenomenon_time"] for row in rows} == {datetime(2026, 7, 1, 1, 0, 0, 250_000, tzinfo=UTC)}


async def readings(owner: "asyncpg.Connection[Any]", provider: str) -> list[asyncpg.Record]:
    return await owner.fetch(
        "SELECT d.key, o.* FROM observation o JOIN datastream d ON d.id = o.datastream_id"
        " WHERE d.key LIKE $1 || '/%'",
        provider,
    )
