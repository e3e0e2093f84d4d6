"""`GET /v1/indicators/{id}/values/{subject}/{period}/explain`."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response

from fansipan_common.problems import problem_responses
from fansipan_gateway.access.domain import Reader
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.api.conditional import respond
from fansipan_gateway.api.links import next_link
from fansipan_gateway.indicators.domain.subjects import parse_subject
from fansipan_gateway.indicators.endpoints.definitions import TAG
from fansipan_gateway.indicators.schemas.explanations import ExplanationItem
from fansipan_gateway.indicators.schemas.parameters import (
    ExplainParameters,
    IndicatorId,
    PathPeriod,
    PathSubject,
)
from fansipan_gateway.indicators.service.explain import ExplainQuery, Explanations


def explain_router(explanations: Explanations, access: ReadAccess) -> APIRouter:
    """The door to explanations."""
    router = APIRouter(tags=[TAG])

    @router.get(
        "/v1/indicators/{indicator}/values/{subject:path}/{period}/explain",
        summary="Why this value?",
        response_model=ExplanationItem,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def explain_value(
        request: Request,
        indicator: IndicatorId,
        subject: PathSubject,
        period: PathPeriod,
        parameters: Annotated[ExplainParameters, Query()],
        reader: Annotated[Reader, Depends(access)],
    ) -> Response:
        """The definition and the law, numerator and denominator, what the figure was made of and what was left out and
        why, its revisions with their reasons, and what happened to it after its period was closed.

        Inputs come in pages (`next`), corrections of readings in pages of their own (`nextCorrections`). With `asOf`
        the figure is the one known then; readings and cases are those stored now, with their corrections. A reader who
        may not see a provider's data is not shown its readings and cases.
        """
        found = await explanations.explain(
            ExplainQuery(
                indicator=indicator,
                subject=parse_subject(subject),
                period=period,
                visibility=reader.visibility,
                as_of=parameters.as_of,
                version=parameters.version,
                limit=parameters.limit,
                cursor=parameters.cursor,
                corrections_cursor=parameters.corrections_cursor,
            )
        )
        corrections = None
        if found.corrections_cursor is not None:
            corrections = str(request.url.include_query_params(correctionsCursor=found.corrections_cursor))
        body = {**found.body, "next": next_link(request, found.cursor), "nextCorrections": corrections}
        return respond(request, orjson.dumps(body), public=reader.shared)

    return router
