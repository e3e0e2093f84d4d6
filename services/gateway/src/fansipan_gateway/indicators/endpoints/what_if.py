"""`POST /v1/indicators/{id}/what-if`."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Response

from fansipan_common.problems import problem_responses
from fansipan_gateway.access.domain import Reader
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.api.conditional import JSON
from fansipan_gateway.indicators.domain.subjects import parse_subject
from fansipan_gateway.indicators.endpoints.definitions import TAG
from fansipan_gateway.indicators.schemas.parameters import IndicatorId
from fansipan_gateway.indicators.schemas.what_if import AllOverdue, WhatIfAnswer, WhatIfRequest
from fansipan_gateway.indicators.service.what_if import WhatIf, WhatIfQuery


def what_if_router(what_if: WhatIf, operators: ReadAccess) -> APIRouter:
    """The door to what-if questions; `operators` says who may ask."""
    router = APIRouter(tags=[TAG])

    @router.post(
        "/v1/indicators/{indicator}/what-if",
        summary="What if these dossiers were finished?",
        response_model=WhatIfAnswer,
        responses=problem_responses(400, 401, 403, 404, 422, 429, 503),
    )
    async def compute_what_if(
        indicator: IndicatorId, body: WhatIfRequest, reader: Annotated[Reader, Depends(operators)]
    ) -> Response:
        """The marginal effect on a figure, and on everything it is made of, of finishing open dossiers at `at`.

        It begins from the present figures and changes nothing. It needs the role operator or admin. Figures that do not
        follow from single cases (counts of procedures, durations, ratings, normalised indices) stay as they are:
        `estimated` is false.
        """
        named = (
            tuple((one.provider, one.dossier_id) for one in body.finish)
            if isinstance(body.finish, list)
            else ()
        )
        answer = await what_if.compute(
            WhatIfQuery(
                indicator=indicator,
                subject=parse_subject(body.subject),
                period=body.period,
                visibility=reader.visibility,
                at=body.at,
                named=named,
                overdue_only=isinstance(body.finish, AllOverdue),
            )
        )
        return Response(orjson.dumps(answer), media_type=JSON, headers={"Cache-Control": "no-store"})

    return router
