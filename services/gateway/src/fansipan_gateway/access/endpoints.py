"""The dependency that every reading door takes."""

from collections.abc import Awaitable, Callable

from fastapi import Request

from fansipan_gateway.access.domain import Reader
from fansipan_gateway.access.service import Access

ReadAccess = Callable[[Request], Awaitable[Reader]]


def read_access(access: Access) -> ReadAccess:
    """A dependency that gives the reader, or answers 401, 403 or 429."""

    async def reader(request: Request) -> Reader:
        client = request.client.host if request.client else ""
        return await access.authenticate(request.headers.get("authorization"), client)

    return reader
