"""`/v1/admin/providers/{key}/members`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from fansipan_common.problems import problem_responses
from fansipan_gateway.access.domain import Reader
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.administration.actor import actor_of
from fansipan_gateway.administration.answers import answer
from fansipan_gateway.administration.members.repository import Members
from fansipan_gateway.administration.schemas import ProviderPath, UsernamePath
from fansipan_gateway.api.parameters import ResponseModel


class Member(ResponseModel):
    """An operator who manages a provider."""

    username: str
    display_name: str
    role: str
    disabled: bool
    added_at: str
    added_by: str


class MemberList(ResponseModel):
    """By name, a thousand at most."""

    items: Annotated[list[Member], Field(max_length=1_000)]


def members_router(members: Members, admins: ReadAccess) -> APIRouter:
    """The doors to members of providers, for admins."""
    router = APIRouter(tags=["administration"])

    @router.get(
        "/v1/admin/providers/{key}/members",
        summary="Who manages a provider",
        response_model=MemberList,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def list_members(key: ProviderPath, _admin: Annotated[Reader, Depends(admins)]) -> Response:
        """They manage its keys and webhooks at /v1/provider."""
        return answer({"items": await members.list(key)})

    @router.put(
        "/v1/admin/providers/{key}/members/{username}",
        summary="Make an operator a member of a provider",
        status_code=204,
        response_class=Response,
        responses=problem_responses(400, 401, 403, 404, 409, 429, 503),
    )
    async def add_member(
        request: Request,
        key: ProviderPath,
        username: UsernamePath,
        admin: Annotated[Reader, Depends(admins)],
    ) -> Response:
        """An operator with the role integrator belongs to one provider, and sees what its keys see."""
        await members.add(key, username, actor_of(request, admin))
        return Response(status_code=204)

    @router.delete(
        "/v1/admin/providers/{key}/members/{username}",
        summary="End a membership",
        status_code=204,
        response_class=Response,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def remove_member(
        request: Request,
        key: ProviderPath,
        username: UsernamePath,
        admin: Annotated[Reader, Depends(admins)],
    ) -> Response:
        """Keys that they made stay good: revoke them if they should not."""
        await members.remove(key, username, actor_of(request, admin))
        return Response(status_code=204)

    return router
