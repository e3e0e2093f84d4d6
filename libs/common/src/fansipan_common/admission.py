"""Load shedding: so many requests at once, and past that an answer at once instead of a queue.

A process that takes everything answers nobody in time. What it cannot do soon is refused while that is still cheap,
what matters least first: low priority may take a quarter of the places, the rest all of them, and what people and
machines need to see how things are is never refused here.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from opentelemetry.metrics import get_meter
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from fansipan_common.errors import ServerFault
from fansipan_common.problems import problem_response
from fansipan_common.telemetry import registry

_LOW_SHARE: Final = 4


class Priority(StrEnum):
    """Who is refused first.

    Attributes:
        LOW: can wait, and takes long: files, queries of any shape.
        NORMAL: everything else.
        HIGH: never refused, and not counted: health, status, open streams, which have bounds of their own.
    """

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class Overloaded(ServerFault):
    """Too much is asked of this replica at once."""

    code, title = "overloaded", "Overloaded"

    def __init__(self, priority: Priority) -> None:
        # Whoever can wait comes back later than whoever cannot, so that these find room first.
        super().__init__(
            "too many requests are being answered at this moment; try again",
            retry_after=5 if priority is Priority.LOW else 2,
        )


class Admission:
    """Answers 503 `overloaded` at once when too many requests are being answered.

    Args:
        app: what answers.
        most: requests at once; a quarter of it, at least one, may be of low priority.
        priority_of: of a method and a path.
        scope_name: instrumentation scope, as `fansipan_gateway`.
    """

    def __init__(
        self, app: ASGIApp, most: int, priority_of: Callable[[str, str], Priority], scope_name: str
    ) -> None:
        self._app = app
        self._priority_of = priority_of
        self._most = {Priority.LOW: max(1, most // _LOW_SHARE), Priority.NORMAL: most}
        self._running = dict.fromkeys(self._most, 0)
        meter = get_meter(scope_name)
        self._in_flight = registry.REQUESTS_IN_FLIGHT.up_down_counter(meter)
        self._shed = registry.REQUESTS_SHED.counter(meter)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        priority = self._priority_of(scope["method"], scope["path"])
        if priority is Priority.HIGH:
            await self._app(scope, receive, send)
            return
        attributes = {"fansipan.priority": priority.value}
        if not self._has_room(priority):
            self._shed.add(1, attributes)
            await problem_response(Request(scope), Overloaded(priority))(scope, receive, send)
            return
        self._running[priority] += 1
        self._in_flight.add(1, attributes)
        try:
            await self._app(scope, receive, send)
        finally:
            self._running[priority] -= 1
            self._in_flight.add(-1, attributes)

    def _has_room(self, priority: Priority) -> bool:
        running = self._running
        if priority is Priority.LOW and running[Priority.LOW] >= self._most[Priority.LOW]:
            return False
        return sum(running.values()) < self._most[Priority.NORMAL]
