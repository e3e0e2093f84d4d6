"""`/v1/provider/{provider}/api-keys`: made, rotated and revoked by the provider itself."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from fansipan_common.problems import problem_responses
from fansipan_common.security import generate_api_key
from fansipan_gateway.administration.answers import answer, answer_page
from fansipan_gateway.administration.keys.domain import NewKey, check_new_key, key_item
from fansipan_gateway.administration.keys.schemas import ApiKeyList, KeyBody, KeyId, NewApiKey
from fansipan_gateway.administration.keys.service import cursor_behind, place_of
from fansipan_gateway.administration.schemas import Body, ListParameters
from fansipan_gateway.domain.pages import page_of
from fansipan_gateway.self_service.keys.repository import ManagedKeys
from fansipan_gateway.self_service.manager import Manager, Managers


class RotationBody(Body):
    """How a key is replaced."""

    overlap_hours: Annotated[
        float, Field(ge=0, le=24 * 30, description="How long the old key stays good beside the new one.")
    ] = 24.0


def managed_keys_router(keys: ManagedKeys, managers: Managers, now: Callable[[], datetime]) -> APIRouter:
    """The doors to a provider's own keys."""
    router = APIRouter(tags=["provider"])

    @router.get(
        "/v1/provider/{provider}/api-keys",
        summary="API keys of a provider",
        response_model=ApiKeyList,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def list_managed_keys(
        request: Request,
        parameters: Annotated[ListParameters, Query()],
        manager: Annotated[Manager, Depends(managers.of)],
    ) -> Response:
        """Newest first; revoked and expired ones, too. A key sees those that have no right it has not."""
        limit = parameters.limit
        rows = await keys.fetch(manager, before=place_of(parameters.cursor), limit=limit + 1)
        page = page_of(rows, limit, lambda row: key_item(row, now()), behind=cursor_behind)
        return answer_page(request, page)

    @router.post(
        "/v1/provider/{provider}/api-keys",
        summary="Make an API key",
        status_code=201,
        response_model=NewApiKey,
        responses=problem_responses(400, 401, 403, 404, 409, 422, 429, 503),
    )
    async def create_managed_key(
        body: KeyBody, manager: Annotated[Manager, Depends(managers.of)]
    ) -> Response:
        """`key` in the answer is shown this once. It has no right that whoever makes it has not."""
        check_new_key(manager.provider, body.datastream_prefixes, body.expires_at, now())
        key = generate_api_key()
        scopes = tuple(sorted(set(body.scopes)))
        new = NewKey(manager.provider, body.name, scopes, tuple(body.datastream_prefixes), body.expires_at)
        row = await keys.create(manager, new, key)
        return answer({**key_item(row, now()), "key": key.text}, 201)

    @router.post(
        "/v1/provider/{provider}/api-keys/{key_id}/rotate",
        summary="Replace an API key",
        status_code=201,
        response_model=NewApiKey,
        responses=problem_responses(400, 401, 403, 404, 409, 422, 429, 503),
    )
    async def rotate_key(
        key_id: KeyId,
        body: RotationBody,
        manager: Annotated[Manager, Depends(managers.of)],
    ) -> Response:
        """A new key with the same rights and end, shown this once; the old one stays good for `overlapHours`."""
        key = generate_api_key()
        row = await keys.rotate(manager, key_id, key, timedelta(hours=body.overlap_hours))
        return answer({**key_item(row, now()), "key": key.text}, 201)

    @router.delete(
        "/v1/provider/{provider}/api-keys/{key_id}",
        summary="Revoke an API key",
        status_code=204,
        response_class=Response,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def revoke_managed_key(
        key_id: KeyId, manager: Annotated[Manager, Depends(managers.of)]
    ) -> Response:
        """Within a second it is refused by ingest and gateway; it stays in the list. Again is the same."""
        await keys.revoke(manager, key_id)
        return Response(status_code=204)

    return router
