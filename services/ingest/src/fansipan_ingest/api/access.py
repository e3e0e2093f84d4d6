"""Who sends: the API key of a request, or the gateway in the name of a provider."""

import base64
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from fastapi import Request

from fansipan_common.api_keys import ApiKeys, Principal
from fansipan_common.errors import PayloadTooLarge, Unauthorized
from fansipan_common.internal_calls import SCHEME, verify_call
from fansipan_common.security import Scope
from fansipan_ingest.repository.providers import ProviderRepository
from fansipan_ingest.usage.meter import UsageMeter

Authenticate = Callable[[Request], Awaitable[Principal]]
_MAX_INTERNAL_BYTES: Final = 10 * 1024 * 1024


class InternalCallers:
    """Authenticates calls of our own services.

    Args:
        secret: shared with the gateway; None: no such call is good.
        providers: those in whose name they are made.
        clock: the time.
    """

    def __init__(
        self, secret: str | None, providers: ProviderRepository, clock: Callable[[], datetime]
    ) -> None:
        self._secret = secret
        self._providers = providers
        self._clock = clock

    async def authenticate(self, request: Request, credential: str) -> Principal:
        """The provider in whose name a request is made; its body is read and remembered.

        Raises:
            Unauthorized: not signed, not now, or another body.
            Forbidden: no such provider, or a disabled one.
            PayloadTooLarge, DatabaseAway.
        """
        if self._secret is None:
            raise Unauthorized("send an API key: Authorization: Bearer fsp_…")
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        now = int(self._clock().timestamp())
        call = verify_call(self._secret, credential, method=request.method, target=target, now=now)
        length = request.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > _MAX_INTERNAL_BYTES:
            raise PayloadTooLarge(
                f"an internal call states its length, of {_MAX_INTERNAL_BYTES} bytes at most"
            )
        call.require_body(await request.body())  # kept by the request: the door reads it again
        return await self._providers.principal(call.provider)


def api_key_of(header: str) -> str | None:
    """The API key in an `Authorization` header: `Bearer`, `Token` (as clients of InfluxDB send it, also as
    `user:key`), or the password of `Basic`. None when there is none."""
    scheme, _, credential = header.partition(" ")
    credential = credential.strip()
    match scheme.lower():
        case "bearer":
            return credential or None
        case "token":
            return credential.rpartition(":")[2] or None
        case "basic":
            try:
                user_and_password = base64.b64decode(credential, validate=True).decode()
            except ValueError:
                return None
            return user_and_password.partition(":")[2] or None
        case _:
            return None


def key_holder(keys: ApiKeys) -> Authenticate:
    """A dependency that gives the provider behind a request's API key, whatever its scopes are."""

    async def authenticate(request: Request) -> Principal:
        key = api_key_of(request.headers.get("authorization", ""))
        if key is None:
            raise Unauthorized("send an API key: Authorization: Bearer fsp_…")
        return await keys.authenticate(key)

    return authenticate


def writer(keys: ApiKeys, internal: InternalCallers, meter: UsageMeter) -> Authenticate:
    """A dependency that gives the provider behind a request's API key, which must have the scope `write`; or answers
    429 when the provider has sent as much as it may."""

    async def authenticate(request: Request) -> Principal:
        principal = await who(request)
        meter.admit(principal)
        request.state.principal = principal  # the meter's middleware counts what follows
        return principal

    async def who(request: Request) -> Principal:
        header = request.headers.get("authorization", "")
        scheme, _, credential = header.partition(" ")
        if scheme.lower() == SCHEME:
            return await internal.authenticate(request, credential.strip())
        key = api_key_of(header)
        if key is None:
            raise Unauthorized("send an API key: Authorization: Bearer fsp_…")
        principal = await keys.authenticate(key)
        principal.require(Scope.WRITE)
        return principal

    return authenticate
