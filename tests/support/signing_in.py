"""Operators of a test's own, and browsers that sign them in."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
from pwdlib import PasswordHash
from pyotp.totp import TOTP

_STEP = 30
PASSWORD = "một mật khẩu dài"
_HASH = PasswordHash.recommended().hash(PASSWORD)


async def make_operator(connection: "asyncpg.Connection[Any]", username: str, role: str = "operator") -> None:
    """An operator whose password is `PASSWORD`."""
    await connection.execute(
        "INSERT INTO operator (username, password_hash, role, display_name) VALUES ($1, $2, $3, $4)",
        username,
        _HASH,
        role,
        username.title(),
    )


async def sign_in(
    client: httpx.AsyncClient,
    username: str,
    password: str = PASSWORD,
    *,
    code: str | None = None,
    **headers: str,
) -> httpx.Response:
    """POST /v1/session."""
    body = {"username": username, "password": password} | ({} if code is None else {"code": code})
    return await client.post("/v1/session", json=body, headers=headers)


async def signed_in(client: httpx.AsyncClient, username: str, **headers: str) -> dict[str, str]:
    """Sign in, which must succeed; gives the header for state changes."""
    response = await sign_in(client, username, **headers)
    assert response.status_code == 200, response.text
    return {"X-CSRF-Token": response.json()["csrfToken"]}


async def who(client: httpx.AsyncClient, **options: Any) -> str | None:
    """Name of the operator that a browser's session is of."""
    response = await client.get("/v1/session", **options)
    assert response.status_code == 200, response.text
    operator = response.json()["operator"]
    return None if operator is None else operator["username"]


def code_of(secret: str, *, steps: int = 0) -> str:
    """What an authenticator app shows so many time steps from now."""
    return TOTP(secret).at(datetime.now(UTC) + steps * timedelta(seconds=_STEP))


async def early_in_a_step() -> None:
    """Return when the present code will be the present one for a while."""
    while datetime.now(UTC).timestamp() % _STEP > _STEP / 2:
        await asyncio.sleep(0.2)


async def audited(connection: "asyncpg.Connection[Any]", actor: str) -> list[str]:
    """Actions of an actor in the audit trail, in the order they were done."""
    rows = await connection.fetch("SELECT action FROM audit_event WHERE actor = $1 ORDER BY id", actor)
    return [row["action"] for row in rows]
