"""Every error of an app is an RFC 9457 problem."""

import httpx
import pytest
from fastapi import FastAPI

from fansipan_common.errors import ServerFault, Unauthorized
from fansipan_common.problems import CONTENT_TYPE, install_problem_handlers


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()
    install_problem_handlers(app)

    @app.get("/away")
    async def away() -> None:
        raise ServerFault("the broker is away", retry_after=7, extra={"duplicatesPossible": False})

    @app.get("/unauthorized")
    async def unauthorized() -> None:
        raise Unauthorized("send a key")

    @app.get("/typed")
    async def typed(n: int) -> int:
        return n

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("the password is hunter2")

    return app


async def get(app: FastAPI, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get(path)


async def test_a_server_fault_says_when_to_try_again(app: FastAPI):
    answer = await get(app, "/away")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == CONTENT_TYPE
    assert answer.headers["retry-after"] == "7"
    assert answer.json() == {
        "type": "urn:fansipan:problem:unavailable",
        "title": "Service unavailable",
        "status": 503,
        "code": "unavailable",
        "detail": "the broker is away",
        "instance": "/away",
        "duplicatesPossible": False,
    }


async def test_a_client_fault_carries_its_headers(app: FastAPI):
    answer = await get(app, "/unauthorized")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="fansipan"'
    assert answer.json()["code"] == "unauthorized"


async def test_a_wrong_parameter_is_named(app: FastAPI):
    answer = await get(app, "/typed?n=x")
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid-parameter"
    assert answer.json()["errors"][0]["loc"] == "query.n"


@pytest.mark.parametrize(("path", "status", "code"), [("/nothing", 404, "not-found")])
async def test_the_frameworks_own_errors_are_problems_too(app: FastAPI, path: str, status: int, code: str):
    answer = await get(app, path)
    assert answer.status_code == status
    assert answer.json()["code"] == code
    assert answer.headers["content-type"] == CONTENT_TYPE


async def test_an_unexpected_error_does_not_tell_its_text(app: FastAPI):
    answer = await get(app, "/broken")
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal"
    assert "hunter2" not in answer.text
