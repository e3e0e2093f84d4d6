"""What can go wrong: one class for each family of the problem codes that the gateway answers (RFC 9457)."""

from collections.abc import Mapping
from typing import Any, Final


class FansipanError(Exception):
    """Base of all errors of this client."""


class ConnectionFailed(FansipanError):
    """The gateway could not be reached, or the connection broke, in all attempts."""


class UnexpectedAnswer(FansipanError):
    """The answer is not one of this API: is the address that of a gateway?"""


class Problem(FansipanError):
    """The gateway refused.

    Attributes:
        status: HTTP status.
        code: a stable word, such as `invalid-range`.
        detail: a sentence that says what to do.
        body: the whole problem, with further members such as `splitAt` or `unknown`.
        retry_after: seconds to wait, where the gateway says so.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        body: Mapping[str, Any] | None = None,
        *,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{code} ({status}): {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.body = dict(body or {})
        self.retry_after = retry_after


class InvalidRequest(Problem):
    """Something asked for cannot be read: `invalid-parameter`, `invalid-range`, `invalid-period`, `not-computed` …"""


class TooMuch(InvalidRequest):
    """More than one answer can hold: `too-dense`, `too-many-rows`, `too-many-subjects`, `range-too-long`."""


class NotLoggedIn(Problem):
    """No credential, or one that is not good: `unauthorized`, `wrong-credentials` …"""


class NotAllowed(Problem):
    """The credential is good but may not do this: `forbidden` …"""


class NotFound(Problem):
    """There is no such thing, or it is not shown to this reader: `not-found`, `area-not-in-force`."""


class Conflict(Problem):
    """It was changed meanwhile: `conflict`, `version-mismatch` …"""


class TooFast(Problem):
    """Too many requests or guesses: `too-many-requests`, `too-many-guesses`."""


class Unavailable(Problem):
    """Something on the other side is away: `database-away`, `exports-busy` … Trying again may help."""


_TOO_MUCH: Final = frozenset(
    {"too-dense", "too-many-rows", "too-many-subjects", "range-too-long", "payload-too-large"}
)
_BY_STATUS: Final[Mapping[int, type[Problem]]] = {
    401: NotLoggedIn,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    412: Conflict,
    429: TooFast,
}
_SERVER: Final = 500


def problem_class(status: int, code: str) -> type[Problem]:
    """The class of a problem."""
    if code in _TOO_MUCH:
        return TooMuch
    if status >= _SERVER:
        return Unavailable
    return _BY_STATUS.get(status, InvalidRequest)
