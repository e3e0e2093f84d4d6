"""JSON answers with an ETag, answered 304 when the client has them already."""

import hashlib
from typing import Final

from fastapi import Request, Response

JSON: Final = "application/json"


def etag_of(body: bytes) -> str:
    """A weak validator of `body`: weak, because the same body also goes out compressed."""
    return f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'


def matches(if_none_match: str | None, etag: str) -> bool:
    """Whether an If-None-Match header names `etag`, by the weak comparison of RFC 9110 §13.1.2."""
    if if_none_match is None:
        return False
    if if_none_match.strip() == "*":
        return True
    opaque = etag.removeprefix("W/")
    return any(tag.strip().removeprefix("W/") == opaque for tag in if_none_match.split(","))


def respond(
    request: Request,
    body: bytes,
    *,
    public: bool,
    max_age: int = 0,
    media_type: str = JSON,
    etag: str | None = None,
) -> Response:
    """`body`, or 304 when the client's copy is still the same.

    Args:
        request: whose If-None-Match is asked.
        body: the whole answer, serialised.
        public: whether shared caches may keep it.
        max_age: seconds it may be used without asking again; 0: always ask.
        media_type: of the body.
        etag: its validator, when the caller has it already.
    """
    etag = etag or etag_of(body)
    freshness = f"max-age={max_age}" if max_age else "no-cache"
    headers = {
        "ETag": etag,
        "Cache-Control": f"{'public' if public else 'private'}, {freshness}",
        "Vary": "Authorization, Cookie",
    }
    if matches(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)
