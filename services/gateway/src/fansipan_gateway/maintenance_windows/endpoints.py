"""`/v1/maintenance-windows`."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request, Response

from fansipan_common.problems import problem_responses
from fansipan_gateway.access.domain import Reader
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.api.conditional import JSON
from fansipan_gateway.api.pages import respond_page
from fansipan_gateway.maintenance_windows.schemas import Window, WindowBody, WindowList, WindowParameters
from fansipan_gateway.maintenance_windows.service import MaintenanceWindows

WindowId = Annotated[int, Path(ge=1, lt=1 << 31)]


def maintenance_windows_router(
    windows: MaintenanceWindows, viewers: ReadAccess, operators: ReadAccess
) -> APIRouter:
    """The door to maintenance windows: `viewers` (operators of any role) read, `operators` write."""
    router = APIRouter(tags=["alerts"])

    @router.get(
        "/v1/maintenance-windows",
        summary="Maintenance windows, the newest first",
        response_model=WindowList,
        responses=problem_responses(400, 401, 403, 429, 503),
    )
    async def list_windows(
        request: Request,
        parameters: Annotated[WindowParameters, Query()],
        reader: Annotated[Reader, Depends(viewers)],
    ) -> Response:
        """While one holds, alerts of its rule and subject are opened silenced: shown, but nobody is told."""
        page = await windows.list(
            reader.visibility, current=parameters.current, limit=parameters.limit, cursor=parameters.cursor
        )
        return respond_page(request, page, public=False)

    @router.post(
        "/v1/maintenance-windows",
        status_code=201,
        summary="Make a maintenance window",
        response_model=Window,
        responses=problem_responses(400, 401, 403, 422, 429, 503),
    )
    async def make_window(body: WindowBody, operator: Annotated[Reader, Depends(operators)]) -> Response:
        """Needs the role operator or admin."""
        item = await windows.make(
            rule=body.rule,
            subject=body.subject,
            starts_at=body.starts_at,
            ends_at=body.ends_at,
            reason=body.reason,
            operator=operator,
        )
        return Response(orjson.dumps(item), 201, media_type=JSON)

    @router.post(
        "/v1/maintenance-windows/{window_id}/end",
        summary="End a maintenance window now",
        response_model=Window,
        responses=problem_responses(400, 401, 403, 404, 409, 429, 503),
    )
    async def end_window(window_id: WindowId, operator: Annotated[Reader, Depends(operators)]) -> Response:
        """Also one that has not begun yet. Needs the role operator or admin."""
        return Response(orjson.dumps(await windows.end(window_id, operator)), media_type=JSON)

    return router
