"""Providers in whose name the gateway calls."""

from typing import Final

from fansipan_common.api_keys import Principal
from fansipan_common.db import Database
from fansipan_common.errors import Forbidden
from fansipan_common.security import Scope

_FIND: Final = "SELECT id, auto_register, disabled_at FROM provider WHERE key = $1"
_NO_KEY: Final = "internal"


class ProviderRepository:
    """Reads `provider`. Rarely asked, so nothing is remembered."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def principal(self, key: str) -> Principal:
        """The provider as somebody who may write all of its datastreams.

        Raises:
            Forbidden: there is no such provider, or it is disabled.
            DatabaseAway.
        """
        row = await self._database.fetchrow(_FIND, key)
        if row is None:
            raise Forbidden(f"there is no provider {key}")
        if row["disabled_at"] is not None:
            raise Forbidden(f"the provider {key} is disabled")
        return Principal(
            provider_id=row["id"],
            provider_key=key,
            key_id=_NO_KEY,
            scopes=frozenset({Scope.WRITE}),
            datastream_prefixes=(),
            auto_register=row["auto_register"],
        )
