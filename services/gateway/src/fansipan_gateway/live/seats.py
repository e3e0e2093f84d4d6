"""How many streams may be open at once: in all, and of one client."""

from collections import Counter

from fansipan_common.errors import ServerFault
from fansipan_gateway.limits.domain import TooManyRequests


class Full(ServerFault):
    """This replica has as many streams as it is to have."""

    code, title = "live-full", "No stream is free"

    def __init__(self) -> None:
        super().__init__("no stream is free on this replica: poll, and try again later", retry_after=10)


class Seats:
    """Counts the streams of this replica.

    Args:
        total: at once, at most.
        each: of one client (see `identity_of`).
    """

    def __init__(self, total: int, each: int) -> None:
        self._total = total
        self._each = each
        self._taken: Counter[str] = Counter()
        self._sum = 0

    def take(self, who: str) -> None:
        """One more.

        Raises:
            TooManyRequests: this client has enough.
            Full: there are enough.
        """
        if self._taken[who] >= self._each:
            raise TooManyRequests(f"{self._each} streams are open already; close one first", retry_after=10)
        if self._sum >= self._total:
            raise Full
        self._taken[who] += 1
        self._sum += 1

    def give_back(self, who: str) -> None:
        """One less."""
        self._sum -= 1
        self._taken[who] -= 1
        if self._taken[who] <= 0:
            del self._taken[who]
