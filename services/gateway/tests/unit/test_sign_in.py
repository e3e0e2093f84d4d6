"""Own paths, passwords, codes, and what an identity provider's groups give."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pyotp.totp import TOTP

from fansipan_gateway.access.repository import OperatorRow
from fansipan_gateway.sessions.keys import Keys
from fansipan_gateway.sign_in.devices import DEVICE_LIFETIME, Devices
from fansipan_gateway.sign_in.domain import (
    SecondFactorUnavailable,
    own_path,
)
from fansipan_gateway.sign_in.open_id_connect.domain import (
    Grant,
    Rights,
    rights_of,
    username_of,
    values_at,
)
from fansipan_gateway.sign_in.totp import SecondFactors

_NOW = datetime(2026, 11, 26, 8, 0, 10, tzinfo=UTC)
_KEYS = Keys("s" * 32)


@pytest.mark.parametrize("path", ["/", "/alerts?state=open#x", "/indicators/aqi?lang=vi&at=a:b", "/a//b"])
def test_own_paths_are_gone_back_to(path: str) -> None:
    assert own_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "alerts",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/a\\b",
        "https://evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/a\r\nSet-Cookie: x",
        "/a b",
        "/" + "x" * 3_000,
    ],
)
def test_anything_else_leads_home(path: str | None) -> None:
    assert own_path(path) == "/"


def test_codes_beside_the_present_one_are_taken_and_none_twice() -> None:
    factors = SecondFactors(_KEYS, lambda: _NOW)
    secret = factors.new_secret()
    encrypted = factors.encrypt(secret, "mai")
    present = int(_NOW.timestamp()) // 30

    def step(code: str, last: int = 0) -> int | None:
        row = OperatorRow("mai", "x", "viewer", totp_secret=encrypted, totp_last_step=last, has_totp=True)
        match = factors.match(row, code)
        assert match is None or match.renewed_secret is None
        return None if match is None else match.step

    for offset, taken in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        code = TOTP(secret).at(_NOW + timedelta(seconds=30 * offset))
        assert step(code) == (present + offset if taken else None)
    code = TOTP(secret).at(_NOW)
    assert step(code, last=present) is None
    assert step(code, last=present - 1) == present
    assert step(f"{code[:3]} {code[3:]}") == present
    assert step("") is None


def test_a_secret_of_another_key_or_another_operator_is_said_to_be_unreadable() -> None:
    encrypted = SecondFactors(Keys("t" * 32), lambda: _NOW).encrypt("JBSWY3DPEHPK3PXP", "mai")
    row = OperatorRow("mai", "x", "viewer", totp_secret=encrypted, has_totp=True)
    with pytest.raises(SecondFactorUnavailable):
        SecondFactors(_KEYS, lambda: _NOW).match(row, "123456")
    with pytest.raises(SecondFactorUnavailable):
        SecondFactors(Keys.random(), lambda: _NOW).new_secret()


def test_a_secret_under_an_older_key_is_read_and_encrypted_anew_when_it_is_used() -> None:
    old, new = "o" * 32, "n" * 32
    encrypted = SecondFactors(Keys(old), lambda: _NOW).encrypt("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "mai")
    row = OperatorRow("mai", "x", "viewer", totp_secret=encrypted, has_totp=True)
    code = TOTP("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").at(_NOW)
    match = SecondFactors(Keys(new, old), lambda: _NOW).match(row, code)
    assert match is not None
    assert match.renewed_secret is not None
    renewed = replace(row, totp_secret=match.renewed_secret)
    again = SecondFactors(Keys(new), lambda: _NOW).match(renewed, code)
    assert again is not None
    assert again.renewed_secret is None
    assert SecondFactors(Keys(new, old), lambda: _NOW).match(row, "000000") is None


def test_a_browser_is_known_for_the_operator_who_signed_in_with_it() -> None:
    devices = Devices(_KEYS, lambda: _NOW)
    cookie = devices.make("mai", None)
    device = devices.find(cookie, "mai")
    assert device is not None
    assert devices.find(devices.make("mai", device), "mai") == device
    assert devices.find(cookie, "lan") is None
    assert devices.find(None, "mai") is None
    assert Devices(_KEYS, lambda: _NOW + DEVICE_LIFETIME).find(cookie, "mai") is None


def test_the_highest_role_counts_with_its_own_scope() -> None:
    grants = (
        Grant(value="all-viewers", role="viewer"),
        Grant(value="sapa-admins", role="admin", areas=("03006",)),
        Grant(value="bac-ha-admins", role="admin", areas=("02941",)),
        Grant(value="justice", role="admin", agencies=("H38.1",)),
        Grant(value="root", role="admin"),
    )
    assert rights_of(set(), grants) is None
    assert rights_of({"other"}, grants) is None
    assert rights_of({"all-viewers"}, grants) == Rights("viewer")
    assert rights_of({"all-viewers", "sapa-admins"}, grants) == Rights("admin", ("03006",))
    assert rights_of({"bac-ha-admins", "sapa-admins"}, grants) == Rights("admin", ("02941", "03006"))
    assert rights_of({"justice", "sapa-admins"}, grants) == Rights("admin", ("03006",)), "never wider"
    assert rights_of({"root", "sapa-admins"}, grants) == Rights("admin")


def test_claims_may_lie_deep_and_names_are_made_ours() -> None:
    claims = {"realm_access": {"roles": ["a", "b"]}, "groups": "one", "https://x.vn/roles": ["c"]}
    assert values_at(claims, "realm_access.roles") == {"a", "b"}
    assert values_at(claims, "groups") == {"one"}
    assert values_at(claims, "https://x.vn/roles") == {"c"}
    assert values_at(claims, "realm_access.none") is None
    assert values_at(claims, "groups.deeper") is None
    assert username_of("Lan.Nguyễn@x.vn") == "lan.nguy-n@x.vn"
    assert username_of("@@@") == "operator"
    assert len(username_of("x" * 200)) == 63
