"""What bodies may be."""

from typing import Final

from fastapi import Request

from fansipan_common.errors import UnsupportedMediaType

JSON: Final = ("application/json", "application/geo+json", "")
MERGE_PATCH: Final = "application/merge-patch+json"
JSON_PATCH: Final = "application/json-patch+json"


def require_type(request: Request, types: tuple[str, ...]) -> str:
    """The content type of a body, without its parameters.

    Raises:
        UnsupportedMediaType: it is none of these.
    """
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given not in types:
        raise UnsupportedMediaType(f"the body is {given!r}; send {', '.join(filter(None, types))}")
    return given
