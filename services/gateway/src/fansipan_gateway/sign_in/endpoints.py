"""`/v1/session`: signing in and out, and what operators change about that."""

from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Query, Request, Response

from fansipan_common.problems import problem_responses
from fansipan_gateway.access.domain import CsrfTokenMissing, Guess, LoginNeeded
from fansipan_gateway.access.service import Access, SignedIn, client_of, put_session
from fansipan_gateway.api.conditional import JSON
from fansipan_gateway.domain.time_range import format_instant
from fansipan_gateway.sessions.cookies import jar_of
from fansipan_gateway.sessions.domain import SESSION_COOKIE
from fansipan_gateway.sessions.service import Sessions
from fansipan_gateway.sign_in.account import Account
from fansipan_gateway.sign_in.devices import DEVICE_COOKIE, DEVICE_LIFETIME
from fansipan_gateway.sign_in.schemas import (
    CodeBody,
    EndParameters,
    PasswordBody,
    SessionState,
    SignInBody,
    TotpSecret,
)
from fansipan_gateway.sign_in.service import Began, SignIn

SESSION_PATH: Final = "/v1/session"
_NO_STORE: Final = {"Cache-Control": "no-store"}


class SessionDoor:
    """What the doors of `/v1/session` share: cookies go out, and the state of the session is described.

    Args:
        access: finds the session of a request.
        sign_in: begins and ends sessions.
        sessions: knows their tokens and lifetimes.
        open_id_connect_name: of the identity provider, as people know it; None: there is none.
    """

    def __init__(
        self, access: Access, sign_in: SignIn, sessions: Sessions, open_id_connect_name: str | None
    ) -> None:
        self._access = access
        self._sign_in = sign_in
        self._sessions = sessions
        self._open_id_connect_name = open_id_connect_name

    async def require(self, request: Request) -> SignedIn:
        """The session of a request.

        Raises:
            LoginNeeded: there is none.
            CsrfTokenMissing: it is a state change without the session's token.
        """
        signed_in = await self._access.signed_in(request)
        if signed_in is None:
            raise LoginNeeded("sign in first")
        return signed_in

    async def begin(self, request: Request, began: Began) -> None:
        """Give the browser a session that began; one it had before ends, so that no id outlives a sign-in."""
        before = await self._access.find_session(request)
        if before is not None:
            await self._sign_in.replace(before.session, client_of(request))
        self.go_on(request, began)

    def go_on(self, request: Request, began: Began) -> None:
        """Give the browser the cookies of a session."""
        put_session(request, began.cookie, self._sessions.lifetimes)
        if began.device_cookie is not None:
            jar_of(request).put(
                DEVICE_COOKIE, began.device_cookie, lifetime=DEVICE_LIFETIME, path=SESSION_PATH
            )

    def state(self, who: SignedIn | Began | None) -> Response:
        """Who is signed in, what state changes must carry, and how to sign in; never cached."""
        provider = self._open_id_connect_name
        body: dict[str, Any] = {
            "operator": None,
            "csrfToken": None,
            "expiresAt": None,
            "signIn": {
                "password": True,
                "openIdConnect": provider and {"name": provider, "start": f"{SESSION_PATH}/open-id-connect"},
            },
        }
        if who is not None:
            operator = who.operator
            body["operator"] = {
                "username": operator.username,
                "displayName": operator.display_name,
                "role": operator.role,
                "areaCodes": operator.area_codes,
                "agencies": operator.agencies,
                "totp": operator.has_totp,
                "providers": operator.providers,
            }
            body["csrfToken"] = self._sessions.csrf_token(who.session)
            body["expiresAt"] = format_instant(self._sessions.lifetimes.ends_at(who.session))
        return Response(orjson.dumps(body), media_type=JSON, headers=_NO_STORE)


def session_router(door: SessionDoor, access: Access, sign_in: SignIn, account: Account) -> APIRouter:
    """The door to sessions of local accounts."""
    router = APIRouter(tags=["session"])

    @router.get(
        SESSION_PATH,
        summary="Who is signed in",
        response_model=SessionState,
        responses=problem_responses(503),
    )
    async def get_session(request: Request) -> Response:
        """Always 200: without a session `operator` is null. Tells also how people may sign in here."""
        return door.state(await access.signed_in(request))

    @router.post(
        SESSION_PATH,
        summary="Sign in with a password",
        response_model=SessionState,
        responses=problem_responses(400, 401, 403, 429, 503),
    )
    async def begin_session(request: Request, body: SignInBody) -> Response:
        """Sets the cookie `fansipan_session`. 401 `totp-required`: send the code of your authenticator app, too."""
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise CsrfTokenMissing("another site may sign nobody in")
        began = await sign_in.with_password(_guess(request, body.username), body.password, body.code)
        await door.begin(request, began)
        return door.state(began)

    @router.delete(
        SESSION_PATH,
        status_code=204,
        summary="Sign out",
        responses=problem_responses(400, 403, 503),
    )
    async def end_session(request: Request, parameters: Annotated[EndParameters, Query()]) -> Response:
        """`everywhere=true` ends all sessions of the operator. Without a session it does nothing."""
        signed_in = await access.signed_in(request)
        if signed_in is not None:
            await sign_in.end(signed_in.session, client_of(request), everywhere=parameters.everywhere)
        jar_of(request).drop(SESSION_COOKIE)
        return Response(status_code=204, headers=_NO_STORE)

    @router.put(
        f"{SESSION_PATH}/password",
        summary="Change the password",
        response_model=SessionState,
        responses=problem_responses(400, 401, 403, 409, 422, 429, 503),
    )
    async def change_password(request: Request, body: PasswordBody) -> Response:
        """Ends all sessions; this one goes on under a new id and token. 403 `wrong-credentials`: `current` is wrong."""
        who = await door.require(request)
        began = await account.change_password(
            who, _guess(request, who.operator.username), body.current, body.new
        )
        door.go_on(request, began)
        return door.state(began)

    @router.post(
        f"{SESSION_PATH}/totp",
        summary="Begin a second factor",
        response_model=TotpSecret,
        responses=problem_responses(401, 403, 409, 503),
    )
    async def start_totp(request: Request) -> Response:
        """Gives a secret for an authenticator app; it is in force once a code of it is given (PUT)."""
        secret, uri = await account.start_totp(await door.require(request))
        return Response(orjson.dumps({"secret": secret, "uri": uri}), media_type=JSON, headers=_NO_STORE)

    @router.put(
        f"{SESSION_PATH}/totp",
        summary="Put the second factor in force",
        response_model=SessionState,
        responses=problem_responses(400, 401, 403, 409, 429, 503),
    )
    async def confirm_totp(request: Request, body: CodeBody) -> Response:
        """From now on signing in needs a code. Ends all sessions; this one goes on under a new id and token."""
        who = await door.require(request)
        began = await account.confirm_totp(who, _guess(request, who.operator.username), body.code)
        door.go_on(request, began)
        return door.state(began)

    @router.delete(
        f"{SESSION_PATH}/totp",
        summary="Remove the second factor",
        response_model=SessionState,
        responses=problem_responses(400, 401, 403, 409, 429, 503),
    )
    async def remove_totp(request: Request, body: CodeBody) -> Response:
        """By a code of it. Ends all sessions; this one goes on under a new id and token."""
        who = await door.require(request)
        began = await account.remove_totp(who, _guess(request, who.operator.username), body.code)
        door.go_on(request, began)
        return door.state(began)

    def _guess(request: Request, username: str) -> Guess:
        return sign_in.guess(username, client_of(request), request.cookies.get(DEVICE_COOKIE))

    return router
