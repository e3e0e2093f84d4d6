"""Who somebody is according to an identity provider, and what that lets them do."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from fansipan_common.errors import ClientFault, Forbidden, ServerFault

Role = Literal["viewer", "operator", "admin"]
_RANKS: Final[dict[Role, int]] = {"viewer": 0, "operator": 1, "admin": 2}
_NOT_IN_NAMES: Final = re.compile(r"[^a-z0-9._@-]+")
_LONGEST_NAME: Final = 63
_LONGEST_TEXT: Final = 200


class ProviderAway(ServerFault):
    """The identity provider does not answer, or not as OpenID Connect says."""

    code, title = "open-id-connect-away", "The identity provider does not answer"


class SignInRefused(Forbidden):
    """The provider knows the person, but they may not come in here."""

    code, title = "open-id-connect-refused", "Not allowed to sign in"


class SignInInterrupted(ClientFault):
    """What came back does not belong to a sign-in that this browser began."""

    status, code, title = 400, "open-id-connect-interrupted", "The sign-in was interrupted"


class IdTokenRefused(ClientFault):
    """The ID token is not good: wrong signature, issuer, audience, nonce or time."""

    status, code, title = 401, "open-id-connect-token", "The identity provider's answer is not good"


class Grant(BaseModel):
    """What a value of the mapped claim gives: `{"value": "soc-operators", "role": "operator", "areas": ["02671"]}`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: Annotated[str, Field(min_length=1, max_length=400)]
    role: Role
    areas: Annotated[tuple[str, ...], Field(max_length=200)] = ()
    agencies: Annotated[tuple[str, ...], Field(max_length=200)] = ()


@dataclass(frozen=True, slots=True)
class Rights:
    """Role and scope of an account; no areas or agencies: all."""

    role: Role
    areas: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody the provider vouches for."""

    issuer: str
    subject: str
    username: str
    display_name: str
    email: str | None


def person_of(claims: Mapping[str, Any]) -> Person:
    """Who the claims of a verified ID token (and of userinfo) are about."""
    preferred = claims.get("preferred_username") or claims.get("email") or claims["sub"]
    email = claims.get("email")
    return Person(
        issuer=str(claims["iss"]),
        subject=str(claims["sub"]),
        username=username_of(str(preferred)),
        display_name=str(claims.get("name") or preferred)[:_LONGEST_TEXT],
        email=str(email)[:_LONGEST_TEXT] if email else None,
    )


def username_of(preferred: str) -> str:
    """A user name of ours from a name of the provider's."""
    name = _NOT_IN_NAMES.sub("-", preferred.lower()).lstrip("._@-")[:_LONGEST_NAME]
    return name or "operator"


def values_at(claims: Mapping[str, Any], path: str) -> set[str] | None:
    """The values of a claim, `realm_access.roles` meaning `roles` inside `realm_access`; None: it is not there."""
    value: Any = claims.get(path)
    if value is None:
        value = claims
        for step in path.split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
    if value is None:
        return None
    return {str(each) for each in value} if isinstance(value, list) else {str(value)}


def rights_of(values: set[str], grants: Sequence[Grant]) -> Rights | None:
    """What the grants give to somebody with these values; None: nothing.

    The highest role counts, with the areas and agencies of the grants of that role only: a viewer of everything who is
    an admin of one commune must not become an admin of everything.
    """
    given = [grant for grant in grants if grant.value in values]
    if not given:
        return None
    role: Role = "viewer"
    for grant in given:
        role = grant.role if _RANKS[grant.role] > _RANKS[role] else role
    highest = [grant for grant in given if grant.role == role]
    whole = any(not grant.areas and not grant.agencies for grant in highest)
    if whole:
        return Rights(role)
    if len({(bool(grant.areas), bool(grant.agencies)) for grant in highest}) > 1:
        # Areas of one and agencies of another do not add up to one scope: the first in the settings counts.
        highest = highest[:1]
    return Rights(
        role,
        tuple(sorted({area for grant in highest for area in grant.areas})),
        tuple(sorted({agency for grant in highest for agency in grant.agencies})),
    )
