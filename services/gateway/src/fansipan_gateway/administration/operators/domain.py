"""Operators as admins see and change them."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from fansipan_common.errors import ClientFault, NotFound, Unprocessable
from fansipan_gateway.access.domain import INTEGRATOR
from fansipan_gateway.administration.versions import version_of
from fansipan_gateway.domain.results import Row
from fansipan_gateway.domain.time_range import format_instant

ADMIN: Final = "admin"


class OperatorExists(ClientFault):
    """The name is taken, also when its operator is disabled."""

    status, code, title = 409, "operator-exists", "There is such an operator already"


class OperatorUnknown(NotFound):
    """No operator has that name."""

    code, title = "operator-unknown", "No such operator"

    def __init__(self, username: str) -> None:
        super().__init__(f"there is no operator {username}; GET /v1/admin/operators lists them")


class OwnAccount(ClientFault):
    """Nobody changes their own rights, nor their own password without the present one."""

    status, code, title = 409, "own-account", "Your own account"


class LastAdmin(ClientFault):
    """Somebody has to be able to administer."""

    status, code, title = 409, "last-admin", "The last admin"


@dataclass(frozen=True, slots=True)
class NewOperator:
    """What an admin says of a new operator. Without limits (areas, agencies) they see the whole province."""

    username: str
    display_name: str
    role: str
    area_codes: tuple[str, ...]
    agencies: tuple[str, ...]
    password: str


@dataclass(frozen=True, slots=True)
class OperatorChange:
    """What to change; None leaves it as it is.

    Attributes:
        password: a new one.
        reset_totp: forget the second factor, for somebody who lost it.
        unlock: forget wrong guesses.
    """

    display_name: str | None = None
    role: str | None = None
    area_codes: tuple[str, ...] | None = None
    agencies: tuple[str, ...] | None = None
    disabled: bool | None = None
    password: str | None = None
    reset_totp: bool = False
    unlock: bool = False


def generate_password() -> str:
    """A password of 120 random bits, for an admin to pass on."""
    return secrets.token_urlsafe(15)


def check_limits(role: str, area_codes: Sequence[str], agencies: Sequence[str]) -> None:
    """Raise `Unprocessable` when an admin or integrator is to be limited: administration has no part that is of one
    commune only, and an integrator sees what the keys of a provider see."""
    if role == ADMIN and (area_codes or agencies):
        raise Unprocessable("an admin sees the whole province: leave areaCodes and agencies empty")
    if role == INTEGRATOR and (area_codes or agencies):
        raise Unprocessable("an integrator sees what is their provider's: leave areaCodes and agencies empty")


def check_own_account(actor: str, username: str, change: OperatorChange) -> None:
    """Raise `OwnAccount` when an operator would change their own rights, or get round their own password."""
    if actor != username:
        return
    if any(value is not None for value in (change.role, change.area_codes, change.agencies, change.disabled)):
        raise OwnAccount("your own role, areas and agencies are changed by another admin")
    if change.password is not None or change.reset_totp:
        raise OwnAccount(
            "your own password and second factor are changed at /v1/session/password and /v1/session/totp"
        )


def administered(row: Row) -> dict[str, Any]:
    """The fields that an admin changes."""
    return {
        "displayName": row["display_name"],
        "role": row["role"],
        "areaCodes": row["area_codes"],
        "agencies": row["agencies"],
        "disabled": row["disabled_at"] is not None,
    }


def operator_item(row: Row, now: datetime) -> dict[str, Any]:
    """An operator as JSON, without anything secret."""
    fields = administered(row)
    locked_until = row["locked_until"]
    return {
        "username": row["username"],
        **fields,
        "disabledAt": _instant(row["disabled_at"]),
        "password": row["has_password"],
        "openIdConnect": row["oidc_issuer"],
        "totp": row["totp_confirmed_at"] is not None,
        "failedSignIns": row["failed_sign_ins"],
        "lockedUntil": _instant(locked_until) if locked_until is not None and locked_until > now else None,
        "lastSignInAt": _instant(row["last_sign_in_at"]),
        "passwordChangedAt": _instant(row["password_changed_at"]),
        "createdAt": _instant(row["created_at"]),
        "version": version_of(fields),
    }


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else format_instant(moment.astimezone(UTC))
