"""The operators' page, the API's documentation, and what every answer carries."""

import gzip
import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx

Serve = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


async def test_the_built_page_is_served_with_sane_caching(world: Any, serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>Fansipan</title>")
    (tmp_path / "assets" / "index-abc123.js").write_text("1")
    (tmp_path / "favicon.svg").write_text("<svg/>")
    async with serve(world.url, web_dist=tmp_path) as client:
        page = await client.get("/")
        assert (page.status_code, page.headers["cache-control"]) == (200, "no-cache")
        assert "script-src 'self'" in page.headers["content-security-policy"]
        again = await client.get("/", headers={"If-None-Match": page.headers["etag"]})
        assert again.status_code == 304
        asset = await client.get("/assets/index-abc123.js")
        assert "immutable" in asset.headers["cache-control"]
        assert (await client.get("/favicon.svg")).headers["cache-control"] == "no-cache"
        assert (await client.get("/assets/../../secret")).status_code == 404
        view = await client.get("/indicators/d766-2.1?period=month")
        assert (view.status_code, view.text, view.headers["cache-control"]) == (200, page.text, "no-cache")
        assert (await client.get("/wall")).text == page.text
        assert (await client.get("/no-such-view")).status_code == 404
        missing = await client.get("/v1/nope")
        assert (missing.status_code, missing.json()["code"]) == (404, "not-found")


async def test_what_the_build_has_packed_is_sent_packed(world: Any, serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>Fansipan</title>")
    script = tmp_path / "assets" / "index-abc123.js"
    script.write_text("1;" * 5_000)
    (tmp_path / "assets" / "index-abc123.js.gz").write_bytes(gzip.compress(script.read_bytes()))
    async with serve(world.url, web_dist=tmp_path) as client:
        packed = await client.get("/assets/index-abc123.js")
        assert packed.text == script.read_text()
        assert packed.headers["content-encoding"] == "gzip"
        assert packed.headers["content-type"].startswith("text/javascript")
        assert "immutable" in packed.headers["cache-control"]
        assert packed.num_bytes_downloaded < 200
        plain = await client.get("/assets/index-abc123.js", headers={"Accept-Encoding": "identity"})
        assert plain.text == script.read_text()
        assert "content-encoding" not in plain.headers
        for answer in (packed, plain):
            assert answer.headers["vary"] == "Accept-Encoding"
        assert packed.headers["etag"] != plain.headers["etag"]
        page = await client.get("/")
        assert "content-encoding" not in page.headers


async def test_a_page_that_is_not_built_says_how_and_readiness_stays(gateway: httpx.AsyncClient) -> None:
    page = await gateway.get("/")
    assert page.status_code == 503
    assert "npm run build" in page.text
    assert (await gateway.get("/readyz")).status_code == 200


async def test_the_documentation_needs_no_other_host_and_no_inline_script(gateway: httpx.AsyncClient) -> None:
    page = (await gateway.get("/docs")).text
    assert not re.search(r"https?://", page)
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    for address in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert (await gateway.get(f"/{address}")).status_code == 200, address


async def test_openapi_documents_every_read(gateway: httpx.AsyncClient) -> None:
    document = (await gateway.get("/openapi.json")).json()
    assert set(document["components"]["securitySchemes"]) == {"apiKey", "operator"}
    assert {} in document["security"]
    paths = {
        "/v1/agencies",
        "/v1/alerts",
        "/v1/alerts/{alert_id}",
        "/v1/areas",
        "/v1/areas/at",
        "/v1/data-health",
        "/v1/datastreams",
        "/v1/datastreams/{reference}",
        "/v1/indicators",
        "/v1/indicators/latest",
        "/v1/indicators/{indicator}",
        "/v1/indicators/{indicator}/latest",
        "/v1/indicators/{indicator}/values",
        "/v1/indicators/{indicator}/values/{subject}/{period}/explain",
        "/v1/latest",
        "/v1/live",
        "/v1/maintenance-windows",
        "/v1/observations",
        "/v1/open-data/catalogue",
        "/v1/open-data/indicators",
        "/v1/periods",
        "/v1/periods/{period}",
        "/v1/periods/{period}/restatements",
        "/v1/periods/{period}/verify",
        "/v1/procedures",
        "/v1/service-events/summary",
        "/v1/things",
        "/v1/things/{reference}",
    }
    files = {
        "/v1/datastreams/{reference}/observations/export",
        "/v1/indicators/{indicator}/export",
    }
    actions = {
        "/v1/alerts/{alert_id}/acknowledge",
        "/v1/alerts/{alert_id}/assign",
        "/v1/alerts/{alert_id}/comment",
        "/v1/alerts/{alert_id}/resolve",
        "/v1/indicators/{indicator}/what-if",
        "/v1/maintenance-windows",
        "/v1/maintenance-windows/{window_id}/end",
        "/v1/periods/{period}/close",
    }
    # Sessions, administration, what providers do themselves, and the status have tests of their own.
    apart = ("/v1/session", "/v1/admin/", "/v1/provider", "/v1/status")
    known = {path: methods for path, methods in document["paths"].items() if not path.startswith(apart)}
    assert {path for path, methods in known.items() if "get" in methods} == paths | files
    assert {path for path, methods in known.items() if "post" in methods} == actions
    for path in paths:
        responses = document["paths"][path]["get"]["responses"]
        media_type = "application/geo+json" if path.startswith("/v1/areas") else "application/json"
        if path == "/v1/live":
            assert list(responses["200"]["content"]) == ["text/event-stream"]
        else:
            assert "$ref" in responses["200"]["content"][media_type]["schema"]
        if "/open-data/" not in path:
            assert "application/problem+json" in responses["401"]["content"]
    for path in files:
        responses = document["paths"][path]["get"]["responses"]
        assert "text/csv" in responses["200"]["content"]
        assert "application/json" not in responses["200"]["content"]
    for path in ("/v1/open-data/catalogue", "/v1/open-data/indicators"):
        assert document["paths"][path]["get"]["security"] == []
