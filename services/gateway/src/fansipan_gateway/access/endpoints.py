"""The dependency that every reading door takes."""

from collections.abc import Awaitable, Callable

from fastapi import Request

from fansipan_common.errors import Forbidden
from fansipan_gateway.access.domain import Kind, LoginNeeded, Reader
from fansipan_gateway.access.service import Access

ReadAccess = Callable[[Request], Awaitable[Reader]]


def read_access(access: Access) -> ReadAccess:
    """A dependency that gives the reader, or answers 401, 403 or 429."""

    async def reader(request: Request) -> Reader:
        return await access.authenticate(request)

    return reader


def operator_access(access: Access, *roles: str) -> ReadAccess:
    """A dependency that gives an operator who has one of the roles, or answers 401, 403 or 429."""
    wanted = " or ".join(roles)

    async def operator(request: Request) -> Reader:
        reader = await access.authenticate(request)
        if reader.kind is Kind.ANONYMOUS:
            raise LoginNeeded(f"log in as an operator with the role {wanted}")
        if reader.kind is not Kind.OPERATOR or reader.role not in roles:
            raise Forbidden(f"this needs an operator with the role {wanted}")
        return reader

    return operator
