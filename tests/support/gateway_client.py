"""Our own client in front of a gateway that runs in the test's process."""

from typing import Any, Final

import httpx

from fansipan_client import AsyncClient

_OF_THE_WIRE: Final = ("content-encoding", "content-length", "transfer-encoding")


def client_of(gateway: httpx.AsyncClient, **options: Any) -> AsyncClient:
    """A client whose requests go through `gateway`; it has nothing of its own to close."""

    async def forward(request: httpx.Request) -> httpx.Response:
        answer = await gateway.send(request)
        headers = [(name, value) for name, value in answer.headers.items() if name not in _OF_THE_WIRE]
        return httpx.Response(answer.status_code, headers=headers, content=answer.content)

    return AsyncClient("http://gateway", transport=httpx.MockTransport(forward), **options)
