"""The dependency that every reading door takes."""

from collections.abc import Awaitable, Callable

from fastapi import Request

from fansipan_common.errors import Forbidden
from fansipan_gateway.access.domain import ANYBODY, Kind, LoginNeeded, Reader
from fansipan_gateway.access.identification import identify
from fansipan_gateway.access.service import Access

ReadAccess = Callable[[Request], Awaitable[Reader]]


def read_access(access: Access) -> ReadAccess:
    """A dependency that gives the reader, or answers 401, 403 or 429. A key needs the scope `read`."""

    async def reader(request: Request) -> Reader:
        found = await identify(access, request.scope)
        if not found.may_read:
            raise Forbidden("this API key lacks the scope 'read'; ask for a key that has it")
        return found

    return reader


def public_access(read: ReadAccess) -> ReadAccess:
    """A dependency that gives the reader, or an anonymous one where no credential is sent: for what all may see.

    A credential that is sent must be good all the same.
    """

    async def reader(request: Request) -> Reader:
        try:
            return await read(request)
        except LoginNeeded:
            if request.headers.get("authorization") is not None:
                raise
            return ANYBODY

    return reader


def operator_access(access: Access, *roles: str) -> ReadAccess:
    """A dependency that gives an operator who has one of the roles, or answers 401, 403 or 429."""
    wanted = " or ".join(roles)

    async def operator(request: Request) -> Reader:
        reader = await identify(access, request.scope)
        if reader.kind is Kind.ANONYMOUS:
            raise LoginNeeded(f"log in as an operator with the role {wanted}")
        if reader.kind is not Kind.OPERATOR or reader.role not in roles:
            raise Forbidden(f"this needs an operator with the role {wanted}")
        return reader

    return operator
