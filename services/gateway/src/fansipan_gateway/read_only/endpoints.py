"""`/v1/admin/read-only`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from fansipan_common.problems import problem_responses
from fansipan_gateway.access.domain import Reader
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.administration.actor import actor_of
from fansipan_gateway.administration.answers import answer
from fansipan_gateway.read_only.domain import ADDRESS
from fansipan_gateway.read_only.schemas import ReadOnlyAnswer, ReadOnlyBody
from fansipan_gateway.read_only.service import ReadOnlyMode


def read_only_router(mode: ReadOnlyMode, admins: ReadAccess) -> APIRouter:
    """The door to read-only mode, for admins. Everybody sees it in `/v1/status`."""
    router = APIRouter(tags=["administration"])

    @router.get(
        ADDRESS,
        summary="Whether the platform is read-only",
        response_model=ReadOnlyAnswer,
        responses=problem_responses(400, 401, 403, 429, 503),
    )
    async def read_mode(_admin: Annotated[Reader, Depends(admins)]) -> Response:
        """As this replica knows it, two seconds old at most."""
        return answer({"readOnly": mode.document()})

    @router.put(
        ADDRESS,
        summary="Make the platform read-only",
        response_model=ReadOnlyAnswer,
        responses=problem_responses(400, 401, 403, 422, 429, 503),
    )
    async def begin(
        request: Request, body: ReadOnlyBody, admin: Annotated[Reader, Depends(admins)]
    ) -> Response:
        """Every gateway then answers 503 `read-only` to what would change something, within two seconds. Reading,
        signing in and what sensors send to ingest go on. Again: another reason or end.
        """
        await mode.begin(body.reason, body.until, actor_of(request, admin))
        return answer({"readOnly": mode.document()})

    @router.delete(
        ADDRESS,
        summary="Let changes be made again",
        status_code=204,
        response_class=Response,
        responses=problem_responses(400, 401, 403, 429, 503),
    )
    async def end(request: Request, admin: Annotated[Reader, Depends(admins)]) -> Response:
        """Also when it was not read-only."""
        await mode.end(actor_of(request, admin))
        return Response(status_code=204)

    return router
