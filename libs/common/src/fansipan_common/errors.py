"""Two kinds of fault, and nothing else: the client's (set aside, go on) and the server's (stop, retry)."""

from collections.abc import Mapping
from typing import Any


class FansipanError(Exception):
    """An error that reaches a caller as an RFC 9457 problem.

    Attributes:
        code: a stable word a program can act on.
        detail: a sentence for a person, saying what to do.
        status: HTTP status.
        extra: further members of the problem.
        headers: headers of the answer.
    """

    status = 500
    code = "internal"
    title = "Internal error"

    def __init__(
        self, detail: str, *, extra: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra = dict(extra or {})
        self.headers = dict(headers or {})


class ClientFault(FansipanError):
    """The caller must change something; the same again gives the same answer."""

    status, code, title = 400, "bad-request", "Bad request"


class Unauthorized(ClientFault):
    """No key, or one that is unknown, expired or revoked."""

    status, code, title = 401, "unauthorized", "Unauthorized"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": 'Bearer realm="fansipan"'})


class Forbidden(ClientFault):
    """The key is good but may not do this."""

    status, code, title = 403, "forbidden", "Forbidden"


class NotFound(ClientFault):
    """Nothing is there."""

    status, code, title = 404, "not-found", "Not found"


class PayloadTooLarge(ClientFault):
    """The body, or what it unpacks to, is over the limit."""

    status, code, title = 413, "payload-too-large", "Payload too large"


class RequestTimeout(ClientFault):
    """The body did not come in time."""

    status, code, title = 408, "request-timeout", "Request timeout"


class UnsupportedMediaType(ClientFault):
    """The content type or encoding is not one we read."""

    status, code, title = 415, "unsupported-media-type", "Unsupported media type"


class Unprocessable(ClientFault):
    """Well formed, but not acceptable."""

    status, code, title = 422, "unprocessable", "Unprocessable content"


class ServerFault(FansipanError):
    """Something of ours is away; the same again may succeed."""

    status, code, title = 503, "unavailable", "Service unavailable"

    def __init__(self, detail: str, *, retry_after: int = 2, extra: Mapping[str, Any] | None = None) -> None:
        super().__init__(detail, extra=extra, headers={"Retry-After": str(retry_after)})
        self.retry_after = retry_after


def trace_of(error: BaseException) -> BaseException | None:
    """What to log with an error: a server fault says all in its text, anything else needs its traceback."""
    return None if isinstance(error, ServerFault) else error
