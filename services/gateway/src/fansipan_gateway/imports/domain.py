"""Uploaded files: their states, what is wrong with a request, how they are shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from fansipan_common.errors import ClientFault, NotFound, PayloadTooLarge, ServerFault
from fansipan_gateway.domain.results import Row
from fansipan_gateway.domain.time_range import format_instant

LARGEST_PIECE: Final = 4 << 20
"""Bytes of the file in one request."""
SMALLEST_PIECE: Final = 64 << 10
"""All pieces but the last have so many bytes: a file is not thousands of rows."""


class State(StrEnum):
    """Where an import is."""

    UPLOADING = "uploading"
    LOOKING = "looking"
    READY = "ready"
    CHECKING = "checking"
    IMPORTING = "importing"
    DONE = "done"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


WORKED_ON: Final = (State.LOOKING, State.CHECKING, State.IMPORTING)
"""States in which a worker has something to do."""
UNFINISHED: Final = (State.UPLOADING, State.READY, *WORKED_ON)
"""States in which the file itself is kept."""


class ImportUnknown(NotFound):
    """The provider has none of that number."""

    code, title = "import-unknown", "No such import"

    def __init__(self, import_id: int) -> None:
        super().__init__(f"there is no import {import_id} here")


class WrongState(ClientFault):
    """That is not to be done with it now."""

    status, code, title = 409, "import-state", "Not now"

    def __init__(self, state: str, wanted: str) -> None:
        super().__init__(f"this import is {state}: {wanted}", extra={"state": state})


class WrongOffset(ClientFault):
    """A piece that does not begin where the file ends so far."""

    status, code, title = 409, "import-offset", "The file goes on at another place"

    def __init__(self, offset: int) -> None:
        super().__init__(f"send the piece from byte {offset} on", extra={"offset": offset})


class WrongPiece(ClientFault):
    """A piece that is empty, too small, or goes beyond the end."""

    code, title = "import-piece", "Not a piece of this file"


class FileTooLarge(PayloadTooLarge):
    """More than may be uploaded."""

    code, title = "import-too-large", "The file is too large"


class TooManyImports(ClientFault):
    """As many as one provider may have at once."""

    status, code, title = 409, "imports-unfinished", "Too many unfinished imports"


class NoMapping(ClientFault):
    """Nobody has said what the columns are."""

    status, code, title = 409, "mapping-missing", "There is no mapping yet"

    def __init__(self) -> None:
        super().__init__("say what the columns are first: PUT …/mapping")


class WrongProvider(ClientFault):
    """A mapping for another provider."""

    status, code, title = 422, "mapping-provider", "The mapping is another provider's"


class ImportsNotSetUp(ServerFault):
    """The gateway does not know ingest, or not its secret."""

    code, title = "imports-not-set-up", "Imports are not set up"


@dataclass(frozen=True, slots=True)
class ImportLimits:
    """Bounds of uploads.

    Attributes:
        largest: bytes of a file.
        unfinished: imports that a provider may have begun and not ended.
        expiry_hours: an import that nothing happens to for so long is given up.
    """

    largest: int
    unfinished: int
    expiry_hours: float


def check_piece(size: int, received: int, offset: int, length: int) -> None:
    """Whether a piece of `length` bytes may be added at `offset`, when `received` of `size` bytes are there.

    Raises:
        WrongOffset, WrongPiece.
    """
    if offset != received:
        raise WrongOffset(received)
    if not length:
        raise WrongPiece("a piece has at least one byte")
    if offset + length > size:
        raise WrongPiece(f"the file has {size} bytes: the piece goes to {offset + length}")
    if length < SMALLEST_PIECE and offset + length < size:
        raise WrongPiece(f"a piece that is not the last has at least {SMALLEST_PIECE} bytes")


def import_item(row: Row) -> dict[str, Any]:
    """An import as lists show it."""
    progress: Mapping[str, Any] | None = row["progress"]
    return {
        "id": row["id"],
        "name": row["name"],
        "size": row["size"],
        "received": row["received"],
        "state": row["state"],
        "createdAt": _instant(row["created_at"]),
        "createdBy": row["created_by"],
        "startedAt": _instant(row["started_at"]),
        "endedAt": _instant(row["ended_at"]),
        "expiresAt": _instant(row["expires_at"]),
        "hasMapping": row["has_mapping"],
        "errorBytes": row["error_bytes"],
        "progress": None if progress is None else dict(progress),
        "fault": row["fault"],
    }


def import_detail(row: Row) -> dict[str, Any]:
    """An import with its reports."""
    return {**import_item(row), "check": row["checked"], "report": row["report"]}


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else format_instant(moment.astimezone(UTC))
