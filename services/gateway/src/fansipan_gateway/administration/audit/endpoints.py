"""`GET /v1/admin/audit`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from fansipan_common.problems import problem_responses
from fansipan_gateway.access.domain import Reader
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.administration.answers import answer_page
from fansipan_gateway.administration.audit.repository import AuditFilter
from fansipan_gateway.administration.audit.schemas import AuditList, AuditParameters
from fansipan_gateway.administration.audit.service import Audit


def audit_router(audit: Audit, admins: ReadAccess) -> APIRouter:
    """The door to the audit trail, for admins."""
    router = APIRouter(tags=["administration"])

    @router.get(
        "/v1/admin/audit",
        summary="What was done by whom",
        response_model=AuditList,
        responses=problem_responses(400, 401, 403, 429, 503),
    )
    async def list_audit(
        request: Request,
        parameters: Annotated[AuditParameters, Query()],
        _admin: Annotated[Reader, Depends(admins)],
    ) -> Response:
        """The newest first; several filters must all fit. Nothing here can be changed or deleted by anybody."""
        page = await audit.list(
            AuditFilter(
                parameters.actor, parameters.action, parameters.object, parameters.start, parameters.end
            ),
            limit=parameters.limit,
            cursor=parameters.cursor,
        )
        return answer_page(request, page)

    return router
