"""Who administers, and from where."""

from dataclasses import dataclass

from fastapi import Request

from fansipan_gateway.access.domain import Reader


@dataclass(frozen=True, slots=True)
class Actor:
    """An operator who changes something; `client` is the address of their machine."""

    name: str
    client: str


def actor_of(request: Request, reader: Reader) -> Actor:
    """The operator behind a request."""
    return Actor(reader.name, request.client.host if request.client else "")
