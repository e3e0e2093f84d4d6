from typing import Final

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from fansipan_gateway.api.security_headers import SecurityHeaders

_ANYWHERE: Final = "/{path:path}"


async def _policy_of(path: str) -> str:
    async def answer(_request: Request) -> PlainTextResponse:
        return PlainTextResponse("page")

    app = SecurityHeaders(Starlette(routes=[Route(_ANYWHERE, answer)]))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        return (await client.get(path)).headers["content-security-policy"]


@pytest.mark.parametrize(
    "path", ["/", "/open", "/alerts", "/v1/indicators", "/embed", "/embedded/x", "/v1/embed/x"]
)
async def test_no_other_page_may_frame_ours(path: str) -> None:
    assert (await _policy_of(path)).endswith("frame-ancestors 'none'")


async def test_every_page_may_frame_a_card_and_nothing_else_of_its_policy_is_looser() -> None:
    card, other = await _policy_of("/embed/vn-aqi-hourly?lang=vi"), await _policy_of("/open")
    assert card.endswith("frame-ancestors *")
    assert card.removesuffix("*") == other.removesuffix("'none'")
