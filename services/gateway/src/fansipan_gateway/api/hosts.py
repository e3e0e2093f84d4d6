"""Which names we answer to, and which paths are for those who run us only."""

import re
from collections.abc import Sequence
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from fansipan_common.errors import ClientFault, NotFound
from fansipan_common.problems import problem_response
from fansipan_gateway.api.proxies import came_through_a_proxy

_HOST: Final = re.compile(rb"([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")
_FOR_OPERATIONS: Final = frozenset({"/healthz", "/readyz", "/metrics"})


class BadHost(ClientFault):
    """There is more than one Host header, or it is no host."""

    code, title = "bad-host", "Bad Host header"


class UnknownHost(ClientFault):
    """The request is for a name that is not ours."""

    status, code, title = 421, "unknown-host", "Misdirected request"


class KnownHosts:
    """Refuses requests that are for somebody else.

    The Host header is in addresses of next pages: it must be one, and where `hosts` says which names are ours, one of
    them. Health and metrics are asked by address, hence under any name; in return they are not there (404) for what
    came through a proxy, hence from outside.

    Args:
        app: what answers.
        hosts: our names, without ports; none: any.
    """

    def __init__(self, app: ASGIApp, hosts: Sequence[str]) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await problem_response(Request(scope), refusal)(scope, receive, send)

    def _refusal(self, scope: Scope) -> ClientFault | None:
        given = [value for name, value in scope["headers"] if name == b"host"]
        match = _HOST.fullmatch(given[0]) if given else None
        if len(given) > 1 or (given and match is None):
            return BadHost("send one Host header, with a host and perhaps a port")
        if scope["path"] in _FOR_OPERATIONS:
            return NotFound("this is not for the public") if came_through_a_proxy(scope) else None
        if self._hosts and (match is None or match[1].decode().lower() not in self._hosts):
            return UnknownHost("no such host here; FANSIPAN_ALLOWED_HOSTS says which there are")
        return None
