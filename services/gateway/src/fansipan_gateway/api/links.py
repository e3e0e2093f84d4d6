"""Absolute addresses of next pages."""

from collections.abc import Mapping

from fastapi import Request


def next_link(
    request: Request, cursor: str | None, pinned: Mapping[str, str | None] | None = None
) -> str | None:
    """The address of the next page: this request's own, behind `cursor`; None when there is no next page.

    Args:
        request: the request for this page.
        cursor: where this page ends.
        pinned: parameters to fix, so that defaults such as "now" mean the same on every page; None: to leave out.
    """
    if cursor is None:
        return None
    pinned = pinned or {}
    kept = {name: value for name, value in pinned.items() if value is not None}
    url = request.url.remove_query_params([name for name, value in pinned.items() if value is None])
    return str(url.include_query_params(**kept, cursor=cursor))
