"""Keys, sealed tokens, cookies and lifetimes of sessions."""

from datetime import UTC, datetime, timedelta

import pytest

from fansipan_gateway.sessions.cookies import CookieJar
from fansipan_gateway.sessions.domain import Lifetimes, Method, Session, new_session_id, split_cookie
from fansipan_gateway.sessions.keys import Decrypted, Keys, Unreadable, WeakSecret

_NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
_SECRET = "s" * 32


def _session(began: timedelta, seen: timedelta) -> Session:
    return Session(new_session_id(), "mai", 1, _NOW - began, _NOW - seen, Method.PASSWORD)


def test_a_session_is_over_after_its_time_and_when_nobody_uses_it() -> None:
    lifetimes = Lifetimes(timedelta(hours=12), timedelta(hours=2))
    hour = timedelta(hours=1)
    assert not lifetimes.is_over(_session(11 * hour, 1 * hour), _NOW)
    assert lifetimes.is_over(_session(12 * hour, 0 * hour), _NOW)
    assert lifetimes.is_over(_session(3 * hour, 2 * hour), _NOW)


def test_only_cookies_of_our_form_are_looked_at() -> None:
    session_id = new_session_id()
    assert split_cookie(f"{session_id}.a.b") == (session_id, "a.b")
    for bad in ("", session_id, ".x", f"{session_id[:-1]}.x", f"{session_id[:-1]}é.x", "a.b"):
        assert split_cookie(bad) is None


def test_what_is_sealed_can_be_opened_for_its_purpose_until_it_is_over() -> None:
    clock = [_NOW]
    keys = Keys(_SECRET)
    sealer = keys.sealer("session", lambda: clock[0])
    token = sealer.seal({"who": "mai"}, until=_NOW + timedelta(minutes=1))
    assert "mai" not in token
    opened = sealer.open(token)
    assert opened is not None
    assert opened["who"] == "mai"
    assert Keys(_SECRET).sealer("session", lambda: _NOW).open(token) == opened, "in every replica"
    assert keys.sealer("device", lambda: _NOW).open(token) is None, "for no other purpose"
    assert Keys("t" * 32).sealer("session", lambda: _NOW).open(token) is None
    for bad in ("", "x", token[:-3] + "AAA", "a.b.c.d.e", "é" * 9, "x" * 10_000):
        assert sealer.open(bad) is None
    clock[0] += timedelta(minutes=1)
    assert sealer.open(token) is None


def test_what_is_stored_can_be_read_in_its_place_only() -> None:
    keys = Keys(_SECRET)
    stored = keys.encrypt(b"JBSWY3DP", "totp mai")
    assert b"JBSWY3DP" not in stored
    assert stored != keys.encrypt(b"JBSWY3DP", "totp mai")
    assert keys.decrypt(stored, "totp mai") == Decrypted(b"JBSWY3DP", outdated=False)
    for other, context, text in (
        (keys, "totp lan", stored),
        (Keys("t" * 32), "totp mai", stored),
        (keys, "totp mai", stored[:-1] + b"x"),
        (keys, "totp mai", b""),
    ):
        with pytest.raises(Unreadable):
            other.decrypt(text, context)


def test_a_csrf_token_belongs_to_its_session() -> None:
    keys, one, two = Keys(_SECRET), new_session_id(), new_session_id()
    assert keys.csrf_token(one) == Keys(_SECRET).csrf_token(one)
    assert keys.csrf_token(one) != keys.csrf_token(two)
    assert one not in keys.csrf_token(one)


def test_while_the_secret_is_changed_the_first_makes_and_all_are_good() -> None:
    old, both, new = Keys("o" * 32), Keys.of(f" {'n' * 32}\n{'o' * 32} "), Keys.of("n" * 32)
    until = _NOW + timedelta(minutes=1)
    session = new_session_id()
    for maker, readers, strangers in ((old, (old, both), (new,)), (both, (both, new), (old,))):
        token = maker.sealer("session", lambda: _NOW).seal({"who": "mai"}, until=until)
        csrf = maker.csrf_token(session)
        stored = maker.encrypt(b"JBSWY3DP", "totp mai")
        for keys in readers:
            assert keys.sealer("session", lambda: _NOW).open(token) is not None
            assert keys.is_csrf_token(session, csrf)
            assert keys.decrypt(stored, "totp mai") == Decrypted(b"JBSWY3DP", maker is old and keys is both)
        for keys in strangers:
            assert keys.sealer("session", lambda: _NOW).open(token) is None
            assert not keys.is_csrf_token(session, csrf)
            with pytest.raises(Unreadable):
                keys.decrypt(stored, "totp mai")


def test_a_weak_secret_is_refused() -> None:
    with pytest.raises(WeakSecret):
        Keys("s" * 31)
    for text in ("", "  ", f"{'s' * 32} short"):
        with pytest.raises(WeakSecret):
            Keys.of(text)
    assert not Keys.random().lasting


def test_cookies_are_out_of_reach_of_scripts_and_other_sites() -> None:
    jar = CookieJar(secure=True)
    jar.put("a", "x.y", lifetime=timedelta(minutes=1))
    assert jar.headers == ["a=x.y; HttpOnly; Max-Age=60; Path=/; SameSite=lax; Secure"]
    jar.drop("a")
    (header,) = jar.headers
    assert "Max-Age=0" in header
    assert "Secure" not in " ".join(_plain().headers)


def _plain() -> CookieJar:
    jar = CookieJar(secure=False)
    jar.put("a", "x", lifetime=timedelta(minutes=1))
    return jar
