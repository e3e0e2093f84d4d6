"""Uploading files to the gateway as a program of a provider does."""

import asyncio
import time
from typing import Any

import httpx

PIECE = 4 << 20
_WORKED_ON = ("looking", "checking", "importing")


class Uploader:
    """A client of `/v1/provider/{provider}/imports`.

    Args:
        http: with a bound on every wait.
        gateway: its address; empty where the client has it.
        provider: whose files.
        who: what is added to each request: `auth`, or `headers`.
    """

    def __init__(self, http: httpx.AsyncClient, gateway: str, provider: str, **who: Any) -> None:
        self._http = http
        self._base = f"{gateway}/v1/provider/{provider}/imports"
        self._who = who

    async def request(self, method: str, path: str = "", **options: Any) -> httpx.Response:
        """One request below the imports of the provider."""
        return await self._http.request(method, self._base + path, **self._who, **options)

    async def begin(self, name: str, size: int) -> int:
        """Begin an upload; its id."""
        answer = await self.request("POST", json={"name": name, "size": size})
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    async def piece(self, import_id: int, offset: int, data: bytes) -> httpx.Response:
        """Send a piece."""
        return await self.request("PUT", f"/{import_id}/content", params={"offset": offset}, content=data)

    async def upload(self, name: str, content: bytes, piece: int = PIECE) -> int:
        """Upload a whole file and wait until it has been looked at; its id."""
        import_id = await self.begin(name, len(content))
        for offset in range(0, len(content), piece):
            answer = await self.piece(import_id, offset, content[offset : offset + piece])
            assert answer.status_code == 200, answer.text
        settled = await self.settled(import_id)
        assert settled["state"] == "ready", settled
        return import_id

    async def do(self, import_id: int, deed: str) -> None:
        """Have it checked or started."""
        answer = await self.request("POST", f"/{import_id}/{deed}")
        assert answer.status_code == 202, answer.text

    async def map(self, import_id: int, mapping: dict[str, Any]) -> None:
        """Say what the columns are."""
        answer = await self.request("PUT", f"/{import_id}/mapping", json=mapping)
        assert answer.status_code == 200, answer.text

    async def get(self, import_id: int) -> dict[str, Any]:
        """How it is."""
        answer = await self.request("GET", f"/{import_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def settled(self, import_id: int, seconds: float = 60.0) -> dict[str, Any]:
        """How it is once nobody works on it."""
        until = time.monotonic() + seconds
        while (found := await self.get(import_id))["state"] in _WORKED_ON:
            assert time.monotonic() < until, found
            await asyncio.sleep(0.1)
        return found

    async def errors(self, import_id: int) -> str:
        """The file of errors."""
        answer = await self.request("GET", f"/{import_id}/errors")
        assert answer.status_code == 200, answer.text
        return answer.content.decode("utf-8-sig")
