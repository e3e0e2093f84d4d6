"""From an Authorization header to a reader."""

from typing import Final

from fansipan_common.api_keys import ApiKeys
from fansipan_common.errors import Unauthorized
from fansipan_common.security import Scope
from fansipan_gateway.access.domain import (
    BearerToken,
    Kind,
    LoginNeeded,
    Reader,
    parse_authorization,
)
from fansipan_gateway.access.operators import OperatorLogins
from fansipan_gateway.domain.visibility import PUBLIC, Visibility

_KEY_PREFIX: Final = "fsp_"
_ANYBODY: Final = Reader(Kind.ANONYMOUS, visibility=PUBLIC, public=True)


class Access:
    """Decides who reads.

    Args:
        api_keys: of providers and integrators.
        operators: of the city.
        anonymous_read: whether reading is open to everybody. A credential that is given must be good all the same.
    """

    def __init__(self, api_keys: ApiKeys, operators: OperatorLogins, *, anonymous_read: bool) -> None:
        self._api_keys = api_keys
        self._operators = operators
        self._anonymous_read = anonymous_read

    async def authenticate(self, authorization: str | None, client: str) -> Reader:
        """The reader behind an Authorization header (None: there is none) from a client address.

        Raises:
            Unauthorized: no credential where one is needed, or one that is not good.
            Forbidden: an API key without the scope `read`.
            TooManyGuesses: wrong passwords came too fast.
            ServerFault: it cannot be decided now.
        """
        if authorization is None:
            if self._anonymous_read:
                return _ANYBODY
            raise LoginNeeded(
                "log in: Authorization: Bearer fsp_… (an API key), or Basic with an operator's name and password"
            )
        credential = parse_authorization(authorization)
        if isinstance(credential, BearerToken):
            return await self._key_reader(credential.token)
        if credential.password.startswith(_KEY_PREFIX):
            return await self._key_reader(credential.password)
        operator = await self._operators.authenticate(credential.username, credential.password, client)
        return Reader(
            Kind.OPERATOR,
            credential.username,
            operator.role,
            operator.visibility,
            public=self._anonymous_read and not operator.visibility.limited,
        )

    async def _key_reader(self, text: str) -> Reader:
        try:
            principal = await self._api_keys.authenticate(text)
        except Unauthorized as error:
            raise LoginNeeded(error.detail) from error
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
        )
