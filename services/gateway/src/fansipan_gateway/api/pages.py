"""Answering with a page of a list."""

import orjson
from fastapi import Request, Response

from fansipan_gateway.api.conditional import respond
from fansipan_gateway.api.links import next_link
from fansipan_gateway.domain.pages import Page


def respond_page(request: Request, page: Page, *, public: bool, max_age: int = 0) -> Response:
    """`{"items", "next"}`, as `respond` answers."""
    body = orjson.dumps({"items": page.items, "next": next_link(request, page.cursor, page.pinned)})
    return respond(request, body, public=public, max_age=max_age)
