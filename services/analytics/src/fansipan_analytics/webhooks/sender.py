"""One delivery over HTTP: only to where it may go, signed, bounded in time and size.

The name of a target is resolved for each delivery, all its addresses are judged, and the connection is made to one that
was judged: a name that leads elsewhere a moment later leads nowhere.
"""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

import httpx

from fansipan_analytics.delivering import Outcome, post
from fansipan_common.webhooks import Network, address_fault, is_reachable, signature

_TIMEOUT_SECONDS: Final = 15.0
_RESOLVE_SECONDS: Final = 5.0
MEDIA_TYPE: Final = "application/cloudevents+json"

Resolve = Callable[[str, int], Awaitable[list[str]]]


async def resolve(host: str, port: int) -> list[str]:
    """The IP addresses of a host.

    Raises:
        OSError: it has none.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class WebhookSender:
    """Posts CloudEvents by the Standard Webhooks specification.

    Args:
        allow_http: whether targets without TLS are served.
        private: networks that are not public and may be reached all the same.
        resolve: finds the addresses of a host.
        now: the clock, Unix seconds.
    """

    def __init__(
        self,
        *,
        allow_http: bool,
        private: tuple[Network, ...],
        resolve: Resolve = resolve,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._allow_http = allow_http
        self._private = private
        self._resolve = resolve
        self._now = now
        # No connection is kept: one to the same address may have been made for another name.
        self._http = httpx.AsyncClient(
            trust_env=False, limits=httpx.Limits(max_connections=50, max_keepalive_connections=0)
        )

    async def close(self) -> None:
        """End all connections."""
        await self._http.aclose()

    async def send(self, url: str, secret: str, message_id: str, body: bytes) -> Outcome:
        """Try once, in bounded time; 2xx is delivered. Never raises for what the other side does."""
        fault = address_fault(url, allow_http=self._allow_http)
        if fault is not None:
            return Outcome(None, fault)
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                async with asyncio.timeout(_RESOLVE_SECONDS):
                    addresses = await self._resolve(host, port)
                refused = [each for each in addresses if not is_reachable(each, self._private)]
                if refused or not addresses:
                    return Outcome(
                        None, f"{host} leads to {refused[:1] or 'nowhere'}, which is not a public address"
                    )
                return await self._post(url, addresses[0], host, port, secret, message_id, body)
        except TimeoutError:
            return Outcome(None, f"no answer within {_TIMEOUT_SECONDS:.0f} s")
        except (OSError, ValueError) as error:  # among the latter: a name that is none
            return Outcome(None, f"{host} cannot be found: {error}")

    async def _post(
        self, url: str, address: str, host: str, port: int, secret: str, message_id: str, body: bytes
    ) -> Outcome:
        at = int(self._now())
        parts = urlsplit(url)
        netloc = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        target = parts._replace(netloc=netloc).geturl()
        headers = {
            "Host": parts.netloc,
            "Content-Type": MEDIA_TYPE,
            "webhook-id": message_id,
            "webhook-timestamp": str(at),
            "webhook-signature": signature(secret, message_id, at, body),
        }
        return await post(
            self._http, target, body, headers, seconds=_TIMEOUT_SECONDS, extensions={"sni_hostname": host}
        )
