"""`GET /v1/indicators/{id}/values`, `/v1/indicators/{id}/latest` and `/v1/indicators/latest`."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response

from fansipan_common.problems import problem_responses
from fansipan_gateway.access.domain import Reader
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.api.conditional import respond
from fansipan_gateway.api.links import next_link
from fansipan_gateway.api.pages import respond_page
from fansipan_gateway.indicators.domain.subjects import chosen_subject, parse_subject
from fansipan_gateway.indicators.endpoints.definitions import TAG
from fansipan_gateway.indicators.schemas.figures import CardList, FigureList, Ranking
from fansipan_gateway.indicators.schemas.parameters import (
    CardParameters,
    IndicatorId,
    RankingParameters,
    ValuesParameters,
)
from fansipan_gateway.indicators.service.newest import NewestFigures, RankingQuery
from fansipan_gateway.indicators.service.series import FigureSeries, SeriesQuery


def figures_router(series: FigureSeries, newest: NewestFigures, access: ReadAccess) -> APIRouter:
    """The door to figures. It comes before that of definitions: `latest` is no indicator's id there."""
    router = APIRouter(tags=[TAG])

    @router.get(
        "/v1/indicators/latest",
        summary="All indicators of one subject",
        response_model=CardList,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def read_cards(
        request: Request,
        parameters: Annotated[CardParameters, Query()],
        reader: Annotated[Reader, Depends(access)],
    ) -> Response:
        """The newest figure of each indicator that the subject has one of.

        Newest means: of the newest period with a figure, looking back 48 hours for hours, 60 days for days, 24 months
        for what is longer.
        """
        items = await newest.cards(
            parse_subject(parameters.subject),
            reader.visibility,
            group=parameters.group,
            kind=parameters.period,
            as_of=parameters.as_of,
        )
        return respond(request, orjson.dumps({"items": items}), public=reader.shared)

    @router.get(
        "/v1/indicators/{indicator}/values",
        summary="Figures of one subject over time",
        response_model=FigureList,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def read_values(
        request: Request,
        indicator: IndicatorId,
        parameters: Annotated[ValuesParameters, Query()],
        reader: Annotated[Reader, Depends(access)],
    ) -> Response:
        """Figures whose periods begin in the range, in the order of time. A period without a figure has no item.

        Each period follows the version of the definition in force at its start, unless `version` is given. A closed
        period has the figure that was closed; what is known today is then in `restated`.

        `boundaries` reads an area by the boundaries of a date. A unit that was merged since is answered with its own
        figures of the time before; a unit that did not exist on that date is a problem `area-not-in-force`, whose
        `units` list those that had its ground: ask for each. Nothing is added up across units, because most indicators
        cannot be.
        """
        page = await series.read(
            SeriesQuery(
                indicator=indicator,
                subject=chosen_subject(parameters.area, parameters.subject),
                kind=parameters.period,
                start=parameters.start,
                end=parameters.end,
                as_of=parameters.as_of,
                version=parameters.version,
                boundaries=parameters.boundaries,
                limit=parameters.limit,
                cursor=parameters.cursor,
            ),
            reader.visibility,
        )
        return respond_page(request, page, public=reader.shared)

    @router.get(
        "/v1/indicators/{indicator}/latest",
        summary="A ranking",
        response_model=Ranking,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def read_ranking(
        request: Request,
        indicator: IndicatorId,
        parameters: Annotated[RankingParameters, Query()],
        reader: Annotated[Reader, Depends(access)],
    ) -> Response:
        """The newest figure of each subject, best first by the indicator's `direction`.

        Values are compared as they are displayed (`decimals`), ties share a rank. Subjects may have figures of
        different periods: see `period` of each. Looks back 48 hours for hours, 60 days for days, 24 months for what is
        longer.
        """
        page = await newest.rank(
            RankingQuery(
                indicator=indicator,
                by=parameters.by,
                kind=parameters.period,
                as_of=parameters.as_of,
                limit=parameters.limit,
                cursor=parameters.cursor,
            ),
            reader.visibility,
        )
        body = orjson.dumps(
            {
                "indicator": indicator,
                "period": page.kind,
                "direction": page.direction,
                "total": page.total,
                "province": page.province,
                "items": page.items,
                "next": next_link(request, page.cursor, page.pinned),
            }
        )
        return respond(request, body, public=reader.shared)

    return router
