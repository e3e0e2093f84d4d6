"""The attacks that everybody on the internet will try (after OWASP's Top Ten and cheat sheets), by name.

What has tests of its own is not repeated here:

- CSRF: `test_sessions.py` (every state change needs its token; another site signs nobody in), `test_sign_in.py` (Basic)
- session fixation, changed cookies, cookies' flags: `test_sessions.py`
- brute force (passwords, codes, bursts, from everywhere), names that tell nothing: `test_sign_in.py`, `test_limits.py`
- injection of SQL, headers and HTML; path traversal: `test_injection.py`
- broken access control: `test_visibility*.py` walk the OpenAPI file as every kind of reader
- open redirect: below; every spelling in `services/gateway/tests/unit/test_sign_in.py`; with a provider in
  `test_open_id_connect.py`
- request smuggling, large and slow requests: `test_http_server.py`
- spoofed headers: below; addresses in `test_injection.py` and `test_sign_in.py`; names in
  `services/gateway/tests/unit/test_hosts.py`
"""

import io
import logging
import re
from collections.abc import AsyncGenerator, Generator
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx
import pytest
import structlog
from pydantic import SecretStr
from tests.support.signing_in import PASSWORD, make_operator, sign_in, signed_in, who

from fansipan_common.logging import configure_logging
from fansipan_gateway.app import build
from fansipan_gateway.areas.service import Areas
from fansipan_gateway.settings import GatewaySettings

_PAGES: Final = (
    "/",
    "/indicators/d766-2.1",
    "/services",
    "/environment",
    "/integration",
    "/things/1",
    "/alerts",
    "/admin/operators",
    "/open",
    "/wall",
    "/account",
    "/docs",
)
_CARD: Final = "/embed/vn-aqi-hourly"
_SECRET: Final = "session-secret-of-this-test-0123456789"
_OTHER_SITE: Final = "https://evil.example"


@pytest.fixture(scope="module")
async def page(
    world: Any, serve: Any, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[httpx.AsyncClient]:
    """A browser at a gateway that everybody may read, with a built page, by https."""
    dist = tmp_path_factory.mktemp("dist")
    (dist / "assets").mkdir()
    (dist / "index.html").write_text("<!doctype html><title>Fansipan</title>")
    (dist / "assets" / "index-abc123.js").write_text("1")
    async with serve(
        world.url,
        anonymous_read=True,
        web_dist=dist,
        base_url="https://city.example",
        session_secret=SecretStr(_SECRET),
    ) as client:
        yield client


@pytest.fixture(scope="module")
async def admin(world: Any) -> str:
    """Name of an admin."""
    connection = await asyncpg.connect(world.url)
    await make_operator(connection, "quan-tri", "admin")
    await connection.close()
    return "quan-tri"


@pytest.fixture
async def browser(page: httpx.AsyncClient, admin: str) -> AsyncGenerator[httpx.AsyncClient]:
    """The admin's browser, signed in."""
    await signed_in(page, admin)
    yield page
    page.cookies.clear()


def _policy(answer: httpx.Response) -> dict[str, set[str]]:
    directives = (part.split() for part in answer.headers["content-security-policy"].split(";"))
    return {words[0]: set(words[1:]) for words in directives}


# ---------------------------------------------------------------- cross-site scripting


@pytest.mark.parametrize("path", [*_PAGES, _CARD, "/v1/indicators", "/v1/nope", "/openapi.json"])
async def test_no_inline_script_runs_and_nothing_is_taken_for_what_it_is_not(
    page: httpx.AsyncClient, path: str
) -> None:
    answer = await page.get(path)
    policy = _policy(answer)
    assert policy["script-src"] == {"'self'"}
    assert policy["style-src"] == {"'self'"}
    assert policy["default-src"] == {"'self'"}
    assert policy["object-src"] == policy["base-uri"] == {"'none'"}
    inline = {name for name, sources in policy.items() if "'unsafe-inline'" in sources}
    assert inline <= {"style-src-attr"}
    assert not any("'unsafe-eval'" in sources or "*" in sources - {"*"} for sources in policy.values())
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "geolocation=()" in answer.headers["permissions-policy"]


async def test_pages_hold_no_inline_script(page: httpx.AsyncClient) -> None:
    for path in ("/docs", "/"):
        text = (await page.get(path)).text
        assert not re.search(r"<script(?![^>]*\bsrc=)", text)
        assert not re.search(r"\son[a-z]+\s*=", text)
        assert "javascript:" not in text


# ---------------------------------------------------------------- clickjacking


@pytest.mark.parametrize("path", [*_PAGES, "/embed", "/embedded", "/v1/indicators", "//embed/x"])
async def test_no_other_site_may_show_ours_in_a_frame(page: httpx.AsyncClient, path: str) -> None:
    request = page.build_request("GET", "https://city.example/")
    request.url = httpx.URL("https://city.example/").copy_with(raw_path=path.encode())
    answer = await page.send(request)
    assert _policy(answer)["frame-ancestors"] == {"'none'"}
    assert answer.headers["x-frame-options"] == "DENY"


async def test_cards_may_be_shown_by_everybody_and_see_no_cookie(page: httpx.AsyncClient) -> None:
    card = await page.get(_CARD)
    assert _policy(card)["frame-ancestors"] == {"*"}
    assert "x-frame-options" not in card.headers
    assert card.text == (await page.get("/")).text, (
        "the page itself; SameSite=Lax keeps sessions out of frames"
    )


# ---------------------------------------------------------------- transport


async def test_https_is_kept_to(page: httpx.AsyncClient, world: Any, serve: Any) -> None:
    assert (await page.get("/")).headers["strict-transport-security"] == "max-age=31536000"
    async with serve(world.url) as plain:
        assert "strict-transport-security" not in (await plain.get("/healthz")).headers


# ---------------------------------------------------------------- header spoofing

_SPOOFS: Final = (
    {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "X-Forwarded-For": "127.0.0.1"},
    {"Forwarded": 'for=127.0.0.1;host="evil.example";proto=http'},
    {"X-Real-IP": "127.0.0.1", "X-Client-IP": "127.0.0.1", "True-Client-IP": "127.0.0.1"},
    {"X-Original-URL": "/v1/admin/operators", "X-Rewrite-URL": "/v1/admin/operators"},
    {"X-Forwarded-Prefix": "//evil.example", "X-Forwarded-Port": "1", "X-Forwarded-Server": "evil.example"},
    {"X-Forwarded-User": "quan-tri", "X-Remote-User": "quan-tri", "Remote-User": "quan-tri"},
)


@pytest.mark.parametrize("headers", _SPOOFS)
async def test_headers_of_a_stranger_change_nothing(
    page: httpx.AsyncClient, admin: str, headers: dict[str, str]
) -> None:
    answer = await page.get("/v1/things", params={"limit": 1}, headers=headers)
    assert answer.json()["next"].startswith("https://city.example/v1/things?")
    assert "evil.example" not in answer.text + str(answer.headers)
    assert (await page.get("/v1/admin/operators", headers=headers)).status_code == 401


async def test_names_that_are_not_ours_are_refused_where_ours_are_known(world: Any, serve: Any) -> None:
    async with serve(
        world.url, anonymous_read=True, allowed_hosts=("city.example",), base_url="https://city.example"
    ) as client:
        assert (await client.get("/v1/things")).status_code == 200
        for host in ("evil.example", "city.example.evil.example", "city.example@evil.example", "evil\\x"):
            refused = await client.get("/v1/things", headers={"Host": host})
            assert refused.status_code in (400, 421), host
            assert refused.headers["cache-control"] == "no-store"


async def test_what_runs_us_is_not_shown_through_the_proxy(world: Any, serve: Any) -> None:
    async with serve(world.url, trusted_proxies=(ip_network("127.0.0.1"),)) as client:
        for path in ("/metrics", "/readyz", "/healthz"):
            assert (await client.get(path)).status_code == 200, "asked directly"
            outside = await client.get(path, headers={"X-Forwarded-For": "203.0.113.9"})
            assert (outside.status_code, outside.json()["code"]) == (404, "not-found")


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
async def test_a_method_cannot_be_overridden(browser: httpx.AsyncClient, admin: str, name: str) -> None:
    for method in ("DELETE", "PUT"):
        answer = await browser.get("/v1/session?_method=DELETE", headers={name: method})
        assert answer.status_code == 200
    assert await who(browser) == admin, "nobody was signed out"
    assert (await browser.request("TRACE", "/v1/session")).status_code == 405
    assert (await browser.request("CONNECT", "/v1/session")).status_code == 405


# ---------------------------------------------------------------- open redirect


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "//evil.example/",
        "/%2f%2fevil.example",
        "/%5cevil.example",
        "/\\evil.example",
        "///evil.example/%2e%2e",
        "//evil.example/%2f..",
        "/v1/things/",
        "/assets",
        "/?returnTo=https://evil.example",
        "/account?returnTo=//evil.example",
        "/?signInProblem=x&next=https://evil.example",
    ],
)
async def test_no_address_of_ours_leads_elsewhere(page: httpx.AsyncClient, path: str) -> None:
    request = page.build_request("GET", "https://city.example/")
    request.url = httpx.URL("https://city.example/").copy_with(raw_path=path.encode())
    answer = await page.send(request)
    assert answer.status_code in (200, 307, 400, 404)
    location = answer.headers.get("location", "")
    assert location == "" or location.startswith("https://city.example/")


# ---------------------------------------------------------------- CORS


async def test_other_sites_may_read_what_is_public_and_nothing_that_is_somebodys(
    browser: httpx.AsyncClient, world: Any
) -> None:
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies.jar)
    origin = {"Origin": _OTHER_SITE}
    browser.cookies.clear()
    for path in ("/v1/open-data/catalogue", "/v1/indicators", "/v1/things", "/v1/nope", "/openapi.json"):
        answer = await browser.get(path, headers=origin)
        assert answer.headers["access-control-allow-origin"] == "*", path
        assert "access-control-allow-credentials" not in answer.headers
    everybodys = await browser.get("/v1/open-data/indicators", headers=origin | {"Cookie": cookies})
    assert everybodys.headers["access-control-allow-origin"] == "*", "it is the same for everybody"
    assert "access-control-allow-credentials" not in everybodys.headers
    for path, headers in (
        ("/v1/session", {}),
        ("/v1/session", {"Cookie": cookies}),
        ("/v1/things", {"Cookie": cookies}),
        ("/v1/admin/operators", {}),
        ("/v1/admin/operators", {"Cookie": cookies}),
        ("/v1/things", {"Authorization": f"Bearer {world.reader}"}),
        ("/", {}),
        ("/metrics", {}),
    ):
        answer = await browser.get(path, headers=origin | headers)
        assert "access-control-allow-origin" not in answer.headers, (path, headers)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_other_sites_are_not_let_change_anything(page: httpx.AsyncClient, method: str) -> None:
    preflight = {
        "Origin": _OTHER_SITE,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "content-type, x-csrf-token, authorization",
    }
    for path in ("/v1/session", "/v1/maintenance-windows", "/v1/admin/operators", "/v1/indicators"):
        answer = await page.options(path, headers=preflight)
        assert answer.status_code in (404, 405)
        assert not any(name.startswith("access-control-") for name in answer.headers)
        asked = await page.request(method, path, headers={"Origin": _OTHER_SITE})
        assert "access-control-allow-origin" not in asked.headers


# ---------------------------------------------------------------- caches


async def test_nothing_of_a_person_is_kept_by_caches_in_between(
    browser: httpx.AsyncClient, world: Any
) -> None:
    """Every list of the API, read by an admin with a session, by a key, and by nobody in particular."""
    document = (await browser.get("/openapi.json")).json()
    paths = [path for path, item in document["paths"].items() if "get" in item and "{" not in path]
    assert len(paths) > 15
    cookies = dict(browser.cookies)
    seen = 0
    for path in paths:
        if path == "/v1/live":  # has no end
            continue
        for kind in ("session", "key", "nobody"):
            browser.cookies.clear()
            if kind == "session":
                browser.cookies.update(cookies)
            headers = {"Authorization": f"Bearer {world.reader}"} if kind == "key" else {}
            answer = await browser.get(path, headers=headers)
            policy = answer.headers.get("cache-control", "")
            directives = {part.strip().split("=")[0] for part in policy.split(",")}
            vary = {part.strip().lower() for part in answer.headers.get("vary", "").split(",")}
            assert directives & {"no-store", "private", "public"}, (path, kind, policy)
            if "no-store" not in directives and "/open-data/" not in path:  # which asks nobody who they are
                assert {"authorization", "cookie"} <= vary, (path, kind)
            if kind != "nobody" and "/open-data/" not in path:
                assert "public" not in directives, (path, kind)
            seen += answer.status_code == 200
    assert seen > 20


# ---------------------------------------------------------------- what is said, and what is written down


@pytest.fixture
def log() -> Generator[io.StringIO]:
    """What is written down, as the service writes it."""
    root, written = logging.getLogger(), io.StringIO()
    handlers, level, configured = root.handlers[:], root.level, structlog.get_config()
    configure_logging("gateway", level="debug", fmt="json")
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(written)
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**configured)


async def test_no_secret_is_in_a_log_or_in_an_answer(
    world: Any, serve: Any, admin: str, log: io.StringIO
) -> None:
    """Not when signing in, not when guessing, not when the database is away, not when we are at fault."""
    answers: list[httpx.Response] = []
    guess = "a-guess-that-nobody-may-read"
    away = "postgresql://fansipan:the-database-password@127.0.0.1:1/none"
    for url in (world.url, away):
        async with serve(
            url,
            session_secret=SecretStr(_SECRET),
            internal_secret=SecretStr("internal-secret-0123456789-0123456789"),
            redis_url=SecretStr("redis://:the-redis-password@127.0.0.1:1/0"),
        ) as client:
            answers.append(await sign_in(client, admin, guess))
            answers.append(await client.get("/v1/things", auth=(admin, guess)))
            answers.append(await client.get("/v1/things", auth=(admin, PASSWORD)))
            answers.append(
                await client.get("/v1/things", headers={"Authorization": f"Bearer {world.reader}"})
            )
            answers.append(await client.get(f"/v1/things?q={'x' * 300}", auth=(admin, PASSWORD)))
            answers.append(await client.post("/v1/session", content=b'{"password": "' + guess.encode()))
            answers.append(await client.get("/readyz"))
            answers.append(await client.get("/metrics"))
    session = await _session_of(world, serve, admin)
    said = "\n".join(answer.text + str(answer.headers) for answer in answers)
    written = log.getvalue()
    assert "the database is away" in written or "server fault" in written, "there is a log to look at"
    for secret in (
        guess,
        PASSWORD,
        _SECRET,
        "internal-secret",
        "the-database-password",
        "the-redis-password",
        world.reader.rsplit("_", 1)[1],
        "$argon2",
        session,
    ):
        assert secret not in written
        assert secret not in said
    for told in ("Traceback", "asyncpg", "SELECT ", 'File "'):
        assert told not in said


async def _session_of(world: Any, serve: Any, admin: str) -> str:
    async with serve(world.url, session_secret=SecretStr(_SECRET)) as client:
        await signed_in(client, admin)
        return client.cookies["fansipan_session"].split(".")[0]


async def test_our_own_faults_are_not_explained_to_strangers(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the-inside-of-the-house")

    monkeypatch.setattr(Areas, "document", broken)
    app = build(GatewaySettings(database_url=SecretStr(world.url), anonymous_read=True))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://gateway") as stranger,
    ):
        answer = await stranger.get("/v1/areas")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "the-inside-of-the-house" not in answer.text


async def test_nothing_says_what_we_are_made_of(page: httpx.AsyncClient) -> None:
    for path in ("/", "/v1/things", "/v1/nope", "/healthz"):
        headers = (await page.get(path)).headers
        assert "server" not in headers
        assert "x-powered-by" not in headers


@pytest.mark.parametrize(
    "path",
    ["/.env", "/.git/config", "/admin.php", "/server-status", "/debug", "/v1", "/wp-login.php", "/redoc"],
)
async def test_what_scanners_look_for_is_not_there(page: httpx.AsyncClient, path: str) -> None:
    assert (await page.get(path)).status_code == 404


async def test_files_are_files_of_the_page(page: httpx.AsyncClient, tmp_path: Path) -> None:
    """More spellings in `test_injection.py`."""
    for path in ("/assets/../../../etc/passwd", f"/{tmp_path}", "/assets/%2e%2e/%2e%2e/etc/passwd"):
        assert (await page.get(path)).status_code == 404
