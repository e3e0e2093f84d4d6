"""Signing in at a real OpenID Connect provider."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractAsyncContextManager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import httpx
import pytest
from pydantic import SecretStr
from tests.support.open_id_provider import CLIENT_ID, CLIENT_SECRET, OpenIdProvider
from tests.support.signing_in import PASSWORD, audited, make_operator, sign_in, who

from fansipan_gateway.sign_in.open_id_connect.domain import Grant

Serve = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]
START = "/v1/session/open-id-connect"
PUBLIC = "https://fansipan.example"
PEOPLE = {
    "lan": {
        "name": "Lan Nguyễn",
        "preferred_username": "Lan.Nguyen",
        "email": "lan@x.vn",
        "groups": ["ops", "staff"],
    },
    "mai": {"name": "Mai", "preferred_username": "mai", "groups": ["staff"]},
    "nam": {"name": "Nam", "preferred_username": "local", "groups": ["ops"]},
    "tho": {"name": "Thọ", "preferred_username": "tho", "groups": ["admins-sapa", "ops"]},
}
GRANTS = (
    Grant(value="ops", role="operator"),
    Grant(value="admins-sapa", role="admin", areas=("03006", "02671")),
)


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Generator[OpenIdProvider]:
    """The provider, running."""
    running = OpenIdProvider(PEOPLE, f"{PUBLIC}{START}/callback", tmp_path_factory.mktemp("oidc") / "log")
    running.start()
    yield running
    running.stop()


@pytest.fixture
def settings(provider: OpenIdProvider) -> dict[str, Any]:
    """Settings of a gateway that knows the provider."""
    return {
        "base_url": PUBLIC,
        "public_url": PUBLIC,
        "oidc_issuer": provider.issuer,
        "oidc_client_id": CLIENT_ID,
        "oidc_client_secret": SecretStr(CLIENT_SECRET),
        "oidc_name": "SSO Lào Cai",
        "oidc_scopes": "openid profile email groups",
        "oidc_creates_accounts": True,
        "oidc_grants": GRANTS,
    }


@pytest.fixture
async def client(
    database_url: str, serve: Serve, settings: dict[str, Any]
) -> AsyncGenerator[httpx.AsyncClient]:
    """A browser of its own."""
    async with serve(database_url, **settings) as client:
        yield client


async def _sign_in(
    client: httpx.AsyncClient, provider: OpenIdProvider, subject: str, return_to: str = "/alerts"
) -> httpx.Response:
    away = await client.get(START, params={"returnTo": return_to})
    assert away.status_code == 302, away.text
    return await client.get(await provider.sign_in(away.headers["location"], subject))


async def test_somebody_new_signs_in_and_gets_what_their_groups_give(
    client: httpx.AsyncClient, provider: OpenIdProvider, own: "asyncpg.Connection[Any]"
) -> None:
    state = (await client.get("/v1/session")).json()
    assert state["signIn"]["openIdConnect"] == {"name": "SSO Lào Cai", "start": START}
    back = await _sign_in(client, provider, "lan", "/alerts?state=open#first")
    assert (back.status_code, back.headers["location"]) == (302, "/alerts?state=open#first")
    assert back.headers["cache-control"] == "no-store"
    operator = (await client.get("/v1/session")).json()["operator"]
    assert operator["username"] == "lan.nguyen"
    assert operator["displayName"] == "Lan Nguyễn"
    assert operator["role"] == "operator"
    assert await audited(own, "lan.nguyen") == ["operator.created", "session.began"]
    assert (await sign_in(client, "lan.nguyen", PASSWORD)).status_code == 401, "there is no local password"

    await _sign_in(client, provider, "tho")
    operator = (await client.get("/v1/session")).json()["operator"]
    assert (operator["role"], operator["areaCodes"]) == ("admin", ["02671", "03006"]), "not of the province"


async def test_the_request_to_the_provider_is_bound_to_this_browser(client: httpx.AsyncClient) -> None:
    asked = [parse_qs(urlsplit((await client.get(START)).headers["location"]).query) for _ in range(2)]
    for query in asked:
        assert query["response_type"] == ["code"]
        assert query["code_challenge_method"] == ["S256"]
        assert len(query["code_challenge"][0]) == 43
        assert query["redirect_uri"] == [f"{PUBLIC}{START}/callback"]
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name]
    cookie = (await client.get(START)).headers["set-cookie"].lower()
    for flag in ("httponly", "samesite=lax", "secure", f"path={START}", "max-age=600"):
        assert flag in cookie


async def test_who_is_in_no_group_stays_out(
    client: httpx.AsyncClient, provider: OpenIdProvider, own: "asyncpg.Connection[Any]"
) -> None:
    back = await _sign_in(client, provider, "mai", "/alerts?state=open")
    assert back.headers["location"] == "/alerts?state=open&signInProblem=open-id-connect-refused"
    assert await who(client) is None
    assert await own.fetchval("SELECT count(*) FROM operator WHERE oidc_subject = 'mai'") == 0


async def test_a_local_account_is_not_taken_over_by_its_name(
    client: httpx.AsyncClient, provider: OpenIdProvider, own: "asyncpg.Connection[Any]"
) -> None:
    await make_operator(own, "local", "admin")
    back = await _sign_in(client, provider, "nam")
    assert back.headers["location"] == "/alerts?signInProblem=open-id-connect-refused"
    assert await who(client) is None


async def test_only_known_people_come_in_unless_accounts_are_made(
    provider: OpenIdProvider,
    own: "asyncpg.Connection[Any]",
    database_url: str,
    serve: Serve,
    settings: dict[str, Any],
) -> None:
    closed = settings | {"oidc_creates_accounts": False, "oidc_grants": ()}
    async with serve(database_url, **closed) as client:
        back = await _sign_in(client, provider, "mai")
        assert "signInProblem=open-id-connect-refused" in back.headers["location"]
        await own.execute(
            "INSERT INTO operator (username, role, oidc_issuer, oidc_subject) VALUES ('mai', 'viewer', $1, 'mai')",
            provider.issuer,
        )
        await _sign_in(client, provider, "mai")
        assert (await client.get("/v1/session")).json()["operator"]["role"] == "viewer"
        assert (await client.get("/v1/session")).json()["operator"]["displayName"] == "Mai"
        await own.execute("UPDATE operator SET disabled_at = now() WHERE username = 'mai'")
        back = await _sign_in(client, provider, "mai")
        assert "signInProblem=open-id-connect-refused" in back.headers["location"]


async def test_other_groups_end_the_sessions_of_the_old_rights(
    provider: OpenIdProvider,
    own: "asyncpg.Connection[Any]",
    database_url: str,
    serve: Serve,
    settings: dict[str, Any],
) -> None:
    async with serve(database_url, **settings) as desk, serve(database_url, **settings) as phone:
        await _sign_in(desk, provider, "lan")
        await own.execute(
            "UPDATE operator SET role = 'admin', session_epoch = session_epoch + 1 WHERE oidc_subject = 'lan'"
        )
        await _sign_in(desk, provider, "lan")  # the provider says operator
        assert (await desk.get("/v1/session")).json()["operator"]["role"] == "operator"
        changed = await own.fetchval(
            "SELECT details -> 'after' ->> 'role' FROM audit_event WHERE action = 'operator.changed'"
            " AND actor = 'lan.nguyen' ORDER BY id DESC LIMIT 1"
        )
        assert changed == "operator"
        await _sign_in(phone, provider, "lan")
        assert await who(desk) == "lan.nguyen", (
            "signing in again changes nothing when the rights are the same"
        )


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/%0d%0aLocation: x y",
        "javascript:x",
        "",
        "/\t/x",
    ],
)
async def test_it_leads_back_to_our_own_paths_only(
    client: httpx.AsyncClient, provider: OpenIdProvider, elsewhere: str
) -> None:
    back = await _sign_in(client, provider, "lan", elsewhere)
    assert back.headers["location"] == "/"


async def test_an_answer_that_this_browser_did_not_ask_for_is_refused(
    client: httpx.AsyncClient,
    provider: OpenIdProvider,
    database_url: str,
    serve: Serve,
    settings: dict[str, Any],
) -> None:
    problem = "/?signInProblem=open-id-connect-interrupted"
    away = await client.get(START)
    answer = await provider.sign_in(away.headers["location"], "lan")
    async with serve(database_url, **settings) as victim:
        assert (await victim.get(answer)).headers["location"] == problem, "a planted sign-in"
        await victim.get(START)
        assert (await victim.get(answer)).headers["location"] == problem, "another state"
        assert await who(victim) is None
    mixed_up = answer.replace("iss=http%3A%2F%2F127", "iss=http%3A%2F%2F128")
    assert mixed_up != answer
    cookies = httpx.Cookies(client.cookies)
    assert (await client.get(mixed_up)).headers["location"] == problem, "another provider's answer"
    client.cookies.update(cookies)
    assert (await client.get(answer)).headers["location"] == "/"
    assert await who(client) == "lan.nguyen"
    assert (await client.get(answer)).headers["location"] == problem, "once"
    for query in ("", "?error=access_denied", "?code=x&state=y"):
        assert (await client.get(f"{START}/callback{query}")).headers["location"] == problem


async def test_a_host_header_does_not_move_the_way_back(client: httpx.AsyncClient) -> None:
    away = await client.get(START, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    query = parse_qs(urlsplit(away.headers["location"]).query)
    assert query["redirect_uri"] == [f"{PUBLIC}{START}/callback"]


async def test_new_keys_of_the_provider_are_known_at_once_and_its_absence_is_said(
    client: httpx.AsyncClient, provider: OpenIdProvider
) -> None:
    await _sign_in(client, provider, "lan")
    assert await who(client) == "lan.nguyen"
    client.cookies.clear()
    old = (await _keys(provider))[0]
    provider.stop()
    away = await client.get(START)  # what discovery told is known for an hour
    back = await client.get(f"{START}/callback", params={"code": "x", "state": _state(away)})
    assert back.headers["location"] == "/?signInProblem=open-id-connect-away"
    provider.start()
    assert (await _keys(provider))[0] != old
    await asyncio.sleep(1.0)
    await _sign_in(client, provider, "lan")
    assert await who(client) == "lan.nguyen"


async def _keys(provider: OpenIdProvider) -> list[str]:
    async with httpx.AsyncClient(timeout=5.0) as client:
        return [key["kid"] for key in (await client.get(f"{provider.issuer}/jwks")).json()["keys"]]


def _state(away: httpx.Response) -> str:
    return parse_qs(urlsplit(away.headers["location"]).query)["state"][0]
