"""Files through the gateway: in pieces, looked at, checked, imported once, whatever dies in between."""

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import asyncpg
import httpx
import psutil
import pytest
from pydantic import SecretStr
from tests.conftest import Addresses
from tests.integration.conftest import Sender, connect
from tests.integration.gateway.conftest import Serve
from tests.support.providers import make_key
from tests.support.uploads import Uploader

from fansipan_common.security import Scope
from fansipan_gateway.imports.schemas import ImportDetail, ImportList, ImportPreview
from fansipan_local import Stack

ROWS: Final = int(os.environ.get("FANSIPAN_TEST_IMPORT_ROWS", "200000"))
"""Of the file whose import is stopped in the middle."""
SAMPLE: Final = (
    "Ngày giờ;Trạm;PM2.5 (µg/m³)\r\n"
    "01/03/2026 08:00;Cầu Cốc Lếu;23,5\r\n"
    "01/03/2026 09:00;Cầu Cốc Lếu;nhiều\r\n"
    "32/03/2026 10:00;Cầu Cốc Lếu;21,0\r\n"
    "01/03/2026 11:00;Cầu Cốc Lếu;19,25\r\n"
).encode()
MAPPING: Final[dict[str, Any]] = {
    "time": {"column": "Ngày giờ", "format": "day-first"},
    "numbers": {"decimal": ","},
    "values": {
        "form": "wide",
        "thing": {"column": "Trạm", "keys": {"Cầu Cốc Lếu": "coc-leu"}},
        "columns": {"PM2.5 (µg/m³)": {"property": "pm2_5"}},
    },
}

Uploads = Callable[..., Uploader]


@pytest.fixture
def uploads(http: httpx.AsyncClient, addresses: Addresses, new_provider: str) -> Uploads:
    """Makes a client with a key of a provider of the test's own."""

    def make(provider: str = new_provider, *scopes: Scope, **key: Any) -> Uploader:
        made = make_key(addresses.database, provider, scopes=scopes or (Scope.MANAGE, Scope.WRITE), **key)
        return Uploader(http, addresses.gateway, provider, headers={"authorization": f"Bearer {made.key}"})

    return make


@pytest.fixture
async def rows(addresses: Addresses) -> AsyncGenerator["asyncpg.Connection[Any]"]:
    connection = await connect(addresses.database)
    yield connection
    await connection.close()


async def _stored(rows: "asyncpg.Connection[Any]", provider: str) -> "asyncpg.Record":
    found = await rows.fetchrow(
        "SELECT count(*) AS n, count(DISTINCT (o.datastream_id, o.phenomenon_time)) AS distinct_n, sum(o.result) AS sum"
        " FROM observation o JOIN datastream d ON d.id = o.datastream_id WHERE d.key ^@ $1",
        f"{provider}/",
    )
    assert found is not None
    return found


async def _until_stored(rows: "asyncpg.Connection[Any]", provider: str, wanted: int) -> "asyncpg.Record":
    until = time.monotonic() + 60.0
    while (found := await _stored(rows, provider))["n"] < wanted:
        assert time.monotonic() < until, found
        await asyncio.sleep(0.2)
    return found


async def test_a_file_is_looked_at_checked_corrected_and_stored(
    uploads: Uploads, rows: "asyncpg.Connection[Any]", new_provider: str
):
    mine = uploads()
    import_id = await mine.upload("Trạm Cầu Cốc Lếu tháng 3.csv", SAMPLE)
    preview = ImportPreview.model_validate((await mine.request("GET", f"/{import_id}/preview")).json())
    assert [column.name for column in preview.columns] == ["Ngày giờ", "Trạm", "PM2.5 (µg/m³)"]
    assert preview.rows[1].line == 3
    assert preview.earlier is None

    early = await mine.request("POST", f"/{import_id}/start")
    assert (early.status_code, early.json()["code"]) == (409, "mapping-missing")
    wrong = await mine.request("PUT", f"/{import_id}/mapping", json={**MAPPING, "provider": "somebody"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "mapping-provider")
    unread = await mine.request("PUT", f"/{import_id}/mapping", json={"time": {}})
    assert (unread.status_code, unread.json()["code"]) == (400, "invalid-parameter")
    await mine.map(import_id, MAPPING)
    assert (await mine.request("GET", f"/{import_id}/mapping")).json()["provider"] == new_provider

    await mine.do(import_id, "check")
    checked = await mine.settled(import_id)
    ImportDetail.model_validate(checked)
    assert (checked["state"], checked["fault"], checked["report"]) == ("ready", None, None)
    assert (checked["check"]["observations"], checked["check"]["faults"]) == (2, 2)
    found = {problem["code"]: problem["lines"] for problem in checked["check"]["problems"]}
    assert found == {"number-invalid": [3], "time-invalid": [4]}
    assert (await _stored(rows, new_provider))["n"] == 0

    await mine.do(import_id, "start")
    done = await mine.settled(import_id)
    assert (done["state"], done["report"]["accepted"], done["report"]["faults"]) == ("done", 2, 2)
    errors = await mine.errors(import_id)
    assert len(errors.encode("utf-8-sig")) == done["errorBytes"]
    lines = errors.splitlines()
    assert lines[0] == "error_line;error_column;error_code;error_detail;Ngày giờ;Trạm;PM2.5 (µg/m³)"
    assert [line.split(";")[:3] for line in lines[1:]] == [
        ["3", "PM2.5 (µg/m³)", "number-invalid"],
        ["4", "Ngày giờ", "time-invalid"],
    ]
    assert (await _until_stored(rows, new_provider, 2))["sum"] == pytest.approx(42.75)
    assert await rows.fetchval("SELECT count(*) FROM file_import_piece WHERE import_id = $1", import_id) == 0
    deeds = await rows.fetch(
        "SELECT action FROM audit_event WHERE object = $1 ORDER BY id", f"file-import/{import_id}"
    )
    assert [deed["action"] for deed in deeds] == ["file-import.began", "file-import.started"]

    # The errors are corrected and uploaded: the columns are others, the mapping is the same.
    corrected = errors.replace("nhiều", "20,5").replace("32/03", "02/03").encode()
    second = await mine.upload("sửa.csv", corrected)
    await mine.map(second, MAPPING)
    await mine.do(second, "start")
    assert (await mine.settled(second))["report"]["faults"] == 0
    assert (await _until_stored(rows, new_provider, 4))["sum"] == pytest.approx(84.25)

    # And the next file of the kind is known.
    third = await mine.upload("tháng 4.csv", SAMPLE)
    earlier = (await mine.request("GET", f"/{third}/preview")).json()["earlier"]
    assert earlier["values"]["thing"]["keys"] == {"Cầu Cốc Lếu": "coc-leu"}
    listed = (await mine.request("GET", params={"limit": 2})).json()
    ImportList.model_validate(listed)
    assert [item["id"] for item in listed["items"]] == [third, second]
    rest = (await mine.request("GET", "?" + listed["next"].partition("?")[2])).json()
    assert ([item["id"] for item in rest["items"]], rest["next"]) == ([import_id], None)


async def test_an_upload_goes_on_where_it_was(uploads: Uploads):
    mine = uploads()
    content = b"time,thing,level\n" + b"2026-07-01T08:00:00Z,a,1\n" * 8000
    import_id = await mine.begin("x.csv", len(content))
    half = 1 << 17
    beyond = await mine.piece(import_id, half, content[half:])
    assert (beyond.status_code, beyond.json()["code"], beyond.json()["offset"]) == (409, "import-offset", 0)
    for data, code in (
        (b"", "import-piece"),
        (content[:1000], "import-piece"),
        (content + b"x", "import-piece"),
    ):
        answer = await mine.piece(import_id, 0, data)
        assert (answer.status_code, answer.json()["code"]) == (400, code), answer.text
    answers = await asyncio.gather(*(mine.piece(import_id, 0, content[:half]) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    again = await mine.piece(import_id, 0, content[:half])
    assert (again.status_code, again.json()["offset"]) == (409, half)
    assert (await mine.get(import_id))["received"] == half
    early = await mine.request("GET", f"/{import_id}/preview")
    assert (early.status_code, early.json()["code"], early.json()["state"]) == (
        409,
        "import-state",
        "uploading",
    )
    assert (await mine.piece(import_id, half, content[half:])).status_code == 200
    last = await mine.piece(import_id, half, content[half:])
    assert (last.status_code, last.json()["offset"]) == (409, len(content))
    assert (await mine.settled(import_id))["state"] == "ready"
    proposed = (await mine.request("GET", f"/{import_id}/preview")).json()["proposal"]
    assert proposed["mapping"]["values"]["thing"]["column"] == "thing"


async def test_a_file_that_cannot_be_read_says_so_and_is_read_in_another_way(uploads: Uploads):
    mine = uploads()
    import_id = await mine.upload("a.csv", b"a" * 10 + b"\0" * 10)
    found = await mine.get(import_id)
    assert (found["fault"]["step"], found["fault"]["code"]) == ("preview", "file-kind")
    unseen = await mine.request("GET", f"/{import_id}/preview")
    assert (unseen.status_code, unseen.json()["code"]) == (409, "import-state")
    second = await mine.upload("b.csv", b"x|y\n1|2\n3|4\n")
    again = await mine.request("POST", f"/{second}/preview", json={"file": {"delimiter": "|", "header": 0}})
    assert again.status_code == 202, again.text
    assert (await mine.settled(second))["fault"] is None
    preview = (await mine.request("GET", f"/{second}/preview")).json()
    assert [column["name"] for column in preview["columns"]] == ["column 1", "column 2"]
    await mine.map(second, {**MAPPING, "time": {"column": "không có"}})
    await mine.do(second, "start")
    refused = await mine.settled(second)
    assert (refused["state"], refused["fault"]["code"]) == ("ready", "mapping-column")


async def test_others_neither_see_nor_touch_it(
    uploads: Uploads, addresses: Addresses, http: httpx.AsyncClient, new_provider: str
):
    mine, other = uploads(), uploads(f"{new_provider}-x")
    import_id = await mine.begin("x.csv", 100)
    for method, path in (
        ("GET", ""),
        ("GET", "/preview"),
        ("GET", "/mapping"),
        ("GET", "/errors"),
        ("POST", "/check"),
        ("POST", "/start"),
        ("POST", "/cancel"),
    ):
        answer = await other.request(method, f"/{import_id}{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "import-unknown"), path
    assert (await other.piece(import_id, 0, b"x" * 100)).status_code == 404
    assert (await other.request("PUT", f"/{import_id}/mapping", json=MAPPING)).status_code == 404
    assert (await other.request("GET")).json()["items"] == []
    path = f"{addresses.gateway}/v1/provider/{new_provider}/imports"
    assert (await http.get(path)).status_code == 401
    assert (await http.get(path, auth=addresses.operator)).json()["items"][0]["id"] == import_id
    for scopes, key in (
        ((Scope.MANAGE,), {}),
        ((Scope.MANAGE, Scope.WRITE), {"prefixes": (f"{new_provider}/a/",)}),
        ((Scope.READ, Scope.WRITE), {}),
    ):
        answer = await uploads(new_provider, *scopes, **key).request("GET")
        assert answer.status_code == 403, scopes


async def test_uploads_are_bounded_cancelled_and_given_up(
    addresses: Addresses, serve: Serve, rows: "asyncpg.Connection[Any]", new_provider: str
):
    key = make_key(addresses.database, new_provider, scopes=(Scope.MANAGE, Scope.WRITE))
    who = {"headers": {"authorization": f"Bearer {key.key}"}}
    bounds = {"import_mebibytes": 1, "imports_unfinished": 2, "import_expiry_hours": 2.0}
    async with serve(addresses.database) as client:
        nowhere = await Uploader(client, "", new_provider, **who).request(
            "POST", json={"name": "x.csv", "size": 1}
        )
        assert (nowhere.status_code, nowhere.json()["code"]) == (503, "imports-not-set-up")
    async with serve(
        addresses.database, ingest_url=addresses.ingest, internal_secret=SecretStr("x" * 32), **bounds
    ) as client:
        mine = Uploader(client, "", new_provider, **who)
        large = await mine.request("POST", json={"name": "x.csv", "size": (1 << 20) + 1})
        assert (large.status_code, large.json()["code"]) == (413, "import-too-large")
        first, second = await mine.begin("1.csv", 100_000), await mine.begin("2.csv", 100)
        third = await mine.request("POST", json={"name": "3.csv", "size": 100})
        assert (third.status_code, third.json()["code"]) == (409, "imports-unfinished")
        assert (await mine.piece(first, 0, b"x" * 70_000)).status_code == 200
        cancelled = await mine.request("POST", f"/{first}/cancel")
        assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
        assert await rows.fetchval("SELECT count(*) FROM file_import_piece WHERE import_id = $1", first) == 0
        late = await mine.piece(first, 70_000, b"x" * 30_000)
        assert (late.status_code, late.json()["code"]) == (409, "import-state")
        assert (await mine.get(second))["expiresAt"] is not None
        await rows.execute(
            "UPDATE file_import SET touched_at = touched_at - interval '3 hours' WHERE id = $1", second
        )
        await rows.execute(
            "UPDATE file_import SET touched_at = touched_at - interval '31 days' WHERE id = $1", first
        )
    async with serve(
        addresses.database, ingest_url=addresses.ingest, internal_secret=SecretStr("x" * 32), **bounds
    ) as client:  # it sweeps when it starts
        mine = Uploader(client, "", new_provider, **who)
        until = time.monotonic() + 20.0
        while (await mine.get(second))["state"] != "expired":
            assert time.monotonic() < until
            await asyncio.sleep(0.1)
        assert (await mine.request("GET", f"/{first}")).status_code == 404
        assert (await mine.request("POST", f"/{second}/cancel")).json()["code"] == "import-state"


def _large(rows: int) -> bytes:
    start = datetime(2025, 1, 1, tzinfo=UTC)
    lines = ["time,thing,level"]
    for number in range(rows):
        moment = start + timedelta(minutes=number // 10)
        lines.append(f"{moment:%Y-%m-%dT%H:%M:%SZ},t{number % 10},{number % 1000 / 10}")
    lines[rows // 2] = "2025-01-01T00:00:00Z,t1,bad"
    return ("\n".join(lines) + "\n").encode()


LARGE_MAPPING: Final = {
    "time": {"column": "time"},
    "values": {"form": "wide", "thing": "thing", "columns": {"level": {"property": "level"}}},
}


async def _reader_of(gateway: int) -> psutil.Process:
    """The process that reads a file for a gateway."""
    until = time.monotonic() + 20.0
    while time.monotonic() < until:
        for child in psutil.Process(gateway).children():
            if any("imports.worker" in part for part in child.cmdline()):
                return child
        await asyncio.sleep(0.02)
    raise AssertionError("no process reads a file")


async def _limit(rows: "asyncpg.Connection[Any]", provider: str, observations: int | None) -> None:
    """Let a provider send so many observations a day, and wait until ingest knows it."""
    await rows.execute("UPDATE provider SET observations_per_day = $2 WHERE key = $1", provider, observations)
    await asyncio.sleep(2.6)


async def _in_the_middle(
    mine: Uploader, rows: "asyncpg.Connection[Any]", provider: str, sender: Sender
) -> int:
    """An import that a limit holds up after some of its requests, and whose position is known; its id."""
    now = datetime.now(UTC).isoformat()
    await sender.store([{"datastream": f"{provider}/first/level", "phenomenonTime": now, "result": 1}])
    await _limit(rows, provider, ROWS // 2)
    import_id = await mine.upload("large.csv", await asyncio.to_thread(_large, ROWS))
    await mine.map(import_id, LARGE_MAPPING)
    await mine.do(import_id, "start")
    found = await _waiting(mine, import_id)
    assert 0 < found["progress"]["accepted"] < ROWS - 1
    return import_id


async def _waiting(mine: Uploader, import_id: int) -> dict[str, Any]:
    """An import, once it waits for a quota."""
    until = time.monotonic() + 60.0
    while (found := await mine.get(import_id))["fault"] is None:
        assert found["state"] == "importing", found
        assert time.monotonic() < until, found
        await asyncio.sleep(0.1)
    assert (found["fault"]["code"], found["fault"]["waits"]) == ("quota-exhausted", True)
    return found


async def test_killed_in_the_middle_it_goes_on_and_stores_nothing_twice(
    uploads: Uploads,
    rows: "asyncpg.Connection[Any]",
    new_provider: str,
    sender: Sender,
    addresses: Addresses,
    http: httpx.AsyncClient,
    stack: Stack,
):
    mine = uploads()
    import_id = await _in_the_middle(mine, rows, new_provider, sender)
    await _limit(rows, new_provider, None)
    await rows.execute("UPDATE file_import SET lease_until = '-infinity' WHERE id = $1", import_id)
    (await _reader_of(stack.pid("gateway"))).kill()
    done = await mine.settled(import_id)
    assert (done["state"], done["fault"]) == ("done", None)
    assert (done["report"]["rows"], done["report"]["accepted"]) == (ROWS, ROWS - 1)
    found = await _until_stored(rows, new_provider, ROWS)  # with the first one
    assert (found["n"], found["distinct_n"]) == (ROWS, ROWS)
    errors = (await mine.errors(import_id)).splitlines()
    assert [line.split(",")[0] for line in errors[1:]] == [str(ROWS // 2 + 1)]
    assert (await http.get(f"{addresses.gateway}/readyz")).status_code == 200


async def test_cancelled_in_the_middle_it_stops_and_says_how_far_it_came(
    uploads: Uploads, rows: "asyncpg.Connection[Any]", new_provider: str, sender: Sender
):
    mine = uploads()
    import_id = await _in_the_middle(mine, rows, new_provider, sender)
    assert (await mine.request("POST", f"/{import_id}/cancel")).json()["state"] == "cancelled"
    found = await mine.get(import_id)
    assert 0 < found["report"]["accepted"] < ROWS - 1
    stored = await _until_stored(rows, new_provider, found["report"]["accepted"] + 1)
    assert stored["n"] == stored["distinct_n"] < ROWS


async def test_sent_again_from_the_beginning_nothing_is_stored_twice(
    uploads: Uploads, rows: "asyncpg.Connection[Any]", new_provider: str, sender: Sender
):
    mine = uploads()
    import_id = await _in_the_middle(mine, rows, new_provider, sender)
    await _limit(rows, new_provider, None)
    # As if the gateway had died before it noted anything.
    await rows.execute("DELETE FROM file_import_error WHERE import_id = $1", import_id)
    await rows.execute(
        "UPDATE file_import SET checkpoint = NULL, worker = 'dead', lease_until = '-infinity' WHERE id = $1",
        import_id,
    )
    done = await mine.settled(import_id)
    assert (done["state"], done["report"]["accepted"]) == ("done", ROWS - 1)
    found = await _until_stored(rows, new_provider, ROWS)
    assert (found["n"], found["distinct_n"]) == (ROWS, ROWS)
    assert len((await mine.errors(import_id)).splitlines()) == 2


async def test_what_a_dead_gateway_had_is_taken_over_when_its_lease_is_over(
    uploads: Uploads, rows: "asyncpg.Connection[Any]", new_provider: str
):
    mine = uploads()
    import_id = await mine.upload("x.csv", SAMPLE)
    await mine.map(import_id, MAPPING)
    await rows.execute(
        "UPDATE file_import SET state = 'importing', started_at = now(), worker = 'dead', attempts = 1,"
        " lease_until = clock_timestamp() + interval '2 seconds' WHERE id = $1",
        import_id,
    )
    began = time.monotonic()
    done = await mine.settled(import_id)
    assert time.monotonic() - began > 1.5
    assert (done["state"], done["report"]["accepted"]) == ("done", 2)


async def test_what_kills_every_process_is_not_tried_forever(
    uploads: Uploads, rows: "asyncpg.Connection[Any]"
):
    mine = uploads()
    import_id = await mine.upload("x.csv", SAMPLE)
    await mine.map(import_id, MAPPING)
    await rows.execute("UPDATE file_import SET state = 'importing', attempts = 4 WHERE id = $1", import_id)
    parked = await mine.settled(import_id)
    assert (parked["state"], parked["fault"]["code"]) == ("ready", "import-worker-died")
    await mine.do(import_id, "start")
    assert (await mine.settled(import_id))["state"] == "done"
