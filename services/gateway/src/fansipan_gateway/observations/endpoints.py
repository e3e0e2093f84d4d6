"""`GET /v1/observations`."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response

from fansipan_common.problems import problem_responses
from fansipan_gateway.access.domain import Reader
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.api.conditional import respond
from fansipan_gateway.api.links import next_link
from fansipan_gateway.observations.schemas import ObservationPage, ObservationParameters
from fansipan_gateway.observations.service import ObservationQuery, Observations


def observations_router(observations: Observations, access: ReadAccess) -> APIRouter:
    """The door to time series."""
    router = APIRouter(tags=["observations"])

    @router.get(
        "/v1/observations",
        summary="Time series of one or more datastreams",
        response_model=ObservationPage,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def read_observations(
        request: Request,
        parameters: Annotated[ObservationParameters, Query()],
        reader: Annotated[Reader, Depends(access)],
    ) -> Response:
        """Raw observations or rollups with `from` ≤ time < `to`, ordered by datastream and time.

        `granularity=raw` without `maxPoints` gives every row, in pages. With `maxPoints`, a datastream that has more
        rows is thinned to that many by Largest-Triangle-Three-Buckets, which keeps peaks and the first and last row.

        A rollup item is in the range when its bucket begins there, so that ranges that touch count nothing twice.
        Rollups hold numeric results that are not marked bad; hours and days are those of Asia/Ho_Chi_Minh. 1-minute
        rollups are exact as soon as the observations are stored; hours and days follow, normally within a second.
        """
        answer = await observations.read(
            ObservationQuery(
                datastreams=parameters.datastream,
                start=parameters.start,
                end=parameters.end,
                granularity=parameters.granularity,
                max_points=parameters.max_points,
                limit=parameters.limit,
                cursor=parameters.cursor,
            ),
            reader.visibility,
        )
        rest = {"next": next_link(request, answer.cursor, answer.pinned), "granularity": answer.granularity}
        body = b"".join((b'{"items":[', answer.items.encode(), b"],", orjson.dumps(rest)[1:]))
        return respond(request, body, public=reader.shared)

    return router
