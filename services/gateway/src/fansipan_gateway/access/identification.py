"""Who sends a request: found out once a request, however many parts of the gateway ask."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Final

from starlette.requests import Request
from starlette.types import Scope

from fansipan_common.errors import FansipanError
from fansipan_gateway.access.domain import Kind, Reader
from fansipan_gateway.access.service import Access

_FOUND: Final = "fansipan.reader"
_IPV6_PREFIX: Final = 64


async def identify(access: Access, scope: Scope) -> Reader:
    """The reader behind a request.

    A wrong password is checked, and counted, once: what was found is kept in `scope`, a refusal too.

    Raises:
        What `Access.authenticate` raises.
    """
    found: Reader | FansipanError | None = scope.get(_FOUND)
    if found is None:
        try:
            found = await identify_anew(access, scope)
        except FansipanError as refusal:
            found = refusal
        scope[_FOUND] = found
    if isinstance(found, FansipanError):
        raise found
    return found


def share_identity(outer: Scope, inner: Scope) -> None:
    """Let a request that is made in the name of another know who sends it, if that was found out already."""
    if _FOUND in outer:
        inner[_FOUND] = outer[_FOUND]


async def identify_anew(access: Access, scope: Scope) -> Reader:
    """The reader behind a request that goes on: whether the credential is still good.

    Raises:
        What `Access.authenticate` raises.
    """
    return await access.authenticate(Request(scope))


def client_of(scope: Scope) -> str:
    """The address that a request comes from; empty when there is none."""
    client = scope.get("client")
    return client[0] if client else ""


def identity_of(reader: Reader | None, client: str) -> str:
    """By whom requests are counted: an operator, an API key, or for all others (None too) the address.

    An IPv6 client counts by its /64, because it may choose any address in it.
    """
    if reader is not None and reader.kind is not Kind.ANONYMOUS:
        return f"{reader.kind.value}:{reader.name}"
    return _place_of(client)


@lru_cache(maxsize=4_096)
def _place_of(client: str) -> str:
    try:
        address = ip_address(client)
    except ValueError:
        return f"address:{client}"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return f"address:{int(address) >> (128 - _IPV6_PREFIX):x}/64"
    return f"address:{client}"
