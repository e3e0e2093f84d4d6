"""`/v1/periods`."""

from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response

from fansipan_common.problems import problem_responses
from fansipan_gateway.access.domain import Reader
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.api.conditional import JSON, respond
from fansipan_gateway.api.pages import respond_page
from fansipan_gateway.periods.schemas import (
    Close,
    CloseDetail,
    CloseList,
    CloseRequest,
    ListParameters,
    PeriodText,
    RestatementList,
    Verification,
)
from fansipan_gateway.periods.service import Periods

_TAG: Final = "closed periods"


def periods_router(
    periods: Periods, access: ReadAccess, operators: ReadAccess, admins: ReadAccess
) -> APIRouter:
    """The door to closed periods.

    Args:
        periods: the service.
        access: who reads.
        operators: who verifies: it reads every row.
        admins: who closes.
    """
    router = APIRouter(tags=[_TAG])

    @router.get(
        "/v1/periods",
        summary="Closed periods",
        response_model=CloseList,
        responses=problem_responses(400, 401, 403, 429, 503),
    )
    async def list_periods(
        request: Request,
        parameters: Annotated[ListParameters, Query()],
        reader: Annotated[Reader, Depends(access)],
    ) -> Response:
        """Closes, newest first."""
        page = await periods.list(reader, limit=parameters.limit, cursor=parameters.cursor)
        return respond_page(request, page, public=reader.shared)

    @router.get(
        "/v1/periods/{period}",
        summary="One closed period",
        response_model=CloseDetail,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def get_period(
        request: Request, period: PeriodText, reader: Annotated[Reader, Depends(access)]
    ) -> Response:
        """Who closed it, when and why, what it froze, and how many figures would be others today."""
        item = await periods.get(period, reader)
        return respond(request, orjson.dumps(item), public=reader.shared)

    @router.post(
        "/v1/periods/{period}/close",
        summary="Close a period",
        status_code=201,
        response_model=Close,
        responses=problem_responses(400, 401, 403, 409, 429, 503),
    )
    async def close_period(
        period: PeriodText, body: CloseRequest, reader: Annotated[Reader, Depends(admins)]
    ) -> Response:
        """Freeze every figure of exactly this period (khoá sổ). It needs the role admin and cannot be undone.

        What changes later does not change the figures: it becomes an entry in the ledger of restatements. Only a period
        that has ended can be closed, once (409 else). While data that may change its figures waits to be evaluated the
        answer is 503 with `Retry-After`.

        The frozen figures form a hash chain together with those of all closes before: `digest` vouches for all of them.
        """
        item = await periods.close(period, reader, note=body.note)
        return Response(
            orjson.dumps(item), 201, headers={"Location": f"/v1/periods/{item['period']}"}, media_type=JSON
        )

    @router.get(
        "/v1/periods/{period}/verify",
        summary="Verify a closed period",
        response_model=Verification,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def verify_period(
        request: Request, period: PeriodText, reader: Annotated[Reader, Depends(operators)]
    ) -> Response:
        """Recompute the hash chain from the rows: a changed, removed or added row is found and named.

        For operators. `fansipan periods verify` does the same from the command line.
        """
        item = await periods.verify(period, reader.visibility)
        return respond(request, orjson.dumps(item), public=reader.shared)

    @router.get(
        "/v1/periods/{period}/restatements",
        summary="What was found out since the close",
        response_model=RestatementList,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def list_restatements(
        request: Request,
        period: PeriodText,
        parameters: Annotated[ListParameters, Query()],
        reader: Annotated[Reader, Depends(access)],
    ) -> Response:
        """The ledger: each figure that changed after the close, from what to what, why and when."""
        page = await periods.restatements(
            period, reader.visibility, limit=parameters.limit, cursor=parameters.cursor
        )
        return respond_page(request, page, public=reader.shared)

    return router
