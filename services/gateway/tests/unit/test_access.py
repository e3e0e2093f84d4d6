"""Who may read, and how wrong guesses are slowed down."""

import base64
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from pwdlib import PasswordHash

from fansipan_gateway.access.domain import (
    ONE_SOURCE,
    BearerToken,
    Guess,
    GuessLimit,
    LoginNeeded,
    SecondFactorNeeded,
    TooManyGuesses,
    UserPassword,
    network_of,
    parse_authorization,
)
from fansipan_gateway.access.operators import OperatorLogins
from fansipan_gateway.access.repository import GuessRepository, OperatorRepository, OperatorRow
from fansipan_gateway.domain.visibility import EVERYTHING, PUBLIC, Visibility

_HASHER = PasswordHash.recommended()


@dataclass
class _Clock:
    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class _Operators(OperatorRepository):
    rows: dict[str, OperatorRow] = field(default_factory=dict[str, OperatorRow])

    async def find(self, username: str) -> OperatorRow | None:
        return self.rows.get(username)


@dataclass
class _Guesses(GuessRepository):
    failures: list[Guess] = field(default_factory=list[Guess])
    wait: float = 0.0

    async def seconds_to_wait(self, guess: Guess) -> float:
        return self.wait

    async def failed(self, guess: Guess, why: str) -> None:
        self.failures.append(guess)

    async def forgive(self, guess: Guess) -> None:
        self.failures.clear()


@dataclass
class _CountingHasher:
    calls: int = 0

    def verify(self, password: str, password_hash: str) -> bool:
        self.calls += 1
        return _HASHER.verify(password, password_hash)

    def hash(self, password: str) -> str:
        return _HASHER.hash(password)


def _basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def _logins(monkeypatch: pytest.MonkeyPatch) -> tuple[OperatorLogins, _Operators, _CountingHasher, _Clock]:
    hasher, clock = _CountingHasher(), _Clock()
    monkeypatch.setattr(PasswordHash, "recommended", lambda: hasher)
    operators = _Operators({"mai": OperatorRow("mai", _HASHER.hash("đúng"), "viewer")})
    return OperatorLogins(operators, _Guesses(), monotonic=clock), operators, hasher, clock


def test_credentials_are_read_from_the_header() -> None:
    assert parse_authorization("Bearer fsp_x") == BearerToken("fsp_x")
    assert parse_authorization("bearer  fsp_x ") == BearerToken("fsp_x")
    assert parse_authorization(_basic("mai:a:b")) == UserPassword("mai", "a:b")
    assert parse_authorization(_basic("mai:đúng")) == UserPassword("mai", "đúng")


@pytest.mark.parametrize(
    "header", ["", "Bearer ", "Basic ?", "Digest x", _basic("no colon"), _basic("a\0:b")]
)
def test_anything_else_needs_a_login(header: str) -> None:
    with pytest.raises(LoginNeeded):
        parse_authorization(header)


def test_guesses_wait_twice_as_long_each_time() -> None:
    limit = GuessLimit(free=3, longest=5.0, memory=timedelta(days=1))
    waits = [limit.wait(failures) for failures in range(1, 8)]
    assert [None if wait is None else wait.total_seconds() for wait in waits] == [None, None, 1, 2, 4, 5, 5]
    assert ONE_SOURCE.wait(10_000) == timedelta(minutes=15), "no overflow"


def test_a_guess_is_counted_for_a_network_or_a_known_browser() -> None:
    assert Guess("mai", "192.0.2.1").source == "address:192.0.2.1"
    assert Guess("mai", "::ffff:192.0.2.1").source == "address:192.0.2.1"
    assert (
        Guess("mai", "2001:db8::1").source == Guess("mai", "2001:db8::ffff").source == "address:2001:db8::/64"
    )
    assert Guess("mai", "192.0.2.1", "d1").source == "device:d1"
    assert len(network_of("x" * 1000)) == 64


async def test_a_right_password_is_hashed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    logins, _, hasher, clock = _logins(monkeypatch)
    for _ in range(3):
        assert (await logins.authenticate("mai", "đúng", "1.1.1.1")).role == "viewer"
    assert hasher.calls == 1
    clock.seconds += 301
    await logins.authenticate("mai", "đúng", "1.1.1.1")
    assert hasher.calls == 2


async def test_a_wrong_password_is_never_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    logins, _, hasher, _ = _logins(monkeypatch)
    for _ in range(2):
        with pytest.raises(LoginNeeded):
            await logins.authenticate("mai", "sai", "1.1.1.1")
    assert hasher.calls == 2


async def test_an_unknown_name_costs_the_same_and_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    logins, _, hasher, _ = _logins(monkeypatch)
    with pytest.raises(LoginNeeded) as unknown:
        await logins.authenticate("lan", "đúng", "1.1.1.1")
    with pytest.raises(LoginNeeded) as wrong:
        await logins.authenticate("mai", "sai", "1.1.1.1")
    assert hasher.calls == 2
    assert unknown.value.detail == wrong.value.detail


async def test_a_changed_password_is_out_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    logins, operators, _, _ = _logins(monkeypatch)
    await logins.authenticate("mai", "đúng", "1.1.1.1")
    operators.rows["mai"] = OperatorRow("mai", _HASHER.hash("mới"), "viewer")
    logins.invalidate()
    with pytest.raises(LoginNeeded):
        await logins.authenticate("mai", "đúng", "1.1.1.1")
    assert (await logins.authenticate("mai", "mới", "1.1.1.1")).role == "viewer"


async def test_a_guesser_is_stopped_before_argon2_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    hasher, guesses = _CountingHasher(), _Guesses(wait=1.5)
    monkeypatch.setattr(PasswordHash, "recommended", lambda: hasher)
    logins = OperatorLogins(_Operators(), guesses)
    with pytest.raises(TooManyGuesses) as caught:
        await logins.authenticate("mai", "đúng", "6.6.6.6")
    assert caught.value.headers["Retry-After"] == "2"
    assert hasher.calls == 0
    assert guesses.failures == []


async def test_a_password_alone_is_not_enough_with_a_second_factor(monkeypatch: pytest.MonkeyPatch) -> None:
    logins, operators, _, _ = _logins(monkeypatch)
    operators.rows["mai"] = replace(operators.rows["mai"], has_totp=True)
    for _ in range(2):
        with pytest.raises(SecondFactorNeeded):
            await logins.authenticate("mai", "đúng", "1.1.1.1")


async def test_an_account_without_a_password_takes_none(monkeypatch: pytest.MonkeyPatch) -> None:
    logins, operators, hasher, _ = _logins(monkeypatch)
    operators.rows["lan"] = OperatorRow("lan", None, "admin")
    for password in ("", "None", "x"):
        with pytest.raises(LoginNeeded):
            await logins.authenticate("lan", password, "1.1.1.1")
    assert hasher.calls == 3


def test_a_key_sees_its_own_part_of_the_data() -> None:
    assert EVERYTHING.shows(1, "demo/a/b", None)
    assert Visibility(1).shows(1, "demo/a/b", None)
    assert not Visibility(1).shows(2, "other/a/b", None)
    assert Visibility(1, ("demo/a/",)).shows(1, "demo/a/b", "02671")
    assert not Visibility(1, ("demo/a/",)).shows(1, "demo/ab/b", "02671")


def test_limits_of_an_operator_hold_everywhere_also_where_the_place_is_not_known() -> None:
    within = Visibility(areas=("02671", "02658"))
    assert within.shows(1, "demo/a/b", "02658")
    assert not within.shows(1, "demo/a/b", "02647")
    assert not within.shows(1, "demo/a/b", None)
    assert not within.sees_all_figures
    assert (within.area_list, within.case_areas, within.case_agencies) == (
        ["02671", "02658"],
        ["02671", "02658"],
        None,
    )


def test_who_is_limited_to_an_agency_sees_no_readings_and_its_cases_of_any_area() -> None:
    agency = Visibility(agencies=("UBND-1",))
    assert not agency.shows(1, "demo/a/b", "02671")
    assert (agency.area_list, agency.case_areas, agency.case_agencies) == ([], None, ["UBND-1"])


def test_the_public_sees_no_cases_and_no_definitions_but_public_ones() -> None:
    assert PUBLIC.shows(1, "demo/a/b", None)
    assert not PUBLIC.sees_cases
    assert not PUBLIC.sees_all_figures
    key = Visibility(internal=False, own_provider_id=1)
    for reader, public, subjects, seen in (
        (PUBLIC, True, ["commune"], True),
        (PUBLIC, False, ["thing"], False),
        (key, False, ["thing", "commune"], True),
        (key, False, ["agency"], False),
        (EVERYTHING, False, ["agency"], True),
    ):
        assert reader.shows_definition(public=public, subjects=subjects) is seen
