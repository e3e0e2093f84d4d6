"""`GET /v1/agencies` and `GET /v1/procedures`."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request, Response

from fansipan_common.problems import problem_responses
from fansipan_gateway.access.domain import Reader
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.api.pages import respond_page
from fansipan_gateway.names.schemas import AgencyList, AgencyParameters, ProcedureList, ProcedureParameters
from fansipan_gateway.names.service import Names

_MAX_AGE: Final = 10


def names_router(agencies: Names, procedures: Names, access: ReadAccess) -> APIRouter:
    """The door to names."""
    router = APIRouter(tags=["public services"])

    @router.get(
        "/v1/agencies",
        summary="What agencies are called",
        response_model=AgencyList,
        responses=problem_responses(400, 401, 403, 429, 503),
    )
    async def list_agencies(
        request: Request,
        parameters: Annotated[AgencyParameters, Query()],
        reader: Annotated[Reader, Depends(access)],
    ) -> Response:
        """Agencies that have a name, in the order of their keys. Everybody who may read sees all."""
        wanted = {"level": parameters.level, "area": parameters.area}
        return await _answer(request, reader, agencies, parameters, wanted)

    @router.get(
        "/v1/procedures",
        summary="What procedures are called",
        response_model=ProcedureList,
        responses=problem_responses(400, 401, 403, 429, 503),
    )
    async def list_procedures(
        request: Request,
        parameters: Annotated[ProcedureParameters, Query()],
        reader: Annotated[Reader, Depends(access)],
    ) -> Response:
        """Procedures that have a name, in the order of their keys. Everybody who may read sees all."""
        return await _answer(request, reader, procedures, parameters, {"field": parameters.field})

    return router


async def _answer(
    request: Request,
    reader: Reader,
    names: Names,
    parameters: AgencyParameters | ProcedureParameters,
    wanted: Mapping[str, str | None],
) -> Response:
    page = await names.list(wanted, q=parameters.q, limit=parameters.limit, cursor=parameters.cursor)
    return respond_page(request, page, public=reader.shared, max_age=_MAX_AGE)
