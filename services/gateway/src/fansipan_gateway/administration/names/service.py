"""Administering names."""

from dataclasses import dataclass
from typing import Any

from fansipan_gateway.administration.actor import Actor
from fansipan_gateway.administration.names.domain import NameFilter, administered_item
from fansipan_gateway.administration.names.repository import AdministeredNames
from fansipan_gateway.domain.cursor import decode_key_cursor, encode_cursor
from fansipan_gateway.names.domain import Register
from fansipan_gateway.things.domain import like_pattern


@dataclass(frozen=True, slots=True)
class AdministeredPage:
    """Items ready to be serialised, where the page ends, and how many have no name in all."""

    items: list[dict[str, Any]]
    cursor: str | None
    unnamed: int


class NameAdministration:
    """Names of agencies, or of procedures. A key keeps its events whether it has a name or not."""

    def __init__(self, repository: AdministeredNames, register: Register) -> None:
        self._repository = repository
        self._register = register

    async def list(self, wanted: NameFilter, *, limit: int, cursor: str | None) -> AdministeredPage:
        """One page in the order of keys.

        Raises:
            BadCursor, DatabaseAway.
        """
        kind = f"admin-{self._register.path}"
        after = decode_key_cursor(kind, cursor)
        like = None if wanted.q is None else like_pattern(wanted.q)
        rows = await self._repository.fetch(wanted, like=like, after=after, limit=limit + 1)
        page = rows[:limit]
        return AdministeredPage(
            [administered_item(self._register, row) for row in page],
            encode_cursor(kind, page[-1]["key"]) if len(rows) > limit else None,
            await self._repository.count_unnamed(),
        )

    async def put(self, key: str, said: dict[str, Any], if_match: str | None, actor: Actor) -> dict[str, Any]:
        """Give a key a name, or another one.

        Raises:
            PreconditionFailed, AreaUnknown, DatabaseAway.
        """
        return administered_item(self._register, await self._repository.put(key, said, if_match, actor))

    async def delete(self, key: str, if_match: str | None, actor: Actor) -> None:
        """Take a name away.

        Raises:
            NameUnknown, PreconditionFailed, DatabaseAway.
        """
        await self._repository.delete(key, if_match, actor)
