"""Who sends: the API key of a request."""

from collections.abc import Awaitable, Callable

from fastapi import Request

from fansipan_common.api_keys import ApiKeys, Principal
from fansipan_common.errors import Unauthorized
from fansipan_common.security import Scope

Authenticate = Callable[[Request], Awaitable[Principal]]


def writer(keys: ApiKeys) -> Authenticate:
    """A dependency that gives the provider behind `Authorization: Bearer …`, who must have the scope `write`."""

    async def authenticate(request: Request) -> Principal:
        header = request.headers.get("authorization", "")
        scheme, _, credential = header.partition(" ")
        if scheme.lower() != "bearer" or not credential.strip():
            raise Unauthorized("send an API key: Authorization: Bearer fsp_…")
        principal = await keys.authenticate(credential.strip())
        principal.require(Scope.WRITE)
        return principal

    return authenticate
