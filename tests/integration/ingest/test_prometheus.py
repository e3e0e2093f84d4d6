"""Remote write through the real stack: stored once with time, value and unit; what is wrong is not sent for ever."""

import asyncio
import re
import shutil
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from tests.conftest import Addresses
from tests.support.providers import Credentials
from tests.support.remote_write import HEADERS, STALE, write_request

AT = datetime(2026, 7, 1, 1, 0, 0, 250_000, tzinfo=UTC)
MS = 1_782_867_600_250
LABELS = {"__name__": "room_temperature", "job": "esp", "room": "1"}


@pytest.fixture
def write(http: httpx.AsyncClient, addresses: Addresses, credentials: Credentials) -> Any:
    async def post(body: bytes, **headers: str) -> httpx.Response:
        own = {"authorization": f"Bearer {credentials.key}"}
        return await http.post(
            f"{addresses.ingest}/api/v1/write?wait=stored", content=body, headers=HEADERS | own | headers
        )

    return post


async def stored(owner: "asyncpg.Connection[Any]", provider: str) -> list[asyncpg.Record]:
    return await owner.fetch(
        "SELECT d.key, d.unit_definition, o.phenomenon_time, o.result FROM observation o"
        " JOIN datastream d ON d.id = o.datastream_id WHERE d.key LIKE $1 || '/%' ORDER BY 1, 3",
        provider,
    )


async def test_samples_out_of_order_and_twice_are_stored_once(
    write: Any, credentials: Credentials, owner: "asyncpg.Connection[Any]"
):
    samples = [(21.5, MS + 1000), (21.0, MS), (STALE, MS + 2000), (float("nan"), MS + 3000)]
    for _ in range(2):
        answer = await write(write_request((LABELS, samples), (LABELS, samples[:1]), histograms=1))
        assert (answer.status_code, answer.content) == (204, b""), answer.text
    rows = await stored(owner, credentials.provider)
    key = f"{credentials.provider}/job:esp:room:1/room_temperature"
    assert [tuple(row) for row in rows] == [
        (key, None, AT, 21.0),
        (key, None, AT + timedelta(seconds=1), 21.5),
    ]


async def test_a_mapping_of_the_provider_names_them(
    write: Any,
    credentials: Credentials,
    owner: "asyncpg.Connection[Any]",
    http: httpx.AsyncClient,
    addresses: Addresses,
):
    answer = await http.put(
        f"{addresses.gateway}/v1/admin/devices/{credentials.provider}/prometheus/room_*",
        json={
            "thingBy": ["room"],
            "readings": {"room_temperature": {"property": "temperature", "unit": "Cel", "scale": 0.1}},
            "others": "ignore",
        },
        auth=addresses.operator,
    )
    assert answer.status_code == 200, answer.text
    other = {"__name__": "room_doors", "room": "1"}
    assert (await write(write_request((LABELS, [(215, MS)]), (other, [(1, MS)])))).status_code == 204
    rows = await stored(owner, credentials.provider)
    assert [tuple(row) for row in rows] == [(f"{credentials.provider}/1/temperature", "Cel", AT, 21.5)]


async def test_what_is_wrong_is_answered_400_and_the_rest_is_stored(
    write: Any, credentials: Credentials, owner: "asyncpg.Connection[Any]"
):
    late = {"__name__": "late", "job": "esp"}
    answer = await write(
        write_request((late, [(1, MS * 2)]), (LABELS, [(21.5, MS)]), ({"job": "x"}, [(1, MS)]))
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "partial-write")
    assert answer.json()["accepted"] == 1
    assert [(item["index"], item["code"]) for item in answer.json()["rejected"]] == [
        (0, "time-in-future"),
        (2, "name-missing"),
    ]
    assert [row["result"] for row in await stored(owner, credentials.provider)] == [21.5]


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({}, b"no snappy", 400),
        ({"content-encoding": "gzip"}, None, 415),
        ({"content-type": "application/json"}, None, 415),
        ({"content-type": "application/x-protobuf;proto=io.prometheus.write.v2.Request"}, None, 415),
        ({"content-type": "application/x-protobuf;proto=prometheus.WriteRequest"}, None, 204),
        ({"authorization": "Bearer nonsense"}, None, 401),
        ({}, b"\xff\xff\xff\x7f" + b"\0" * 10, 413),
    ],
)
async def test_other_requests_are_refused_for_good(
    write: Any, headers: dict[str, str], body: bytes | None, status: int
):
    answer = await write(write_request((LABELS, [(1, MS)])) if body is None else body, **headers)
    assert answer.status_code == status, answer.text


CONFIGURATION = """
global:
  scrape_interval: 1s
  external_labels: {{site: lao-cai}}
scrape_configs:
  - job_name: itself
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
    metric_relabel_configs:
      - source_labels: [__name__]
        regex: prometheus_build_info|process_start_time_seconds|go_gc_duration_seconds
        action: keep
remote_write:
  - url: {url}/api/v1/write
    authorization: {{credentials: {key}}}
    queue_config: {{batch_send_deadline: 1s}}
"""


@pytest.mark.skipif(shutil.which("prometheus") is None, reason="prometheus is not on PATH")
async def test_prometheus_itself_pushes(
    addresses: Addresses,
    credentials: Credentials,
    owner: "asyncpg.Connection[Any]",
    http: httpx.AsyncClient,
    tmp_path: Path,
):
    port = free_port()
    configuration = tmp_path / "prometheus.yml"
    configuration.write_text(CONFIGURATION.format(port=port, url=addresses.ingest, key=credentials.key))
    process = await asyncio.create_subprocess_exec(
        "prometheus",
        f"--config.file={configuration}",
        f"--storage.tsdb.path={tmp_path / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(60):
            rows = await stored(owner, credentials.provider)
            while len({row["key"].split("/")[2] for row in rows}) < 4:
                await asyncio.sleep(0.2)
                rows = await stored(owner, credentials.provider)
        metrics = (await http.get(f"http://127.0.0.1:{port}/metrics")).text
    finally:
        process.terminate()
        await process.wait()
    thing = f"instance:127.0.0.1-{port}"
    assert all(row["key"].split("/")[1].startswith(thing) or "version" in row["key"] for row in rows)
    started = {row["result"] for row in rows if row["key"].endswith("/process_start_time_seconds")}
    assert len(started) == 1
    assert abs(started.pop() - datetime.now(UTC).timestamp()) < 120
    assert {row["result"] for row in rows if row["key"].endswith("/up")} == {1.0}
    for name in ("failed_total", "dropped_total"):
        [line] = re.findall(
            rf"^prometheus_remote_storage_samples_{name}{{.*}} (\S+)$", metrics, re.MULTILINE
        ) or ["0"]
        assert line == "0", name


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
