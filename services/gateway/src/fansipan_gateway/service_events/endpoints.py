"""`GET /v1/service-events/summary`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from fansipan_common.problems import problem_responses
from fansipan_gateway.access.domain import Reader
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.api.pages import respond_page
from fansipan_gateway.service_events.schemas import SummaryList, SummaryParameters
from fansipan_gateway.service_events.service import ServiceEvents, SummaryQuery


def service_events_router(service_events: ServiceEvents, access: ReadAccess) -> APIRouter:
    """The door to figures of public services."""
    router = APIRouter(tags=["public services"])

    @router.get(
        "/v1/service-events/summary",
        summary="What public services did, counted",
        response_model=SummaryList,
        responses=problem_responses(400, 401, 403, 429, 503),
    )
    async def summarise_service_events(
        request: Request,
        parameters: Annotated[SummaryParameters, Query()],
        reader: Annotated[Reader, Depends(access)],
    ) -> Response:
        """Events and dossiers with `from` ≤ time < `to`, by agency, area, procedure or channel.

        For operators and API keys. All figures are of one moment. They are plain counts for daily work; the indicators
        of Decision 766/QĐ-TTg have further rules. What is known of a dossier today counts, also for ranges in the past.
        """
        page = await service_events.summarise(
            SummaryQuery(
                group_by=parameters.group_by,
                start=parameters.start,
                end=parameters.end,
                types=frozenset(parameters.type),
                limit=parameters.limit,
                cursor=parameters.cursor,
            ),
            reader.visibility,
        )
        return respond_page(request, page, public=False)

    return router
