"""`GET /v1/provider/{provider}/usage`."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from fansipan_common.problems import problem_responses
from fansipan_gateway.administration.answers import answer
from fansipan_gateway.administration.providers.domain import limits_of
from fansipan_gateway.administration.providers.schemas import Limits
from fansipan_gateway.api.parameters import Parameters, ResponseModel
from fansipan_gateway.domain.results import Row
from fansipan_gateway.domain.time_range import format_instant
from fansipan_gateway.self_service.manager import Manager, Managers
from fansipan_gateway.self_service.usage.repository import Usage

_ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")


class UsageParameters(Parameters):
    """Query parameters."""

    days: Annotated[int, Field(ge=1, le=90, description="Today and those before it.")] = 30


class DayOfKey(ResponseModel):
    """What was sent on a day with a key."""

    day: str
    key_id: Annotated[str, Field(description="Or `mqtt`: by MQTT; `internal`: through the gateway.")]
    key_name: str | None
    requests: int
    accepted: Annotated[int, Field(description="Observations and service events.")]
    bytes: Annotated[int, Field(description="Of bodies, as they were sent.")]
    refused: Annotated[dict[str, int], Field(description="By code: items, and requests as a whole.")]
    last_used_at: str


class ProviderUsage(ResponseModel):
    """What a provider sent, and may send."""

    today: str
    limits: Limits
    items: list[DayOfKey]


def usage_router(usage: Usage, managers: Managers, now: Callable[[], datetime]) -> APIRouter:
    """The door to a provider's usage."""
    router = APIRouter(tags=["provider"])

    @router.get(
        "/v1/provider/{provider}/usage",
        summary="What a provider sent, by day and key",
        response_model=ProviderUsage,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def read_usage(
        parameters: Annotated[UsageParameters, Query()],
        manager: Annotated[Manager, Depends(managers.of)],
    ) -> Response:
        """Days are those of Asia/Ho_Chi_Minh; figures are a few seconds old, and kept for 90 days."""
        today = now().astimezone(_ZONE).date()
        rows = await usage.fetch(manager.provider_id, today - timedelta(days=parameters.days - 1))
        limits = limits_of(await usage.limits(manager.provider_id))
        return answer({"today": today.isoformat(), "limits": limits, "items": [_item(row) for row in rows]})

    return router


def _item(row: Row) -> dict[str, Any]:
    return {
        "day": row["day"].isoformat(),
        "keyId": row["key_id"],
        "keyName": row["key_name"],
        "requests": row["requests"],
        "accepted": row["accepted"],
        "bytes": row["bytes"],
        "refused": row["refused"],
        "lastUsedAt": format_instant(row["last_used_at"].astimezone(UTC)),
    }
