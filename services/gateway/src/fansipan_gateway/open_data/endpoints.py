"""`GET /v1/open-data/catalogue` and `GET /v1/open-data/indicators`: read by everybody, without a login."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from fansipan_common.problems import problem_responses
from fansipan_gateway.api.conditional import respond
from fansipan_gateway.open_data.domain.negotiation import MEDIA_TYPES, form_for
from fansipan_gateway.open_data.schemas import (
    CatalogueDocument,
    CatalogueParameters,
    NoParameters,
    OpenIndicatorList,
)
from fansipan_gateway.open_data.service import OpenData

_CATALOGUE_AGE: Final = 300
_LATEST_AGE: Final = 60


def open_data_router(open_data: OpenData, public_url: str | None) -> APIRouter:
    """The door that needs no key.

    Args:
        open_data: makes the documents.
        public_url: address of the gateway for links; None: each request's own.
    """
    router = APIRouter(tags=["open data"])

    def base_of(request: Request) -> str:
        return (public_url or str(request.base_url)).rstrip("/")

    @router.get(
        "/v1/open-data/catalogue",
        summary="Catalogue for data portals (DCAT-AP)",
        response_model=CatalogueDocument,
        responses={
            200: {
                "content": {
                    "application/ld+json": {},
                    "text/turtle": {"schema": {"type": "string"}},
                }
            },
            **problem_responses(400, 404, 406, 429, 503),
        },
        openapi_extra={"security": []},
    )
    async def read_catalogue(
        request: Request, parameters: Annotated[CatalogueParameters, Query()]
    ) -> Response:
        """A dataset for each public indicator, with its files, as JSON-LD, or Turtle with `Accept: text/turtle`."""
        form = parameters.form or form_for(request.headers.get("accept"))
        body = await open_data.catalogue(base_of(request), form)
        response = respond(request, body, public=True, max_age=_CATALOGUE_AGE, media_type=MEDIA_TYPES[form])
        response.headers["Vary"] = "Accept"
        return response

    @router.get(
        "/v1/open-data/indicators",
        summary="Public indicators with the province's newest figures",
        response_model=OpenIndicatorList,
        responses=problem_responses(400, 404, 429, 503),
        openapi_extra={"security": []},
    )
    async def read_indicators(request: Request, parameters: Annotated[NoParameters, Query()]) -> Response:
        """What everybody may know at a glance. Newest means as in `/v1/indicators/latest`."""
        body = await open_data.indicators(base_of(request))
        response = respond(request, body, public=True, max_age=_LATEST_AGE)
        del response.headers["Vary"]
        return response

    return router
