"""`/v1/session/open-id-connect`: to the identity provider and back."""

from typing import Annotated, Final
from urllib.parse import urlencode

import structlog
from fastapi import APIRouter, Query, Request, Response

from fansipan_common.errors import FansipanError
from fansipan_common.problems import problem_responses
from fansipan_gateway.access.service import client_of
from fansipan_gateway.sessions.cookies import jar_of
from fansipan_gateway.sign_in.domain import own_path
from fansipan_gateway.sign_in.endpoints import SESSION_PATH, SessionDoor
from fansipan_gateway.sign_in.open_id_connect.service import PENDING_LIFETIME, Answer, OpenIdConnect

START_PATH: Final = f"{SESSION_PATH}/open-id-connect"
CALLBACK_PATH: Final = f"{START_PATH}/callback"
_PENDING_COOKIE: Final = "fansipan_sign_in"
_NO_STORE: Final = {"Cache-Control": "no-store"}
_Text = Annotated[str | None, Query(max_length=4_000)]
_log = structlog.get_logger(__name__)


def open_id_connect_router(open_id_connect: OpenIdConnect, door: SessionDoor) -> APIRouter:
    """The door to signing in elsewhere. A browser walks through it, so failures go back to the page, too."""
    router = APIRouter(tags=["session"])

    @router.get(
        START_PATH,
        status_code=302,
        response_class=Response,
        summary="Sign in at the identity provider",
        responses=problem_responses(400),
    )
    async def start(
        request: Request, return_to: Annotated[str | None, Query(alias="returnTo", max_length=4_000)] = None
    ) -> Response:
        """Send the browser here; it comes back to `returnTo`, a path of ours (anything else means `/`)."""
        try:
            departure = await open_id_connect.start(return_to)
        except FansipanError as error:
            return _failed(own_path(return_to), error)
        jar_of(request).put(_PENDING_COOKIE, departure.cookie, lifetime=PENDING_LIFETIME, path=START_PATH)
        return _redirect(departure.address)

    @router.get(
        CALLBACK_PATH,
        status_code=302,
        response_class=Response,
        summary="Come back from the identity provider",
        responses=problem_responses(400),
    )
    async def finish(
        request: Request, code: _Text = None, state: _Text = None, iss: _Text = None, error: _Text = None
    ) -> Response:
        """Where the provider sends the browser. On failure the page is told in its address: `signInProblem=<code>`."""
        cookie = request.cookies.get(_PENDING_COOKIE)
        return_to = open_id_connect.return_to(cookie)
        jar_of(request).drop(_PENDING_COOKIE, path=START_PATH)
        try:
            began = await open_id_connect.finish(
                Answer(code, state, iss, error), cookie, client=client_of(request)
            )
            await door.begin(request, began)
        except FansipanError as failure:
            return _failed(return_to, failure)
        return _redirect(return_to)

    return router


def _redirect(address: str) -> Response:
    return Response(status_code=302, headers={"Location": address, **_NO_STORE})


def _failed(return_to: str, error: FansipanError) -> Response:
    _log.warning("sign-in at the identity provider failed", code=error.code, detail=error.detail)
    path, hash_mark, fragment = return_to.partition("#")
    separator = "&" if "?" in path else "?"
    return _redirect(f"{path}{separator}{urlencode({'signInProblem': error.code})}{hash_mark}{fragment}")
