"""Read-only mode: what it refuses, and until when."""

from datetime import UTC, datetime, timedelta

import pytest

from fansipan_gateway.read_only.domain import ReadOnly, ReadOnlyNow, changes

_NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


def mode(**lasts: float) -> ReadOnly:
    return ReadOnly(_NOW, _NOW + timedelta(**lasts) if lasts else None, "Nâng cấp", "lan")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/alerts/7/acknowledge"),
        ("POST", "/v1/periods/2026-06/close"),
        ("PUT", "/v1/admin/agencies/H38.1"),
        ("DELETE", "/v1/provider/demo/api-keys/k"),
        ("PUT", "/v1/session/password"),
        ("POST", "/sta/v1.1/Things"),
        ("PATCH", "/sta/v1.1/Things(1)"),
        ("POST", "/sta/v1.1/CreateObservations"),
        ("POST", "/v1/admin/dead-letters/1/replay"),
        ("POST", "/v1/admin/read-only/more"),
        ("POST", "/v1/session/../admin/providers"),
    ],
)
def test_changes_are_refused(method: str, path: str) -> None:
    assert changes(method, path)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/alerts/7"),
        ("HEAD", "/sta/v1.1/Things"),
        ("POST", "/v1/session"),
        ("DELETE", "/v1/session"),
        ("DELETE", "/v1/admin/read-only"),
        ("POST", "/v1/indicators/d766-1/what-if"),
        ("POST", "/v1/provider/demo/sandbox"),
        ("POST", "/sta/v1.1/$batch"),
        ("POST", "/elsewhere"),
    ],
)
def test_reading_goes_on(method: str, path: str) -> None:
    assert not changes(method, path)


def test_it_ends_by_itself() -> None:
    assert mode().holds(_NOW + timedelta(days=900))
    assert mode(hours=1).holds(_NOW + timedelta(minutes=59))
    assert not mode(hours=1).holds(_NOW + timedelta(hours=1))


def test_the_answer_says_why_and_when_to_try_again() -> None:
    fault = ReadOnlyNow(mode(seconds=90), _NOW)
    assert (fault.status, fault.code, fault.headers["Retry-After"]) == (503, "read-only", "90")
    assert fault.extra == {"reason": "Nâng cấp", "until": "2026-07-01T12:01:30+00:00"}
    assert ReadOnlyNow(mode(hours=9), _NOW).retry_after == 300
    assert ReadOnlyNow(mode(seconds=1), _NOW).retry_after == 5
    assert ReadOnlyNow(mode(), _NOW).retry_after == 60
