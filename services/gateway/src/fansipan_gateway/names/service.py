"""Reading names."""

from collections.abc import Mapping

from fansipan_gateway.domain.cursor import decode_key_cursor, encode_cursor
from fansipan_gateway.domain.pages import Page, page_of
from fansipan_gateway.names.domain import Register, said_of
from fansipan_gateway.names.repository import NameRepository
from fansipan_gateway.things.domain import like_pattern


class Names:
    """What agencies, or procedures, are called. Names of public bodies are public; a key without a name is not here."""

    def __init__(self, repository: NameRepository, register: Register) -> None:
        self._repository = repository
        self.register = register

    async def list(
        self, wanted: Mapping[str, str | None], *, q: str | None, limit: int, cursor: str | None
    ) -> Page:
        """One page in the order of keys.

        Raises:
            BadCursor, DatabaseAway.
        """
        after = decode_key_cursor(self.register.path, cursor)
        like = None if q is None else like_pattern(q)
        rows = await self._repository.fetch(wanted, like=like, after=after, limit=limit + 1)
        return page_of(
            rows,
            limit,
            lambda row: {"key": row["key"], **said_of(self.register, row)},
            behind=lambda row: encode_cursor(self.register.path, row["key"]),
        )
