"""What operators may do to an alert, and when."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from fansipan_common.errors import ClientFault

ACTIVE: Final = ("open", "acknowledged")
Action = Literal["acknowledged", "commented", "assigned", "resolved"]
_ETAG: Final = re.compile(r'(?:W/)?"(\d{1,9})(?:\.[0-9a-f]+)?"')


class AlertState(ClientFault):
    """The alert is in a state in which this cannot be done."""

    status, code, title = 409, "alert-state", "The alert's state does not allow this"


class VersionConflict(ClientFault):
    """Somebody changed the alert since it was read; the version was in the body."""

    status, code, title = 409, "version-conflict", "The alert has changed"


class PreconditionFailed(ClientFault):
    """Somebody changed the alert since it was read; the version was in If-Match."""

    status, code, title = 412, "precondition-failed", "The alert has changed"


@dataclass(frozen=True, slots=True)
class Precondition:
    """Which version the caller has seen; None: any will do.

    Attributes:
        in_header: versions named by If-Match.
        in_body: the body's `version`.
    """

    in_header: frozenset[int] | None = None
    in_body: int | None = None

    def check(self, version: int) -> None:
        """Raise unless the alert is at a version the caller has seen."""
        said = f"the alert is at version {version} by now: read it again, then decide"
        if self.in_header is not None and version not in self.in_header:
            raise PreconditionFailed(said, extra={"version": version})
        if self.in_body is not None and self.in_body != version:
            raise VersionConflict(said, extra={"version": version})


def parse_if_match(header: str | None) -> frozenset[int] | None:
    """The versions an If-Match header names; None when there is none, or `*`.

    Raises:
        ClientFault: it is none of our entity tags.
    """
    if header is None or header.strip() == "*":
        return None
    found = [_ETAG.fullmatch(tag.strip()) for tag in header.split(",")]
    versions = frozenset(int(tag[1]) for tag in found if tag is not None)
    if len(found) != sum(tag is not None for tag in found):
        raise ClientFault('If-Match takes the ETag of GET /v1/alerts/{id}, or the version in quotes: "3"')
    return versions


def check_action(action: Action, state: str) -> None:
    """Raise `AlertState` unless the action fits an alert in this state."""
    if state not in ACTIVE:
        raise AlertState(f"the alert is {state} already; nothing is changed any more", extra={"state": state})
    if action == "acknowledged" and state == "acknowledged":
        raise AlertState("somebody has acknowledged the alert already", extra={"state": state})
