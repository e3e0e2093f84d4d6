"""Reading names."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fansipan_gateway.domain.cursor import decode_cursor, encode_cursor
from fansipan_gateway.names.domain import Register, said_of
from fansipan_gateway.names.repository import NameRepository
from fansipan_gateway.things.domain import like_pattern


@dataclass(frozen=True, slots=True)
class NamePage:
    """Items ready to be serialised, and where the page ends."""

    items: list[dict[str, Any]]
    cursor: str | None


class Names:
    """What agencies, or procedures, are called. Names of public bodies are public; a key without a name is not here."""

    def __init__(self, repository: NameRepository, register: Register) -> None:
        self._repository = repository
        self.register = register

    async def list(
        self, wanted: Mapping[str, str | None], *, q: str | None, limit: int, cursor: str | None
    ) -> NamePage:
        """One page in the order of keys.

        Raises:
            BadCursor, DatabaseAway.
        """
        after = "" if cursor is None else str(decode_cursor(self.register.path, cursor, str)[0])
        like = None if q is None else like_pattern(q)
        rows = await self._repository.fetch(wanted, like=like, after=after, limit=limit + 1)
        page = rows[:limit]
        return NamePage(
            [{"key": row["key"], **said_of(self.register, row)} for row in page],
            encode_cursor(self.register.path, page[-1]["key"]) if len(rows) > limit else None,
        )
