"""From a request to a reader."""

from dataclasses import dataclass, replace
from typing import Final

from starlette.requests import Request

from fansipan_common.api_keys import ApiKeys
from fansipan_common.errors import Unauthorized
from fansipan_common.security import Scope
from fansipan_gateway.access.domain import (
    ANYBODY,
    CHALLENGE,
    INTEGRATOR,
    BearerToken,
    CsrfTokenMissing,
    Kind,
    LoginNeeded,
    Reader,
    parse_authorization,
)
from fansipan_gateway.access.operators import OperatorLogins
from fansipan_gateway.access.repository import OperatorRow
from fansipan_gateway.domain.visibility import Visibility
from fansipan_gateway.sessions.cookies import jar_of
from fansipan_gateway.sessions.domain import SESSION_COOKIE, Lifetimes, Session
from fansipan_gateway.sessions.service import Sessions

_KEY_PREFIX: Final = "fsp_"
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_FROM_BROWSER: Final = "sec-fetch-site"
_OTHER_SITES: Final = ("cross-site", "same-site")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An operator with a session that lasts."""

    session: Session
    operator: OperatorRow


class Access:
    """Decides who reads.

    Args:
        api_keys: of providers and integrators.
        operators: of the city.
        sessions: of operators who signed in with a browser.
        anonymous_read: whether reading is open to everybody. A credential that is given must be good all the same.
    """

    def __init__(
        self, api_keys: ApiKeys, operators: OperatorLogins, sessions: Sessions, *, anonymous_read: bool
    ) -> None:
        self._api_keys = api_keys
        self._operators = operators
        self._sessions = sessions
        self._anonymous_read = anonymous_read

    async def authenticate(self, request: Request) -> Reader:
        """The reader behind a request: its Authorization header, else its session cookie, else anybody.

        A session that is over is as none. A state change in a session must carry the session's CSRF token.

        Raises:
            Unauthorized: no credential where one is needed, or one that is not good.
            Forbidden: an API key that has neither the scope `read` nor `manage`.
            CsrfTokenMissing: another site may have sent it.
            TooManyGuesses: wrong passwords came too fast.
            ServerFault: it cannot be decided now.
        """
        try:
            return await self._reader(request)
        except LoginNeeded as error:
            # A browser would ask with a dialog over our page, and then send the password unasked.
            if _FROM_BROWSER not in request.headers:
                error.headers["WWW-Authenticate"] = CHALLENGE
            raise

    async def signed_in(self, request: Request) -> SignedIn | None:
        """The session of a request's cookie with its operator, or None.

        Raises:
            CsrfTokenMissing: it is a state change without the session's token.
            ServerFault: it cannot be decided now.
        """
        signed_in = await self.find_session(request)
        if signed_in is not None and request.method not in _SAFE_METHODS:
            self._require_csrf_token(request, signed_in.session)
        return signed_in

    async def find_session(self, request: Request) -> SignedIn | None:
        """As `signed_in`, without asking for the token: only for what is no state change in the session's name."""
        cookie = request.cookies.get(SESSION_COOKIE)
        found = (
            None
            if cookie is None
            else await self._sessions.find(cookie, or_stale=request.method in _SAFE_METHODS)
        )
        if found is None:
            return None
        operator = await self._operators.find(
            found.session.username, or_stale=request.method in _SAFE_METHODS
        )
        if operator is None or operator.session_epoch != found.session.epoch:
            return None
        if found.renewed_cookie is not None:
            put_session(request, found.renewed_cookie, self._sessions.lifetimes)
        return SignedIn(found.session, operator)

    def _require_csrf_token(self, request: Request, session: Session) -> None:
        given = request.headers.get("x-csrf-token", "")
        if not self._sessions.is_csrf_token(session, given):
            raise CsrfTokenMissing("send X-CSRF-Token with the csrfToken that GET /v1/session gives")

    async def _reader(self, request: Request) -> Reader:
        client = client_of(request)
        authorization = request.headers.get("authorization")
        if authorization is None:
            signed_in = await self.signed_in(request)
            if signed_in is not None:
                return self._operator_reader(signed_in.operator, client)
            if self._anonymous_read:
                return replace(ANYBODY, client=client)
            raise LoginNeeded(
                "sign in, or send Authorization: Bearer fsp_… (an API key) or Basic (an operator's name and password)"
            )
        credential = parse_authorization(authorization)
        if isinstance(credential, BearerToken):
            return await self._key_reader(credential.token, client)
        if credential.password.startswith(_KEY_PREFIX):
            return await self._key_reader(credential.password, client)
        if request.method not in _SAFE_METHODS and request.headers.get(_FROM_BROWSER) in _OTHER_SITES:
            raise CsrfTokenMissing("another site sent this with a password that the browser remembers")
        operator = await self._operators.authenticate(
            credential.username,
            credential.password,
            client,
            or_stale=request.method in _SAFE_METHODS,
        )
        return self._operator_reader(operator, client)

    async def _key_reader(self, text: str, client: str) -> Reader:
        try:
            principal = await self._api_keys.authenticate(text)
        except Unauthorized as error:
            raise LoginNeeded(error.detail) from error
        if not principal.scopes & {Scope.READ, Scope.MANAGE}:
            principal.require(Scope.READ)
        provider_id, prefixes = principal.provider_id, principal.datastream_prefixes
        return Reader(
            Kind.API_KEY,
            principal.key_id,
            visibility=Visibility(
                provider_id=None if self._anonymous_read else provider_id,
                prefixes=() if self._anonymous_read else prefixes,
                internal=False,
                own_provider_id=provider_id,
                own_prefixes=prefixes,
            ),
            public=self._anonymous_read,
            client=client,
            scopes=principal.scopes,
        )

    def _operator_reader(self, operator: OperatorRow, client: str) -> Reader:
        visibility = operator.visibility
        if self._anonymous_read and operator.role == INTEGRATOR:
            visibility = replace(visibility, provider_id=None)
        return Reader(
            Kind.OPERATOR,
            operator.username,
            operator.role,
            visibility,
            client=client,
            providers=operator.providers,
        )


def client_of(request: Request) -> str:
    """The address a request came from."""
    return request.client.host if request.client else ""


def put_session(request: Request, cookie: str, lifetimes: Lifetimes) -> None:
    """Give the browser a session cookie with the answer."""
    jar_of(request).put(SESSION_COOKIE, cookie, lifetime=lifetimes.absolute)
