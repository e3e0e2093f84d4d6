"""`GET /v1/admin/catalogue`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from fansipan_common.problems import problem_responses
from fansipan_gateway.access.domain import Reader
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.administration.answers import answer
from fansipan_gateway.administration.catalogue.schemas import Catalogue
from fansipan_gateway.administration.catalogue.service import CatalogueStatus


def catalogue_router(status: CatalogueStatus, admins: ReadAccess) -> APIRouter:
    """The door to the state of the catalogue, for admins."""
    router = APIRouter(tags=["administration"])

    @router.get(
        "/v1/admin/catalogue",
        summary="What is evaluated, and what waits",
        response_model=Catalogue,
        responses=problem_responses(400, 401, 403, 429, 503),
    )
    async def get_catalogue(_admin: Annotated[Reader, Depends(admins)]) -> Response:
        """Definitions and alert rules as analytics has them, its lanes, and the queues between data and figures."""
        return answer(await status.read())

    return router
