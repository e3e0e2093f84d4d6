"""Calls between our own services: good for one request, for a minute, with the secret only."""

import pytest

from fansipan_common.errors import Unauthorized
from fansipan_common.internal_calls import MAX_AGE_SECONDS, sign_call, verify_call

SECRET = "s" * 32
NOW = 1_782_867_600
CALL = {"method": "POST", "target": "/v1/observations?strict=true"}


def _credential(**changed: object) -> str:
    call: dict[str, object] = {**CALL, "provider": "demo", "body": b"[1]", "at": NOW, **changed}
    return sign_call(SECRET, **call).partition(" ")[2]  # type: ignore[arg-type]


def test_a_signed_call_names_its_provider_and_its_body():
    call = verify_call(SECRET, _credential(), **CALL, now=NOW + MAX_AGE_SECONDS)
    assert call.provider == "demo"
    call.require_body(b"[1]")
    with pytest.raises(Unauthorized, match="not the one"):
        call.require_body(b"[2]")


@pytest.mark.parametrize(
    ("credential", "now", "reason"),
    [
        ("provider=demo", NOW, "well formed"),
        (_credential().replace("provider=demo", "provider=other"), NOW, "our secret"),
        (_credential().replace(f"at={NOW}", f"at={NOW + 1}"), NOW, "our secret"),
        (_credential(target="/v1/service-events"), NOW, "our secret"),
        (_credential(method="PUT"), NOW, "our secret"),
        (_credential(), NOW + MAX_AGE_SECONDS + 1, "too old"),
        (_credential(at=NOW + MAX_AGE_SECONDS + 1), NOW, "too old"),
    ],
)
def test_anything_else_is_refused(credential: str, now: int, reason: str):
    with pytest.raises(Unauthorized, match=reason):
        verify_call(SECRET, credential, **CALL, now=now)


def test_another_secret_is_refused():
    with pytest.raises(Unauthorized, match="our secret"):
        verify_call("t" * 32, _credential(), **CALL, now=NOW)
