"""`/v1/admin/agencies` and `/v1/admin/procedures`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from fansipan_common.problems import problem_responses
from fansipan_gateway.access.domain import Reader
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.administration.actor import actor_of
from fansipan_gateway.administration.answers import answer
from fansipan_gateway.administration.names.domain import NameFilter
from fansipan_gateway.administration.names.schemas import (
    AdminAgencyParameters,
    AdministeredAgency,
    AdministeredAgencyList,
    AdministeredProcedure,
    AdministeredProcedureList,
    AdminProcedureParameters,
    AgencyBody,
    KeyPath,
    ProcedureBody,
)
from fansipan_gateway.administration.names.service import AdministeredPage, NameAdministration
from fansipan_gateway.administration.versions import IfMatch
from fansipan_gateway.api.links import next_link

_READING = problem_responses(400, 401, 403, 429, 503)
_WRITING = problem_responses(400, 401, 403, 412, 422, 429, 503)
_DELETING = problem_responses(400, 401, 403, 404, 412, 429, 503)


def administered_names_router(
    agencies: NameAdministration, procedures: NameAdministration, admins: ReadAccess
) -> APIRouter:
    """The door to names, for admins."""
    router = APIRouter(tags=["administration"])

    @router.get(
        "/v1/admin/agencies",
        summary="Agencies, also without a name",
        response_model=AdministeredAgencyList,
        responses=_READING,
    )
    async def list_administered_agencies(
        request: Request,
        parameters: Annotated[AdminAgencyParameters, Query()],
        _admin: Annotated[Reader, Depends(admins)],
    ) -> Response:
        """Those that have a name and those that events name, in the order of keys."""
        narrowed = {"level": parameters.level, "area": parameters.area}
        wanted = NameFilter(narrowed, parameters.q, parameters.unnamed)
        page = await agencies.list(wanted, limit=parameters.limit, cursor=parameters.cursor)
        return _page(request, page)

    @router.put(
        "/v1/admin/agencies/{key}",
        summary="Name an agency",
        response_model=AdministeredAgency,
        responses=_WRITING,
    )
    async def put_agency(
        request: Request,
        key: KeyPath,
        body: AgencyBody,
        admin: Annotated[Reader, Depends(admins)],
        if_match: IfMatch = None,
    ) -> Response:
        """Says all of it: what is left out is not known afterwards. The key may be one that no event names yet.

        With `If-Match` it is refused when somebody changed it meanwhile.
        """
        said = body.model_dump(by_alias=True)
        return answer(await agencies.put(key, said, if_match, actor_of(request, admin)))

    @router.delete(
        "/v1/admin/agencies/{key}",
        summary="Take an agency's name away",
        status_code=204,
        response_class=Response,
        responses=_DELETING,
    )
    async def delete_agency_name(
        request: Request,
        key: KeyPath,
        admin: Annotated[Reader, Depends(admins)],
        if_match: IfMatch = None,
    ) -> Response:
        """Its events and figures stay, shown by its key."""
        await agencies.delete(key, if_match, actor_of(request, admin))
        return Response(status_code=204)

    @router.get(
        "/v1/admin/procedures",
        summary="Procedures, also without a name",
        response_model=AdministeredProcedureList,
        responses=_READING,
    )
    async def list_administered_procedures(
        request: Request,
        parameters: Annotated[AdminProcedureParameters, Query()],
        _admin: Annotated[Reader, Depends(admins)],
    ) -> Response:
        """Those that have a name and those that events name, in the order of keys."""
        wanted = NameFilter({"field": parameters.field}, parameters.q, parameters.unnamed)
        page = await procedures.list(wanted, limit=parameters.limit, cursor=parameters.cursor)
        return _page(request, page)

    @router.put(
        "/v1/admin/procedures/{key}",
        summary="Name a procedure",
        response_model=AdministeredProcedure,
        responses=_WRITING,
    )
    async def put_procedure(
        request: Request,
        key: KeyPath,
        body: ProcedureBody,
        admin: Annotated[Reader, Depends(admins)],
        if_match: IfMatch = None,
    ) -> Response:
        """Says all of it: what is left out is not known afterwards. The key may be one that no event names yet.

        With `If-Match` it is refused when somebody changed it meanwhile.
        """
        said = body.model_dump(by_alias=True)
        return answer(await procedures.put(key, said, if_match, actor_of(request, admin)))

    @router.delete(
        "/v1/admin/procedures/{key}",
        summary="Take a procedure's name away",
        status_code=204,
        response_class=Response,
        responses=_DELETING,
    )
    async def delete_procedure_name(
        request: Request,
        key: KeyPath,
        admin: Annotated[Reader, Depends(admins)],
        if_match: IfMatch = None,
    ) -> Response:
        """Its events and figures stay, shown by its key."""
        await procedures.delete(key, if_match, actor_of(request, admin))
        return Response(status_code=204)

    return router


def _page(request: Request, page: AdministeredPage) -> Response:
    following = next_link(request, page.cursor)
    return answer({"items": page.items, "next": following, "unnamed": page.unnamed})
