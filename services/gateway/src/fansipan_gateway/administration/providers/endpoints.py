"""`/v1/admin/providers`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from fansipan_common.problems import problem_responses
from fansipan_gateway.access.domain import Reader
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.administration.actor import actor_of
from fansipan_gateway.administration.answers import answer, answer_page
from fansipan_gateway.administration.providers.domain import NewProvider, ProviderChange
from fansipan_gateway.administration.providers.schemas import (
    Provider,
    ProviderBody,
    ProviderChangeBody,
    ProviderList,
)
from fansipan_gateway.administration.providers.service import Providers
from fansipan_gateway.administration.schemas import ListParameters, ProviderPath
from fansipan_gateway.administration.versions import IfMatch


def providers_router(providers: Providers, admins: ReadAccess) -> APIRouter:
    """The door to providers, for admins."""
    router = APIRouter(tags=["administration"])

    @router.get(
        "/v1/admin/providers",
        summary="Providers",
        response_model=ProviderList,
        responses=problem_responses(400, 401, 403, 429, 503),
    )
    async def list_providers(
        request: Request,
        parameters: Annotated[ListParameters, Query()],
        _admin: Annotated[Reader, Depends(admins)],
    ) -> Response:
        """In the order of their keys."""
        page = await providers.list(limit=parameters.limit, cursor=parameters.cursor)
        return answer_page(request, page)

    @router.post(
        "/v1/admin/providers",
        summary="Make a provider",
        status_code=201,
        response_model=Provider,
        responses=problem_responses(400, 401, 403, 409, 429, 503),
    )
    async def create_provider(
        request: Request, body: ProviderBody, admin: Annotated[Reader, Depends(admins)]
    ) -> Response:
        """Its key is for good: it is the first part of the keys of its datastreams."""
        new = NewProvider(body.key, body.name, body.contact, body.auto_register)
        item = await providers.create(new, actor_of(request, admin))
        return answer(item, 201, f"/v1/admin/providers/{body.key}")

    @router.get(
        "/v1/admin/providers/{key}",
        summary="One provider",
        response_model=Provider,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def get_provider(key: ProviderPath, _admin: Annotated[Reader, Depends(admins)]) -> Response:
        """With an ETag for If-Match."""
        return answer(await providers.get(key))

    @router.patch(
        "/v1/admin/providers/{key}",
        summary="Change a provider, or disable it",
        response_model=Provider,
        responses=problem_responses(400, 401, 403, 404, 412, 429, 503),
    )
    async def change_provider(
        request: Request,
        key: ProviderPath,
        body: ProviderChangeBody,
        admin: Annotated[Reader, Depends(admins)],
        if_match: IfMatch = None,
    ) -> Response:
        """Only the fields that are given. With `If-Match` it is refused when somebody changed it meanwhile."""
        limits = {} if body.limits is None else body.limits.model_dump(by_alias=True, exclude_unset=True)
        change = ProviderChange(
            body.name, body.contact, body.auto_register, body.corrections_by_post, body.disabled, limits
        )
        return answer(await providers.change(key, change, if_match, actor_of(request, admin)))

    return router
