"""Routes of the SensorThings API."""

from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import Request, Response
from fastapi.routing import APIRoute

from fansipan_common.errors import FansipanError

ROOT: Final = "/sta/v1.1"


class MessageRoute(APIRoute):
    """Problems carry a `message`, too: clients of SensorThings show that."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What handles a request."""
        handle = super().get_route_handler()

        async def handle_with_message(request: Request) -> Response:
            try:
                return await handle(request)
            except FansipanError as error:
                error.extra.setdefault("message", error.detail)
                raise

        return handle_with_message


def root_of(request: Request, public_url: str | None) -> str:
    """Address of the service, for links: below the public address of the gateway, or the request's own."""
    return (public_url or str(request.base_url)).rstrip("/") + ROOT
