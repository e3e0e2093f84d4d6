"""`/v1/admin/providers/{key}/api-keys` and `/v1/admin/api-keys`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from fansipan_common.problems import problem_responses
from fansipan_gateway.access.domain import Reader
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.administration.actor import actor_of
from fansipan_gateway.administration.answers import answer, answer_page
from fansipan_gateway.administration.keys.domain import NewKey
from fansipan_gateway.administration.keys.schemas import ApiKeyList, KeyBody, KeyId, KeyParameters, NewApiKey
from fansipan_gateway.administration.keys.service import Keys
from fansipan_gateway.administration.schemas import ListParameters, ProviderPath


def keys_router(keys: Keys, admins: ReadAccess) -> APIRouter:
    """The doors to API keys, for admins."""
    router = APIRouter(tags=["administration"])

    @router.get(
        "/v1/admin/api-keys",
        summary="API keys of all providers",
        response_model=ApiKeyList,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def list_all_keys(
        request: Request,
        parameters: Annotated[KeyParameters, Query()],
        _admin: Annotated[Reader, Depends(admins)],
    ) -> Response:
        """Newest first; revoked and expired ones, too."""
        page = await keys.list(parameters.provider, limit=parameters.limit, cursor=parameters.cursor)
        return answer_page(request, page)

    @router.get(
        "/v1/admin/providers/{key}/api-keys",
        summary="API keys of a provider",
        response_model=ApiKeyList,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def list_keys(
        request: Request,
        key: ProviderPath,
        parameters: Annotated[ListParameters, Query()],
        _admin: Annotated[Reader, Depends(admins)],
    ) -> Response:
        """Newest first; revoked and expired ones, too."""
        page = await keys.list(key, limit=parameters.limit, cursor=parameters.cursor)
        return answer_page(request, page)

    @router.post(
        "/v1/admin/providers/{key}/api-keys",
        summary="Make an API key",
        status_code=201,
        response_model=NewApiKey,
        responses=problem_responses(400, 401, 403, 404, 409, 422, 429, 503),
    )
    async def create_key(
        request: Request, key: ProviderPath, body: KeyBody, admin: Annotated[Reader, Depends(admins)]
    ) -> Response:
        """`key` in the answer is shown this once: the database has a digest of it only."""
        scopes = tuple(sorted(set(body.scopes)))
        new = NewKey(key, body.name, scopes, tuple(body.datastream_prefixes), body.expires_at)
        return answer(await keys.create(new, actor_of(request, admin)), 201)

    @router.delete(
        "/v1/admin/api-keys/{key_id}",
        summary="Revoke an API key",
        status_code=204,
        response_class=Response,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def revoke_key(
        request: Request, key_id: KeyId, admin: Annotated[Reader, Depends(admins)]
    ) -> Response:
        """Within a second it is refused by ingest and gateway; it stays in the list. Again is the same."""
        await keys.revoke(key_id, actor_of(request, admin))
        return Response(status_code=204)

    return router
