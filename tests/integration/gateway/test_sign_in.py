"""Local accounts: who gets in, who is stopped and for how long, and the second factor."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from ipaddress import ip_network
from typing import Any

import asyncpg
import httpx
import pytest
from tests.support.signing_in import (
    PASSWORD,
    audited,
    code_of,
    early_in_a_step,
    make_operator,
    sign_in,
    signed_in,
    who,
)

Serve = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]
FROM_OUTSIDE = {"trusted_proxies": (ip_network("127.0.0.1"),)}


@pytest.fixture
async def client(database_url: str, serve: Serve) -> AsyncGenerator[httpx.AsyncClient]:
    """A browser of its own for each test; the gateway believes what it says in X-Forwarded-For."""
    async with serve(database_url, anonymous_read=True, **FROM_OUTSIDE) as client:
        yield client


def _from(address: str) -> dict[str, str]:
    return {"X-Forwarded-For": address}


async def _failed(own: "asyncpg.Connection[Any]", username: str, source: str, failures: int) -> None:
    """As if so many guesses had been wrong, the last of them just now."""
    await own.execute(
        "INSERT INTO sign_in_guess (username, source, failures, failed_at) VALUES ($1, $2, $3, now())"
        " ON CONFLICT (username, source) DO UPDATE SET failures = $3, locked_until = NULL",
        username,
        source,
        failures,
    )


async def test_an_operator_signs_in_and_out(
    client: httpx.AsyncClient, own: "asyncpg.Connection[Any]"
) -> None:
    await make_operator(own, "lan", "viewer")
    before = await client.get("/v1/session")
    assert before.json() == {
        "operator": None,
        "csrfToken": None,
        "expiresAt": None,
        "signIn": {"password": True, "openIdConnect": None},
    }
    response = await sign_in(client, "lan")
    assert response.json()["operator"] == {
        "username": "lan",
        "displayName": "Lan",
        "role": "viewer",
        "areaCodes": [],
        "agencies": [],
        "providers": [],
        "totp": False,
    }
    assert (await client.get("/v1/session")).json() == response.json()
    gone = await client.delete("/v1/session", headers={"X-CSRF-Token": response.json()["csrfToken"]})
    assert gone.status_code == 204
    assert await who(client) is None
    assert await audited(own, "lan") == ["session.began", "session.ended"]


async def test_an_unknown_name_and_a_wrong_password_look_the_same(
    client: httpx.AsyncClient, own: "asyncpg.Connection[Any]"
) -> None:
    await make_operator(own, "hoa")
    wrong = await sign_in(client, "hoa", "sai sai sai sai")
    unknown = await sign_in(client, "nobody", "sai sai sai sai")
    disabled = await own.execute("UPDATE operator SET disabled_at = now() WHERE username = 'hoa'")
    assert disabled == "UPDATE 1"
    off = await sign_in(client, "hoa")
    for response in (wrong, unknown, off):
        assert (response.status_code, response.json()["code"]) == (401, "wrong-credentials")
        assert "set-cookie" not in response.headers
        assert response.json()["detail"] == wrong.json()["detail"]
    assert await audited(own, "hoa") == ["session.failed"] * 2
    assert await audited(own, "nobody") == ["session.failed"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"username": "x"},
        {"username": "x", "password": "y", "code": "12a456"},
        {"username": "\0", "password": "y"},
    ],
)
async def test_bad_input_is_refused_and_no_password_comes_back(
    client: httpx.AsyncClient, body: dict[str, str]
) -> None:
    response = await client.post("/v1/session", json=body | {"extra": "s3cret"} if body else body)
    assert response.status_code == 400
    assert "s3cret" not in response.text
    strange = await client.post("/v1/session", json={"username": "\0'; --", "password": "\0"})
    assert strange.status_code == 401


async def test_guessing_is_slowed_down_where_it_comes_from_and_a_restart_does_not_help(
    client: httpx.AsyncClient, own: "asyncpg.Connection[Any]", database_url: str, serve: Serve
) -> None:
    await make_operator(own, "minh")
    guesser = _from("203.0.113.9")
    for _ in range(5):
        assert (await sign_in(client, "minh", "sai", **guesser)).status_code == 401
    await own.execute(  # a busy machine takes more than this second for what follows
        "UPDATE sign_in_guess SET locked_until = locked_until + interval '1 minute' WHERE username = 'minh'"
    )
    stopped = await sign_in(client, "minh", **guesser)
    assert (stopped.status_code, stopped.json()["code"]) == (429, "too-many-guesses")
    assert 1 <= int(stopped.headers["retry-after"]) <= 61
    assert (await client.get("/v1/things", auth=("minh", PASSWORD), headers=guesser)).status_code == 429
    async with serve(database_url, **FROM_OUTSIDE) as another_replica:
        assert (await sign_in(another_replica, "minh", **guesser)).status_code == 429
    await _failed(own, "minh", "address:203.0.113.9", 18)
    assert (await sign_in(client, "minh", "sai", **guesser)).status_code == 401
    last = await sign_in(client, "minh", **guesser)
    assert 800 < int(last.headers["retry-after"]) <= 900
    # The operator, elsewhere, has noticed nothing; and that they got in does not let the guesser go on.
    assert (await sign_in(client, "minh", **_from("198.51.100.7"))).status_code == 200
    client.cookies.clear()
    assert (await sign_in(client, "minh", **guesser)).status_code == 429


async def test_guesses_from_everywhere_lock_strangers_out_for_seconds_and_a_known_browser_not_at_all(
    client: httpx.AsyncClient, own: "asyncpg.Connection[Any]"
) -> None:
    await make_operator(own, "thu")
    await signed_in(client, "thu", **_from("198.51.100.7"))
    known = httpx.Cookies(client.cookies)
    await own.execute("UPDATE operator SET failed_sign_ins = 30 WHERE username = 'thu'")
    await _failed(own, "nobody-at-all", "", 30)
    for name in ("thu", "nobody-at-all"):  # whether somebody has the name does not show
        client.cookies.clear()
        assert (await sign_in(client, name, "sai", **_from("203.0.113.100"))).status_code == 401
        stranger = await sign_in(client, name, **_from("192.0.2.1"))
        assert stranger.status_code == 429
        assert 1 <= int(stranger.headers["retry-after"]) <= 30
    client.cookies.update(known)
    await own.execute("UPDATE operator SET locked_until = now() + interval '1 hour' WHERE username = 'thu'")
    assert (await sign_in(client, "thu", **_from("192.0.2.1"))).status_code == 200


async def test_many_names_from_one_address_are_slowed_down(
    client: httpx.AsyncClient, own: "asyncpg.Connection[Any]"
) -> None:
    await make_operator(own, "binh")
    await _failed(own, "", "address:2001:db8:1:2::/64", 55)
    assert (await sign_in(client, "name1", "sai", **_from("2001:db8:1:2::1"))).status_code == 401
    assert (await sign_in(client, "binh", **_from("2001:db8:1:2:ffff::2"))).status_code == 429
    assert (await sign_in(client, "binh", **_from("2001:db8:1:3::1"))).status_code == 200


async def test_an_invented_forwarded_address_is_no_way_round(
    own: "asyncpg.Connection[Any]", database_url: str, serve: Serve
) -> None:
    await make_operator(own, "son")
    async with serve(database_url) as client:  # trusts no proxy
        await _failed(own, "son", "address:127.0.0.1", 12)
        assert (await sign_in(client, "son", "sai", **_from("203.0.113.1"))).status_code == 401
        assert (await sign_in(client, "son", **_from("203.0.113.99"))).status_code == 429
    clients = await own.fetch("SELECT DISTINCT client FROM audit_event WHERE actor = 'son'")
    assert [row["client"] for row in clients] == ["127.0.0.1"]


async def test_a_burst_of_guesses_is_no_way_round(
    client: httpx.AsyncClient, own: "asyncpg.Connection[Any]"
) -> None:
    await make_operator(own, "quan")
    await _failed(own, "quan", "address:127.0.0.1", 12)  # the next one waits for minutes
    answers = await asyncio.gather(*(sign_in(client, "quan", f"sai {n}") for n in range(12)))
    assert sorted(answer.status_code for answer in answers) == [401] + [429] * 11


async def test_a_second_factor_is_set_up_and_asked_for(
    client: httpx.AsyncClient, own: "asyncpg.Connection[Any]"
) -> None:
    await make_operator(own, "ngoc")
    await early_in_a_step()
    csrf = await signed_in(client, "ngoc")
    begun = await client.post("/v1/session/totp", headers=csrf)
    secret = begun.json()["secret"]
    assert begun.headers["cache-control"] == "no-store"
    assert begun.json()["uri"].startswith("otpauth://totp/Fansipan:ngoc?secret=" + secret)
    stored = await own.fetchval("SELECT totp_secret FROM operator WHERE username = 'ngoc'")
    assert secret.encode() not in stored
    assert (await sign_in(client, "ngoc")).status_code == 200, "not in force before a code was given"
    csrf = await signed_in(client, "ngoc")

    wrong = await client.put("/v1/session/totp", json={"code": "000000"}, headers=csrf)
    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong-code")
    old = dict(client.cookies)
    confirmed = await client.put("/v1/session/totp", json={"code": code_of(secret, steps=-1)}, headers=csrf)
    assert confirmed.json()["operator"]["totp"] is True
    assert client.cookies["fansipan_session"] != old["fansipan_session"]
    assert (await client.post("/v1/session/totp", headers=_csrf(confirmed))).json()["code"] == "totp-state"

    client.cookies.delete("fansipan_session")
    needed = await sign_in(client, "ngoc")
    assert (needed.status_code, needed.json()["code"]) == (401, "totp-required")
    basic = await client.get("/v1/things", auth=("ngoc", PASSWORD))
    assert (basic.status_code, basic.json()["code"]) == (401, "totp-required"), "Basic cannot carry a code"
    wrong = await sign_in(client, "ngoc", code="000000")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong-code")
    used = await sign_in(client, "ngoc", code=code_of(secret, steps=-1))
    assert used.json()["code"] == "wrong-code", "a code is good once"
    code = code_of(secret)
    right = await sign_in(client, "ngoc", code=f"{code[:3]} {code[3:]}")
    assert right.status_code == 200
    assert (await sign_in(client, "ngoc", code=code)).json()["code"] == "wrong-code"
    assert (await sign_in(client, "ngoc", code=code_of(secret, steps=3))).json()["code"] == "wrong-code"

    removed = await client.request(
        "DELETE", "/v1/session/totp", json={"code": code_of(secret, steps=1)}, headers=_csrf(right)
    )
    assert removed.json()["operator"]["totp"] is False
    assert (await sign_in(client, "ngoc")).status_code == 200
    actions = await audited(own, "ngoc")
    assert [action for action in actions if action.startswith("operator.")] == [
        "operator.totp-enabled",
        "operator.totp-disabled",
    ]


async def test_codes_cannot_be_guessed_by_somebody_who_knows_the_password(
    client: httpx.AsyncClient, own: "asyncpg.Connection[Any]"
) -> None:
    await make_operator(own, "tuan")
    await early_in_a_step()
    csrf = await signed_in(client, "tuan")
    secret = (await client.post("/v1/session/totp", headers=csrf)).json()["secret"]
    await client.put("/v1/session/totp", json={"code": code_of(secret)}, headers=csrf)
    client.cookies.clear()
    await _failed(own, "tuan", "address:127.0.0.1", 12)
    answers = await asyncio.gather(*(sign_in(client, "tuan", code="000000") for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [401] + [429] * 9
    assert (await sign_in(client, "tuan", code=code_of(secret, steps=1))).status_code == 429


async def test_without_a_lasting_secret_no_second_factor_can_be_set_up(
    own: "asyncpg.Connection[Any]", database_url: str, serve: Serve
) -> None:
    await make_operator(own, "vinh")
    async with serve(database_url, session_secret=None) as client:
        csrf = await signed_in(client, "vinh")
        refused = await client.post("/v1/session/totp", headers=csrf)
        assert (refused.status_code, refused.json()["code"]) == (503, "totp-unavailable")


async def test_a_new_password_ends_all_sessions_but_this_one_which_gets_a_new_id(
    client: httpx.AsyncClient, own: "asyncpg.Connection[Any]", database_url: str, serve: Serve
) -> None:
    await make_operator(own, "yen")
    new = "ruộng bậc thang Sa Pa"
    async with serve(database_url, anonymous_read=True) as elsewhere:
        await signed_in(elsewhere, "yen")
        csrf = await signed_in(client, "yen")
        wrong = await client.put("/v1/session/password", json={"current": "sai", "new": new}, headers=csrf)
        assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong-credentials")
        for weak in ("ngắn quá", "aaaaaaaaaaaaaaaa", PASSWORD, "yen-12345678", "qwertyuiop12"):
            body = {"current": PASSWORD, "new": weak}
            refused = await client.put("/v1/session/password", json=body, headers=csrf)
            assert (refused.status_code, refused.json()["code"]) == (422, "weak-password"), weak
        old = client.cookies["fansipan_session"]
        changed = await client.put(
            "/v1/session/password", json={"current": PASSWORD, "new": new}, headers=csrf
        )
        assert changed.status_code == 200, changed.text
        assert client.cookies["fansipan_session"] != old
        assert await who(client) == "yen"
        async with asyncio.timeout(8.0):
            while await who(elsewhere) is not None:
                await asyncio.sleep(0.05)
        assert (await sign_in(elsewhere, "yen")).status_code == 401
        assert (await sign_in(elsewhere, "yen", new)).status_code == 200
    assert "operator.password-changed" in await audited(own, "yen")


async def test_basic_and_keys_need_no_token_and_go_on_working(
    client: httpx.AsyncClient, own: "asyncpg.Connection[Any]"
) -> None:
    await make_operator(own, "hung")
    body = {"endsAt": "2999-01-01T00:00:00Z", "reason": "bảo trì"}
    made = await client.post(
        "/v1/maintenance-windows", json=body, auth=("hung", PASSWORD), headers=_from("192.0.2.8")
    )
    assert made.status_code == 201, made.text
    row = await own.fetchrow(
        "SELECT actor, object, details ->> 'reason' AS reason, client FROM audit_event"
        " WHERE action = 'maintenance-window.made'"
    )
    assert row is not None
    assert tuple(row) == ("hung", f"maintenance-window/{made.json()['id']}", "bảo trì", "192.0.2.8")
    forged = await client.post(
        "/v1/maintenance-windows",
        json=body,
        auth=("hung", PASSWORD),
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert (forged.status_code, forged.json()["code"]) == (403, "csrf-token-missing")


async def test_a_browser_is_not_made_to_ask_with_a_dialog(client: httpx.AsyncClient) -> None:
    browser = await client.get("/v1/maintenance-windows", headers={"Sec-Fetch-Site": "same-origin"})
    assert browser.status_code == 401
    assert "basic" not in browser.headers["www-authenticate"].lower()
    refused = await sign_in(client, "nobody-here", "sai", **{"Sec-Fetch-Site": "same-origin"})
    assert "basic" not in refused.headers["www-authenticate"].lower()
    wrong = await client.get("/v1/things", auth=("nobody-here", "sai"))
    assert "Basic" in wrong.headers["www-authenticate"], "scripts are told"


def _csrf(response: httpx.Response) -> dict[str, str]:
    return {"X-CSRF-Token": response.json()["csrfToken"]}
