"""Versions of what is administered, so that no change is lost unseen.

A change names only the fields it changes and is made while the row is locked: changes of different fields never undo
each other. Of the same field the last one counts, unless it says in If-Match which version it has seen. The audit
trail keeps what each field was before.
"""

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any, Final

import orjson
from fastapi import Header

from fansipan_common.errors import ClientFault

_LENGTH: Final = 16

IfMatch = Annotated[
    str | None,
    Header(
        max_length=400,
        description="The `version` that you have seen, in quotes; another one by now is answered 412.",
    ),
]


class PreconditionFailed(ClientFault):
    """Somebody changed it since it was read."""

    status, code, title = 412, "precondition-failed", "It has changed"


def version_of(administered: Mapping[str, Any]) -> str:
    """A digest of the fields that an admin changes; what else moves (a last sign-in) leaves it as it is."""
    return hashlib.sha256(orjson.dumps(dict(administered), option=orjson.OPT_SORT_KEYS)).hexdigest()[:_LENGTH]


def etag(item: Mapping[str, Any]) -> str:
    """The ETag of an item with its `version`."""
    return f'"{item["version"]}"'


def check_unchanged(if_match: str | None, version: str) -> None:
    """Raise `PreconditionFailed` unless an If-Match header (None: there is none) names the version."""
    if if_match is None or if_match.strip() == "*":
        return
    named = {tag.strip().removeprefix("W/").strip('"') for tag in if_match.split(",")}
    if version not in named:
        raise PreconditionFailed(
            "somebody changed it meanwhile: read it again, then decide", extra={"version": version}
        )


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What a change changed, for the audit trail: field → from and to."""
    return {
        name: {"from": before[name], "to": value} for name, value in after.items() if before[name] != value
    }
