"""`/v1/provider/{provider}/webhooks` and `/v1/admin/webhooks`: the same doors, for two kinds of owner."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from fansipan_common.errors import Forbidden
from fansipan_common.problems import problem_responses
from fansipan_common.security import Scope
from fansipan_gateway.access.endpoints import ReadAccess
from fansipan_gateway.administration.actor import actor_of
from fansipan_gateway.administration.answers import answer, answer_page
from fansipan_gateway.self_service.manager import Managed, Managers
from fansipan_gateway.self_service.webhooks.domain import Owner, Wanted
from fansipan_gateway.self_service.webhooks.schemas import (
    DeliveryList,
    DeliveryNumber,
    DeliveryParameters,
    NewWebhook,
    Queued,
    Webhook,
    WebhookBody,
    WebhookChangeBody,
    WebhookId,
    WebhookList,
    WholeDelivery,
)
from fansipan_gateway.self_service.webhooks.service import Webhooks

OwnerOf = Callable[..., Awaitable[Owner]]
"""A dependency."""
_FIELDS = ("events", "indicators", "subjects", "areas", "bands", "severities")


def owned_by_provider(managers: Managers) -> OwnerOf:
    """Webhooks of the provider in the path. A key needs the scope `read`: a webhook is a way to read."""

    async def owner(request: Request, provider: Managed) -> Owner:
        manager = await managers.of(request, provider)
        if Scope.READ not in manager.scopes:
            raise Forbidden("this API key lacks the scope 'read': a webhook tells what may be read")
        return Owner(manager.actor, manager.provider_id, manager.prefixes)

    return owner


def owned_by_administration(admins: ReadAccess) -> OwnerOf:
    """Webhooks of the administration."""

    async def owner(request: Request) -> Owner:
        return Owner(actor_of(request, await admins(request)), None)

    return owner


def webhooks_router(webhooks: Webhooks, owner_of: OwnerOf, *, base: str, tag: str) -> APIRouter:
    """The doors to the webhooks of an owner, below the path `base`."""
    router = APIRouter(tags=[tag], prefix=base)

    @router.get(
        "",
        summary="Webhooks",
        response_model=WebhookList,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def list_webhooks(owner: Annotated[Owner, Depends(owner_of)]) -> Response:
        """In the order in which they were made."""
        return answer({"items": await webhooks.all_of(owner)})

    @router.post(
        "",
        summary="Make a webhook",
        status_code=201,
        response_model=NewWebhook,
        responses=problem_responses(400, 401, 403, 404, 422, 429, 503),
    )
    async def create_webhook(body: WebhookBody, owner: Annotated[Owner, Depends(owner_of)]) -> Response:
        """`secret` in the answer is shown this once. It is told only what its owner may read."""
        fields = body.model_dump()
        wanted = Wanted(body.name, body.url, *(tuple(fields[name]) for name in _FIELDS))
        return answer(await webhooks.create(owner, wanted), 201)

    @router.get(
        "/{webhook}",
        summary="One webhook",
        response_model=Webhook,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def get_webhook(webhook: WebhookId, owner: Annotated[Owner, Depends(owner_of)]) -> Response:
        """With the reason when it was disabled."""
        return answer(await webhooks.get(owner, webhook))

    @router.patch(
        "/{webhook}",
        summary="Change a webhook, enable or disable it",
        response_model=Webhook,
        responses=problem_responses(400, 401, 403, 404, 422, 429, 503),
    )
    async def change_webhook(
        webhook: WebhookId, body: WebhookChangeBody, owner: Annotated[Owner, Depends(owner_of)]
    ) -> Response:
        """Only the fields that are given. Disabled, what waits becomes dead letters, and what happens is not kept."""
        fields = body.model_dump(exclude_unset=True, exclude={"enabled"})
        change = {
            name: tuple(value) if name in _FIELDS else value
            for name, value in fields.items()
            if value is not None
        }
        return answer(await webhooks.change(owner, webhook, change, body.enabled))

    @router.delete(
        "/{webhook}",
        summary="Delete a webhook",
        status_code=204,
        response_class=Response,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def delete_webhook(webhook: WebhookId, owner: Annotated[Owner, Depends(owner_of)]) -> Response:
        """With its deliveries."""
        await webhooks.delete(owner, webhook)
        return Response(status_code=204)

    @router.post(
        "/{webhook}/secret",
        summary="Change the secret",
        status_code=201,
        response_model=NewWebhook,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def change_secret(webhook: WebhookId, owner: Annotated[Owner, Depends(owner_of)]) -> Response:
        """All that is sent from now on is signed with the new one; shown this once."""
        return answer(await webhooks.change_secret(owner, webhook), 201)

    @router.post(
        "/{webhook}/test",
        summary="Send a test",
        status_code=202,
        response_model=Queued,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def test_webhook(webhook: WebhookId, owner: Annotated[Owner, Depends(owner_of)]) -> Response:
        """Once, within seconds, also to one that is disabled; see what became of it among the deliveries."""
        return answer({"delivery": await webhooks.test(owner, webhook)}, 202)

    @router.get(
        "/{webhook}/deliveries",
        summary="Deliveries of a webhook",
        response_model=DeliveryList,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def list_deliveries(
        request: Request,
        webhook: WebhookId,
        parameters: Annotated[DeliveryParameters, Query()],
        owner: Annotated[Owner, Depends(owner_of)],
    ) -> Response:
        """Newest first. What was delivered is kept for 7 days, dead letters for 30."""
        page = await webhooks.deliveries(
            owner, webhook, state=parameters.state, limit=parameters.limit, cursor=parameters.cursor
        )
        return answer_page(request, page)

    @router.get(
        "/{webhook}/deliveries/{number}",
        summary="One delivery",
        response_model=WholeDelivery,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def get_delivery(
        webhook: WebhookId, number: DeliveryNumber, owner: Annotated[Owner, Depends(owner_of)]
    ) -> Response:
        """With the event in it."""
        return answer(await webhooks.delivery(owner, webhook, number))

    @router.post(
        "/{webhook}/deliveries/{number}/resend",
        summary="Send a delivery again",
        status_code=202,
        response_model=Queued,
        responses=problem_responses(400, 401, 403, 404, 409, 429, 503),
    )
    async def resend_delivery(
        webhook: WebhookId, number: DeliveryNumber, owner: Annotated[Owner, Depends(owner_of)]
    ) -> Response:
        """With the same `webhook-id`: a receiver that has seen it passes over it."""
        await webhooks.resend(owner, webhook, number)
        return answer({"delivery": number}, 202)

    return router
