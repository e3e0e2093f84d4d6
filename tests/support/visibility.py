"""Two communes with a gateway in front, and operators with every kind of limit."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import httpx
from pwdlib import PasswordHash
from tests.support.figures import connect_as_owner
from tests.support.two_communes import AGENCY, PROVINCE, A, TwoCommunes, build

PASSWORD: Final = "mật khẩu dài"
OPERATORS: Final = {
    # name: role, areas, agencies
    "xem-a": ("viewer", [A], []),
    "xem-co-quan-a": ("viewer", [], [AGENCY[A]]),
    "xem-ca-hai": ("viewer", [A], [AGENCY[A]]),
    "quan-a": ("admin", [A], []),
    "quan-co-quan-a": ("admin", [], [AGENCY[A]]),
    "toan-tinh": ("admin", [], []),
    "ca-tinh": ("viewer", [PROVINCE], []),
}
FAR: Final = {"from": "2026-06-01T00:00:00Z", "to": "2026-08-01T00:00:00Z"}
"""A range with all readings and events of the two communes."""


@dataclass(frozen=True)
class City:
    """The two communes, their database, and a client of their gateway."""

    made: TwoCommunes
    url: str
    client: httpx.AsyncClient
    owner: "asyncpg.Connection[Any]"

    async def get(self, name: str, path: str, **query: Any) -> Any:
        """What an operator reads, which must succeed."""
        answer = await self.client.get(path, params=query, auth=(name, PASSWORD))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, name: str, path: str, body: dict[str, Any]) -> httpx.Response:
        """What an operator does."""
        return await self.client.post(path, json=body, auth=(name, PASSWORD))


@asynccontextmanager
async def city_of(database_url: str, serve: Any) -> AsyncGenerator[City]:
    """Build the two communes in an empty database, and open the gateway."""
    owner = await connect_as_owner(database_url)
    made = await build(owner)
    hashed = PasswordHash.recommended().hash(PASSWORD)
    await owner.executemany(
        "INSERT INTO operator (username, password_hash, role, area_codes, agencies) VALUES ($1, $2, $3, $4, $5)",
        [(name, hashed, *limits) for name, limits in OPERATORS.items()],
    )
    async with serve(database_url) as client:
        yield City(made, database_url, client, owner)
    await owner.close()
