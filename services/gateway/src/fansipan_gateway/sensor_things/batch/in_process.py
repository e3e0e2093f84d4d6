"""Requests to the gateway itself, from inside: they pass all that stands in front of its doors."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.types import Message

from fansipan_gateway.access.identification import share_identity
from fansipan_gateway.sensor_things.batch.domain import PartAnswer
from fansipan_gateway.sensor_things.routing import ROOT

# Who asks and where: these are those of the batch, whatever a request in it says.
_OF_BATCH: Final = frozenset(
    {
        b"authorization",
        b"cookie",
        b"host",
        b"origin",
        b"sec-fetch-site",
        b"user-agent",
        b"x-csrf-token",
        b"traceparent",
        b"tracestate",
    }
)
_OF_PART: Final = frozenset(
    {"accept", "accept-language", "content-type", "content-encoding", "if-match", "if-none-match", "prefer"}
)
_SHOWN: Final = frozenset(
    {"allow", "content-type", "etag", "location", "preference-applied", "retry-after", "www-authenticate"}
)
_KEPT: Final = ("type", "asgi", "http_version", "scheme", "server", "client", "root_path", "state")
_MAX_HEADER: Final = 8_192


class InProcess:
    """Answers requests in the name of who sent `request`.

    They are counted by the rate limits, and their bodies are bounded, as those of requests that come in by themselves.
    """

    def __init__(self, request: Request) -> None:
        self._request = request

    async def __call__(
        self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
    ) -> PartAnswer:
        """The answer to one request below the root of the service; raises nothing but faults of the server."""
        scope = self._scope(method, path, query, headers, body)
        status = 500
        shown: dict[str, str] = {}
        content: list[bytes] = []
        unread = True

        async def receive() -> Message:
            nonlocal unread
            if unread:
                unread = False
                return {"type": "http.request", "body": body, "more_body": False}
            return await self._request.receive()  # the client of the batch goes away, at most

        async def send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                pairs = (
                    (name.decode("latin-1"), value.decode("latin-1")) for name, value in message["headers"]
                )
                shown.update({name.lower(): value for name, value in pairs if name.lower() in _SHOWN})
            elif message["type"] == "http.response.body":
                content.append(message.get("body", b""))

        try:
            await self._request.app(scope, receive, send)
        except Exception:
            if status != 500 or not content:
                raise
            # the app has answered 500 and logged why, and raises it again for the server's log
        return PartAnswer(status, shown, b"".join(content))

    def _scope(
        self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
    ) -> dict[str, Any]:
        outer = self._request.scope
        own = [
            (name.encode("latin-1"), value.encode("latin-1", "replace")[:_MAX_HEADER])
            for name, value in headers.items()
            if name in _OF_PART
        ]
        if body:
            own.append((b"content-length", str(len(body)).encode()))
        target = f"{ROOT}/{path}" if path else ROOT
        root_path = outer.get("root_path", "")
        scope: dict[str, Any] = {name: outer[name] for name in _KEPT if name in outer}
        scope |= {
            "method": method,
            "path": root_path + target,
            "raw_path": quote(root_path + target).encode(),
            "query_string": query.encode(),
            "headers": [pair for pair in outer["headers"] if pair[0] in _OF_BATCH] + own,
        }
        share_identity(outer, scope)
        return scope
