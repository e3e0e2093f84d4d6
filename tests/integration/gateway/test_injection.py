"""Text from outside stays text: in SQL, in headers, in addresses of files, in what the answers say."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import asyncpg
import httpx
import pytest

_SQL: Final = (
    "' OR '1'='1",
    "'; DROP TABLE thing; --",
    '" OR 1=1 --',
    "x') UNION SELECT password_hash, role FROM operator --",
    "1; SELECT pg_sleep(30)",
    "\\'; SELECT 1 --",
    "$1",
    "%' OR name LIKE '%",
)
_PLACES: Final = (
    "/v1/things?q={}",
    "/v1/things?area={}",
    "/v1/things?cursor={}",
    "/v1/things/{}",
    "/v1/datastreams?q={}",
    "/v1/datastreams?thing={}",
    "/v1/datastreams?observedProperty={}",
    "/v1/datastreams/{}",
    "/v1/latest?thing={}",
    "/v1/latest?datastream={}",
    "/v1/observations?datastream={}",
    "/v1/observations?datastream=1&from={}",
    "/v1/areas?parent={}",
    "/v1/areas/at?lon={}&lat=1",
    "/v1/service-events/summary?groupBy={}",
    "/v1/indicators?group={}",
    "/v1/indicators/{}",
    "/v1/indicators/latest?subject={}",
    "/v1/indicators/x/values?subject={}",
    "/v1/indicators/x/values/{}/2026-07/explain",
    "/v1/periods/{}",
    "/v1/alerts?rule={}",
    "/v1/alerts?subject={}",
    "/v1/alerts/{}",
    "/v1/maintenance-windows?cursor={}",
)


@pytest.mark.parametrize("place", _PLACES)
async def test_sql_in_a_parameter_finds_nothing_and_breaks_nothing(
    gateway: httpx.AsyncClient, world: Any, place: str
) -> None:
    for text in _SQL:
        address = place.format(quote(text, safe=""))
        answer = await gateway.get(address, auth=world.operator)
        assert answer.status_code in (200, 400, 404), (address, answer.text)
        if answer.status_code == 200:
            assert answer.json()["items"] == [], (address, answer.text)
        else:
            assert answer.headers["content-type"] == "application/problem+json"
            for told in ("syntax error", "asyncpg", "argon2", "SELECT t.id"):
                assert told not in answer.text


async def test_nothing_was_changed_by_any_of_it(world: Any) -> None:
    connection = await asyncpg.connect(world.url)
    assert await connection.fetchval("SELECT count(*) FROM thing") == 3
    assert await connection.fetchval("SELECT count(*) FROM operator") == 1
    await connection.close()


async def test_wildcards_are_taken_literally(gateway: httpx.AsyncClient) -> None:
    for text, names in (("%", ["Trạm 100% _hai_"]), ("_", ["Trạm 100% _hai_"]), ("\\", [])):
        found = await gateway.get("/v1/things", params={"q": text})
        assert [item["name"] for item in found.json()["items"]] == names


async def test_sql_in_a_credential_is_a_wrong_credential(gateway: httpx.AsyncClient) -> None:
    for name in ("' OR '1'='1", "mai' --", "mai\0"):
        assert (await gateway.get("/v1/things", auth=(name, "x"))).status_code == 401
    for token in ("fsp_' OR 1=1 --_x", "fsp_a_' OR '1'='1", "fsp_" + "a" * 5_000):
        answer = await gateway.get("/v1/things", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401


@pytest.mark.parametrize(
    "text", ["a%0d%0aSet-Cookie:%20x=1", "a%0d%0a%0d%0a<script>", "%0aLocation:%20//evil"]
)
async def test_line_ends_do_not_get_into_headers(gateway: httpx.AsyncClient, text: str) -> None:
    for address in (
        f"/v1/things/{text}",
        f"/v1/things?q={text}&limit=1",
        f"/v1/indicators/{text}",
        f"/{text}",
    ):
        answer = await gateway.get(address)
        assert answer.status_code in (200, 400, 404)
        assert "set-cookie" not in answer.headers
        assert "location" not in answer.headers
        assert all("\r" not in value and "\n" not in value for value in answer.headers.values())


async def test_what_an_answer_repeats_is_no_page(gateway: httpx.AsyncClient) -> None:
    """A browser never runs it: it is JSON, and says so."""
    answer = await gateway.get("/v1/things/<script>alert(1)</script>")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "script-src 'self'" in answer.headers["content-security-policy"]


async def test_whoever_is_not_a_trusted_proxy_cannot_change_addresses_or_be_somebody_else(
    gateway: httpx.AsyncClient,
) -> None:
    headers = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-For": "10.0.0.1",
        "Forwarded": "host=evil.example",
        "X-Original-URL": "/v1/alerts",
        "X-HTTP-Method-Override": "DELETE",
    }
    answer = await gateway.get("/v1/things", params={"limit": 1}, headers=headers)
    assert answer.status_code == 200
    assert "evil.example" not in answer.text
    assert answer.json()["next"].startswith("http://gateway/v1/things?")


# ---------------------------------------------------------------- the page's files


@pytest.fixture
async def page(world: Any, serve: Any, tmp_path: Path) -> AsyncGenerator[httpx.AsyncClient]:
    """A gateway with a built page, with secrets beside it and a link out of it."""
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("the page")
    (dist / "assets" / "app.js").write_text("the code")
    (tmp_path / "secret.txt").write_text("the secret")
    (tmp_path / "dist-old").mkdir()
    (tmp_path / "dist-old" / "secret.txt").write_text("the secret")
    (dist / "link.txt").symlink_to(tmp_path / "secret.txt")
    async with serve(world.url, web_dist=dist) as client:
        yield client


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/%2e%2e%2fsecret.txt",
        "/..%5csecret.txt",
        "/%252e%252e%252fsecret.txt",
        "/../dist-old/secret.txt",
        "/%2e%2e/dist-old/secret.txt",
        "//etc/passwd",
        "/%2fetc%2fpasswd",
        "/assets/%00",
        "/secret.txt%00.html",
        "/link.txt",
        "/" + "a" * 5_000,
    ],
)
async def test_no_file_outside_of_the_page_is_given(page: httpx.AsyncClient, path: str) -> None:
    # raw_path: httpx would tidy up the dots before they are sent
    request = page.build_request("GET", "http://gateway/")
    request.url = httpx.URL("http://gateway/").copy_with(raw_path=path.encode())
    answer = await page.send(request)
    assert answer.status_code in (400, 404), answer.text
    assert "the secret" not in answer.text
    assert "root:" not in answer.text


async def test_the_page_itself_is_given(page: httpx.AsyncClient) -> None:
    assert (await page.get("/")).text == "the page"
    assert (await page.get("/assets/app.js")).text == "the code"
    assert (await page.get("/assets/")).status_code == 404  # no list of files
    assert (await page.post("/", content=b"x")).status_code == 405
