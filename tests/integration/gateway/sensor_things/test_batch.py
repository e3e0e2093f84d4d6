"""`POST /sta/v1.1/$batch`: many requests in one, in both forms, each with its own fate."""

import json
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from tests.integration.conftest import connect
from tests.integration.gateway.sensor_things.conftest import Get
from tests.support.batch_answers import batch_answers

from fansipan_common.problems import install_problem_handlers
from fansipan_common.security import generate_api_key
from fansipan_gateway.access.domain import ANYBODY
from fansipan_gateway.sensor_things.batch.endpoints import batch_router
from fansipan_gateway.sensor_things.batch.service import Batches

Response_ = dict[str, Any]


async def _post(client: httpx.AsyncClient, *requests: Any, **options: Any) -> list[Response_]:
    response = await client.post("/$batch", json={"requests": list(requests)}, **options)
    assert response.status_code == 200, response.text
    return response.json()["responses"]


def _get(url: str, name: str = "1", **more: Any) -> dict[str, Any]:
    return {"id": name, "method": "get", "url": url, **more}


# ---------------------------------------------------------------- JSON
async def test_answers_are_those_of_requests_by_themselves(sta: httpx.AsyncClient, get: Get):
    paths = [
        "Things?$top=1&$count=true",
        "Datastreams(1)/Observations?$filter=phenomenonTime ge 2026-07-01T05:00:00%2B00:00&$orderby=result desc",
        "/sta/v1.1/Locations(1)",
        "/v1.1/Locations(1)",
        "http://gateway/sta/v1.1/Locations(1)",
        "Things('lab/one')/name/$value",
        "Things?$filter=name eq 'Tr\u1ea1m m\u1ed9t'",
        "",
    ]
    answers = await _post(sta, *(_get(path, str(number)) for number, path in enumerate(paths)))
    assert [answer["id"] for answer in answers] == [str(number) for number in range(len(paths))]
    assert [answer["status"] for answer in answers] == [200] * len(paths)
    assert answers[0]["body"] == await get("/Things", top=1, count="true")
    assert [o["result"] for o in answers[1]["body"]["value"]] == list(range(12, 5, -1))
    for answer in answers[2:5]:
        assert answer["body"] == await get("/Locations(1)")
    assert answers[5]["body"] == "Trạm một"
    assert [thing["@iot.id"] for thing in answers[6]["body"]["value"]] == [1]
    assert answers[7]["body"] == await get("")
    assert answers[0]["headers"]["etag"] == (await sta.get("/Things?$top=1&$count=true")).headers["etag"]


async def test_one_that_fails_leaves_the_others_alone(sta: httpx.AsyncClient):
    answers = await _post(
        sta,
        _get("Things(99)", "a"),
        _get("Things?$filter=name gt 5", "b"),
        {"id": "c", "method": "post", "url": "$batch", "body": {}},
        _get("http://elsewhere.example/sta/v1.1/Things", "d"),
        _get("/v1/things", "e"),
        {"id": "f", "method": "trace", "url": "Things"},
        {"id": "g", "url": "Things"},
        _get("Things/../../v1/things", "h"),
        _get("Things(1)/name", "z"),
    )
    assert [answer["status"] for answer in answers] == [404, 400, 400, 400, 400, 400, 400, 400, 200]
    assert all(answer["body"]["message"] for answer in answers[:-1])
    assert answers[-1]["body"] == {"name": "Trạm một"}


async def test_conditions_of_a_request_hold(sta: httpx.AsyncClient):
    etag = (await sta.get("/Things(1)")).headers["etag"]
    (answer,) = await _post(sta, _get("Things(1)", headers={"If-None-Match": etag}))
    assert answer["status"] == 304
    assert "body" not in answer


async def test_earlier_answers_are_referred_to(sta: httpx.AsyncClient):
    answers = await _post(
        sta,
        _get("Things('lab/two')", "station"),
        _get("$station/Datastreams?$select=name", "streams"),
        _get("Things($station)/Locations?$select=name", "places", dependsOn=["station"]),
        _get("Things(99)", "gone"),
        _get("$gone/Datastreams", "lost"),
        _get("Things($nobody)", "unknown"),
        _get("Things(1)", "waits", dependsOn=["gone"]),
        _get("$streams/Datastreams", "several"),
    )
    status = {answer["id"]: answer["status"] for answer in answers}
    assert [stream["name"] for stream in answers[1]["body"]["value"]] == ["Rich", "Nothing yet"]
    assert [place["name"] for place in answers[2]["body"]["value"]] == ["here"]
    assert status["gone"] == 404
    for name in ("lost", "unknown", "waits", "several"):
        assert status[name] == 424, name
    assert answers[4]["body"]["code"] == "failed-dependency"


async def test_groups_of_several_and_of_one_are_run(sta: httpx.AsyncClient):
    answers = await _post(
        sta,
        _get("Things(1)/name", "a", atomicityGroup="g"),
        _get("Things(2)/name", "b", atomicityGroup="g"),
        _get("Things(1)/name", "c", atomicityGroup="h"),
        _get("Things(1)/name", "d", dependsOn=["h"]),
        _get("Things(1)/name", "e", dependsOn=["g"]),
    )
    assert [answer["status"] for answer in answers] == [200] * 5
    assert [answer.get("atomicityGroup") for answer in answers] == ["g", "g", "h", None, None]


def _grouped(*groups: str | None) -> bytes:
    requests = [_get("Things", str(number), atomicityGroup=group) for number, group in enumerate(groups)]
    return json.dumps({"requests": requests}).encode()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"[1", "invalid-batch"),
        (b"[]", "invalid-batch"),
        (b"{}", "invalid-batch"),
        (b'{"requests": []}', "invalid-batch"),
        (json.dumps({"requests": [_get("Things")] * 101}).encode(), "invalid-batch"),
        (json.dumps({"requests": [_get("Things")] * 2}).encode(), "invalid-batch"),  # the same id twice
        (_grouped("g", "h", "g"), "invalid-batch"),  # apart
        (_grouped("2", "2", None), "invalid-batch"),  # a group and a request of one name
    ],
)
async def test_what_is_no_batch_is_400(sta: httpx.AsyncClient, body: bytes, code: str):
    response = await sta.post("/$batch", content=body, headers={"Content-Type": "application/json"})
    assert (response.status_code, response.json()["code"]) == (400, code)
    assert response.json()["message"]


async def test_bodies_are_bounded_and_of_two_kinds(sta: httpx.AsyncClient):
    large = await sta.post("/$batch", content=b" " * (5 << 20), headers={"Content-Type": "application/json"})
    assert large.status_code == 413
    other = await sta.post("/$batch", content=b"<batch/>", headers={"Content-Type": "text/xml"})
    assert other.status_code == 415
    deep = b'{"requests":[{"id":"1","method":"POST","url":"Things","body":' + b"[" * 900 + b"]" * 900 + b"}]}"
    response = await sta.post("/$batch", content=deep, headers={"Content-Type": "application/json"})
    assert response.status_code in (200, 400), response.text


# ---------------------------------------------------------------- multipart
def _multipart(*parts: str, boundary: str = "batch_1") -> bytes:
    return ("".join(f"--{boundary}\n{part}\n" for part in parts) + f"--{boundary}--\n").encode()


def _http(request: str, content_id: str | None = None) -> str:
    named = "" if content_id is None else f"Content-ID: {content_id}\n"
    return f"Content-Type: application/http\nContent-Transfer-Encoding: binary\n{named}\n{request}\n"


async def _send(client: httpx.AsyncClient, body: bytes) -> list[tuple[str | None, int, bytes]]:
    """Content-ID, status and body of each answer; of change sets, those inside."""
    response = await client.post(
        "/$batch", content=body, headers={"Content-Type": 'multipart/mixed; boundary="batch_1"'}
    )
    return [(one.name, one.status, one.body) for one in batch_answers(response)]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
async def test_multipart_batches_are_answered_part_by_part(sta: httpx.AsyncClient, get: Get, newline: str):
    change_set = (
        "Content-Type: multipart/mixed; boundary=changeset_1\n\n"
        + _multipart(
            _http("GET Things(1)/name HTTP/1.1\nAccept: application/json\n\n", "in"), boundary="changeset_1"
        ).decode()
    )
    body = _multipart(
        _http("GET /v1.1/Things(2)?$select=name,description HTTP/1.1\nHost: localhost\n\n", "2"),
        _http("GET Things?$filter=name eq 'Trạm một'&$select=id HTTP/1.1\n\n"),
        _http("GET $2/Datastreams?$top=1 HTTP/1.1\n\n"),
        change_set,
        _http("GET Nothing HTTP/1.1\n\n"),
        _http("nonsense"),
        "Content-Type: text/plain\n\nhello\n",
        _http("GET Things(1)/name/$value HTTP/1.1"),
    )
    answers = await _send(sta, body.replace(b"\n", newline.encode()))
    assert [status for _, status, _ in answers] == [200, 200, 424, 200, 404, 400, 400, 200]
    assert [name for name, _, _ in answers] == ["2", None, None, "in", None, None, None, None]
    assert json.loads(answers[0][2]) == await get("/Things(2)", select="name,description")
    assert json.loads(answers[1][2])["value"] == [{"@iot.id": 1}]
    assert json.loads(answers[3][2]) == {"name": "Trạm một"}
    assert answers[7][2].decode().strip() == "Trạm một"


async def test_a_change_set_that_reads_is_answered_once_and_not_run(sta: httpx.AsyncClient):
    change_set = (
        "Content-Type: multipart/mixed; boundary=changeset_1\n\n"
        + _multipart(
            _http("GET Things(1) HTTP/1.1\n\n", "1"),
            _http("GET Things(2) HTTP/1.1\n\n", "2"),
            boundary="changeset_1",
        ).decode()
    )
    answers = await _send(sta, _multipart(change_set, _http("GET Things(1)/name HTTP/1.1\n\n")))
    assert [(name, status) for name, status, _ in answers] == [("1", 400), (None, 200)]
    assert json.loads(answers[0][2])["code"] == "invalid-batch-request"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--batch_1--\r\n",
        b"nothing",
        b"--other\r\n\r\n--other--",
        _multipart(*[_http("GET Things")] * 101),
    ],
)
async def test_multipart_that_is_no_batch_is_400(sta: httpx.AsyncClient, body: bytes):
    response = await sta.post(
        "/$batch", content=body, headers={"Content-Type": "multipart/mixed; boundary=batch_1"}
    )
    assert (response.status_code, response.json()["code"]) == (400, "invalid-batch")
    without = await sta.post("/$batch", content=body, headers={"Content-Type": "multipart/mixed"})
    assert without.status_code == 400


# ---------------------------------------------------------------- who asks, and how much
async def test_a_batch_sees_what_its_sender_sees_whatever_a_part_says(filled: str, serve: Any):
    keys = {name: generate_api_key() for name in ("lab", "other", "writes")}
    owner = await connect(filled)
    for name, provider, scope in (("lab", 1, "read"), ("other", 2, "read"), ("writes", 1, "write")):
        await owner.execute(
            "INSERT INTO api_key (id, provider_id, name, secret_hash, scopes) VALUES ($1, $2, 'test', $3, $4)",
            keys[name].id,
            provider,
            keys[name].secret_hash,
            [scope],
        )
    await owner.close()
    async with serve(filled, base_url="http://gateway/sta/v1.1") as client:
        assert (await client.post("/$batch", json={"requests": [_get("Things")]})).status_code == 401
        stolen = _get("Things?$select=name", headers={"Authorization": f"Bearer {keys['lab'].text}"})
        (answer,) = await _post(client, stolen, auth=("x", keys["other"].text))
        assert [thing["name"] for thing in answer["body"]["value"]] == ["Elsewhere (3)"]
        (answer,) = await _post(client, _get("Things(1)"), auth=("x", keys["other"].text))
        assert answer["status"] == 404
        (answer,) = await _post(client, _get("Things(1)"), auth=("x", keys["writes"].text))
        assert (answer["status"], answer["body"]["code"]) == (403, "forbidden")


async def test_requests_in_a_batch_are_counted_by_the_rate_limits(filled: str, serve: Any):
    """One that comes too often fails its group."""
    async with serve(
        filled, anonymous_read=True, anonymous_requests_per_minute=5, base_url="http://gateway/sta/v1.1"
    ) as client:
        requests = [_get("Things(1)", str(number)) for number in range(6)]
        group = [{**request, "atomicityGroup": "g"} for request in requests[2:5]]
        answers = await _post(client, *requests[:2], *group, requests[5])
    assert [answer["status"] for answer in answers] == [200, 200, 424, 424, 429, 429]
    assert int(answers[-1]["headers"]["retry-after"]) > 0


class Nowhere:
    """Where groups are run that change nothing."""

    def begin(self, sender: str) -> AbstractAsyncContextManager[None]:
        raise AssertionError(f"{sender} changes nothing")


async def test_a_batch_that_is_too_long_or_too_large_ends(sta: httpx.AsyncClient):
    """With an app of the test's own behind it, which also shows how written bodies are handed on."""
    app = FastAPI()
    install_problem_handlers(app)
    seen: list[tuple[str, str, Any]] = []
    ticks = iter(range(0, 1_000, 10))

    async def anybody(_request: Request) -> Any:
        return ANYBODY

    app.include_router(
        batch_router(Batches(Nowhere(), lambda: next(ticks), seconds=55, bytes_at_most=3_000), anybody, None)
    )

    @app.api_route("/sta/v1.1/{path:path}", methods=["GET", "POST", "PATCH"])
    async def door(request: Request, path: str) -> Response:
        seen.append((request.method, path, await request.json() if request.method != "GET" else None))
        if path == "Large":
            return Response(b"x" * 4_000)
        location = f"http://gateway/sta/v1.1/{path}(7)"
        return Response(status_code=201, headers={"Location": location} if request.method == "POST" else {})

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://gateway/sta/v1.1"
    ) as client:
        linked = {
            "name": "d",
            "Thing": {"@iot.id": "$thing"},
            "Sensors": [{"@iot.id": "$thing", "name": "$thing"}],
        }
        answers = await _post(
            client,
            {"id": "thing", "method": "POST", "url": "Things", "body": {"name": "t"}},
            {"id": "stream", "method": "POST", "url": "Datastreams", "body": linked},
            {"id": "again", "method": "PATCH", "url": "$stream", "body": {"name": "x"}},
        )
        assert [answer["status"] for answer in answers] == [201] * 3
        assert seen[1][2]["Thing"] == {"@iot.id": 7}
        assert seen[1][2]["Sensors"] == [{"@iot.id": 7, "name": "$thing"}]
        assert seen[2][:2] == ("PATCH", "Datastreams(7)")
        answers = await _post(client, *(_get(path, path) for path in ("Large", "Behind")))
        assert [answer["status"] for answer in answers] == [200, 413]
        late = await _post(client, *(_get(f"T{number}", str(number)) for number in range(8)))
        assert [answer["status"] for answer in late] == [201] * 5 + [413] * 3
        assert late[-1]["body"]["code"] == "batch-exhausted"
        assert len(seen) == 3 + 1 + 5
