"""Answers of administration: never kept by a cache."""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from fastapi import Request, Response

from fansipan_gateway.administration.versions import etag
from fansipan_gateway.api.conditional import JSON
from fansipan_gateway.api.links import next_link
from fansipan_gateway.domain.pages import Page

_PRIVATE: Final = {"Cache-Control": "no-store", "Vary": "Authorization, Cookie"}


def answer_page(request: Request, page: Page) -> Response:
    """One page of a list."""
    return answer({"items": page.items, "next": next_link(request, page.cursor)})


def answer(document: Mapping[str, Any], status: int = 200, location: str | None = None) -> Response:
    """A document; with an ETag when it has a `version`."""
    headers = dict(_PRIVATE)
    if "version" in document:
        headers["ETag"] = etag(document)
    if location is not None:
        headers["Location"] = location
    return Response(orjson.dumps(dict(document)), status, headers=headers, media_type=JSON)
