"""What read-only mode is, and which requests it refuses."""

import math
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fansipan_common.errors import ServerFault

ADDRESS: Final = "/v1/admin/read-only"
_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_GUARDED: Final = ("/v1/", "/sta/")
_ALLOWED: Final = re.compile(
    r"/v1/admin/read-only"  # its own end
    r"|/v1/session"  # signing in and out, to watch
    r"|/v1/indicators/[^/]+/what-if"  # computes and keeps nothing
    r"|/v1/provider/[^/]+/sandbox"  # as before
    r"|/sta/v1\.1/\$batch"  # each request in it is looked at by itself
)
_SHORTEST, _LONGEST, _UNKNOWN = 5, 300, 60  # seconds


@dataclass(frozen=True, slots=True)
class ReadOnly:
    """Why nothing may be changed now; without `ends_at` until somebody ends it."""

    since: datetime
    ends_at: datetime | None
    reason: str
    started_by: str

    def holds(self, now: datetime) -> bool:
        """Whether it is not over yet."""
        return self.ends_at is None or now < self.ends_at

    def retry_after(self, now: datetime) -> int:
        """Seconds after which to try again."""
        if self.ends_at is None:
            return _UNKNOWN
        return min(_LONGEST, max(_SHORTEST, math.ceil((self.ends_at - now).total_seconds())))


class ReadOnlyNow(ServerFault):
    """Nothing may be changed now."""

    code, title = "read-only", "Read-only"

    def __init__(self, mode: ReadOnly, now: datetime) -> None:
        ends_at = None if mode.ends_at is None else mode.ends_at.isoformat()
        super().__init__(
            f"the platform is read-only: {mode.reason}; try again later",
            retry_after=mode.retry_after(now),
            extra={"reason": mode.reason, "until": ends_at},
        )


def changes(method: str, path: str) -> bool:
    """Whether a request is refused in read-only mode."""
    return method not in _READS and path.startswith(_GUARDED) and not _ALLOWED.fullmatch(path)
