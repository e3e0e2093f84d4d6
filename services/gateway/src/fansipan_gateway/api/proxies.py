"""X-Forwarded-* headers, believed only when they come from a trusted proxy."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send

Networks = Sequence[IPv4Network | IPv6Network]
_FORWARDED: Final = "fansipan.forwarded"


class TrustedProxies:
    """Gives a request the scheme, host and client address that a trusted proxy says it had.

    The client is the last address of X-Forwarded-For that is not itself a trusted proxy: what stands before it was
    written by the client and may be invented. From anybody else the headers are ignored.
    """

    def __init__(self, app: ASGIApp, networks: Networks) -> None:
        self._app = app
        self._networks = networks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, corrected."""
        client = scope.get("client")
        if scope["type"] == "http" and client is not None and self._trusts(client[0]):
            scope = self._corrected(scope)
        await self._app(scope, receive, send)

    def _trusts(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._networks)

    def _corrected(self, scope: Scope) -> Scope:
        headers = Headers(scope=scope)
        scope = {**scope, _FORWARDED: "x-forwarded-for" in headers}
        scheme = _last(headers.get("x-forwarded-proto"))
        if scheme in ("http", "https"):
            scope["scheme"] = scheme
        host = _last(headers.get("x-forwarded-host"))
        if host:
            scope["headers"] = list(scope["headers"])
            MutableHeaders(scope=scope)["host"] = host
        for address in reversed(headers.get("x-forwarded-for", "").split(",")):
            if address.strip() and not self._trusts(address.strip()):
                scope["client"] = (address.strip(), 0)
                break
        return scope


def came_through_a_proxy(scope: Scope) -> bool:
    """Whether a trusted proxy passed a request on for somebody else."""
    return bool(scope.get(_FORWARDED))


def _last(value: str | None) -> str | None:
    return value.rsplit(",", 1)[-1].strip() if value else None
