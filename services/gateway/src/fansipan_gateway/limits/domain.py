"""Rate limits: whose they are, and what is left of them."""

from dataclasses import dataclass

from fansipan_common.errors import ClientFault
from fansipan_gateway.access.domain import Kind, Reader


class TooManyRequests(ClientFault):
    """This client has asked too often."""

    status, code, title = 429, "too-many-requests", "Too many requests"

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


@dataclass(frozen=True, slots=True)
class Rates:
    """Requests a minute, each for one: an address of anonymous clients, an API key, an operator."""

    anonymous: int
    api_key: int
    operator: int

    def of(self, reader: Reader | None) -> int:
        """The limit of a reader; None: of who is not known."""
        match None if reader is None else reader.kind:
            case Kind.OPERATOR:
                return self.operator
            case Kind.API_KEY:
                return self.api_key
            case _:
                return self.anonymous


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a request.

    Attributes:
        allowed: whether it may be made.
        limit: requests a minute.
        remaining: how many are left, at least.
        reset: seconds until all are there again.
    """

    allowed: bool
    limit: int
    remaining: int
    reset: int
