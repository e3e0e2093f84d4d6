"""Line protocol through the real stack: the samples are stored with their time and value, wrong lines are named."""

import base64
import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from tests.conftest import Addresses
from tests.support.kafka import DeadLetters
from tests.support.providers import Credentials
from tests.support.sending import Sender

from fansipan_ingest.doors.influx.line_protocol import parse_lines

SAMPLES = Path(__file__).parents[3] / "services" / "ingest" / "tests" / "fixtures" / "line_protocol"
AT = datetime(2026, 7, 1, 1, 0, 0, 250_000, tzinfo=UTC)


@pytest.fixture
def write(http: httpx.AsyncClient, addresses: Addresses, credentials: Credentials) -> Any:
    async def post(body: str | bytes, path: str = "/api/v2/write", **more: Any) -> httpx.Response:
        headers = {"authorization": f"Token {credentials.key}"} | more.pop("headers", {})
        content = body.encode() if isinstance(body, str) else body
        params = {"wait": "stored"} | more
        return await http.post(addresses.ingest + path, content=content, headers=headers, params=params)

    return post


async def stored(owner: "asyncpg.Connection[Any]", provider: str) -> dict[tuple[str, datetime], Any]:
    rows = await owner.fetch(
        "SELECT d.key, o.* FROM observation o JOIN datastream d ON d.id = o.datastream_id"
        " WHERE d.key LIKE $1 || '/%'",
        provider,
    )
    return {
        (row["key"].removeprefix(f"{provider}/"), row["phenomenon_time"]): row["result"]
        if row["result_json"] is None
        else row["result_json"]
        for row in rows
    }


async def test_a_point_of_every_type_is_stored_with_time_value_and_unit(
    write: Any, credentials: Credentials, owner: "asyncpg.Connection[Any]"
):
    body = 'air,station=tram-1 temperature=23.5,n=7i,ok=true,note="mưa \\"to\\"" 1782867600250999999\n'
    answer = await write(body, org="lao-cai", bucket=credentials.provider, precision="ns")
    assert (answer.status_code, answer.content) == (204, b"")
    thing = "air:station:tram-1"
    assert await stored(owner, credentials.provider) == {
        (f"{thing}/temperature", AT): 23.5,
        (f"{thing}/n", AT): 7.0,
        (f"{thing}/ok", AT): True,
        (f"{thing}/note", AT): 'mưa "to"',
    }
    unit = await owner.fetchval(
        "SELECT unit_definition FROM datastream WHERE key = $1", f"{credentials.provider}/{thing}/temperature"
    )
    assert unit == "Cel"


async def test_the_samples_of_telegraf_are_stored_as_they_are_read(
    write: Any, credentials: Credentials, owner: "asyncpg.Connection[Any]"
):
    expected: dict[tuple[str, datetime], Any] = {}
    for path in sorted(SAMPLES.glob("*.lp")):
        body = path.read_bytes()
        for packed in (body, body):  # once to register, once by the way of known datastreams
            answer = await write(gzip.compress(packed), headers={"content-encoding": "gzip"})
            assert (answer.status_code, answer.text) == (204, "")
        read = parse_lines(
            body, provider="p", precision="ns", arrival_ms=0, max_points=1000, max_readings=1000
        )
        for key, ms, value in zip(read.datastreams, read.times_ms, read.results, strict=True):
            time = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
            expected[key.removeprefix("p/"), time] = value
    assert await stored(owner, credentials.provider) == expected
    assert len(expected) == 5 + 170 + 108 + 42 + 56


async def test_wrong_lines_are_named_and_kept_and_the_others_stored(
    write: Any, credentials: Credentials, owner: "asyncpg.Connection[Any]", dead_letters: DeadLetters
):
    answer = await write(
        "a f=1 1782867600250\nb f=\nc f=1 4000000000000\nd f=4 1782867600250", precision="ms"
    )
    assert answer.status_code == 400
    body = answer.json()
    assert (body["code"], body["line"], body["accepted"]) == ("invalid", 2, 2)
    assert body["message"].startswith("partial write: line 2: ''")
    assert body["message"].endswith("dropped=2")
    assert [(item["line"], item["code"]) for item in body["rejected"]] == [
        (2, "invalid-line"),
        (3, "time-in-future"),
    ]
    assert await stored(owner, credentials.provider) == {("a/f", AT): 1.0, ("d/f", AT): 4.0}
    letters = {letter["code"]: letter["payload"] for letter in await dead_letters.of(credentials.provider)}
    assert letters == {
        "invalid-line": "b f=",
        "time-in-future": {
            "datastream": f"{credentials.provider}/c/f",
            "phenomenonTime": "2096-10-02T07:06:40.000+00:00",
            "result": 1.0,
        },
    }


async def test_a_field_that_changes_its_type_is_refused(write: Any, credentials: Credentials):
    assert (await write("a f=1 1782867600", precision="s")).status_code == 204
    answer = await write('a f="one" 1782867601', precision="s")
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("unable to parse: line 1: ")
    assert answer.json()["rejected"][0]["code"] == "result-type"


async def test_version_1(write: Any, credentials: Credentials, owner: "asyncpg.Connection[Any]"):
    basic = base64.b64encode(f"anybody:{credentials.key}".encode()).decode()
    before = datetime.now(UTC) - timedelta(seconds=1)
    answer = await write(
        "a f=1", "/write", db=credentials.provider, precision="s", headers={"authorization": f"Basic {basic}"}
    )
    assert answer.status_code == 204
    [(key, time)] = await stored(owner, credentials.provider)
    assert key == "a/f"
    assert before < time < datetime.now(UTC) + timedelta(seconds=1)
    answer = await write("a f=", "/write")
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("unable to parse: line 1")
    assert answer.headers["x-influxdb-error"] == answer.json()["error"]


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"headers": {"authorization": "Token nonsense"}}, 401, "unauthorized"),
        ({"headers": {"authorization": "Basic x"}}, 401, "unauthorized"),
        ({"bucket": "of-another"}, 404, "not found"),
        ({"precision": "m"}, 400, "invalid"),
        ({"headers": {"content-encoding": "br"}}, 415, "invalid"),
        ({"headers": {"content-encoding": "gzip"}}, 400, "invalid"),
    ],
)
async def test_errors_have_influxs_form(write: Any, more: dict[str, Any], status: int, code: str):
    answer = await write("a f=1", **more)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["message"]
    assert answer.headers["content-type"] == "application/json"


async def test_strict_and_too_many_points(write: Any, credentials: Credentials, sender: Sender, owner: Any):
    answer = await write("a f=1 1782867600\nb f=", precision="s", strict="true")
    assert (answer.status_code, answer.json()["line"]) == (422, 2)
    answer = await write("a f=1\n" * 10_001)
    assert (answer.status_code, answer.json()["code"]) == (413, "request too large")
    await sender.store(
        [
            {
                "datastream": f"{credentials.provider}/later/x",
                "phenomenonTime": "2026-07-01T08:00:00Z",
                "result": 1,
            }
        ]
    )
    assert [key for key, _ in await stored(owner, credentials.provider)] == ["later/x"]
