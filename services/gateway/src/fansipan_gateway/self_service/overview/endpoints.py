"""`GET /v1/provider` and the datastreams of one."""

from datetime import UTC
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from fansipan_common.problems import problem_responses
from fansipan_gateway.administration.answers import answer_page
from fansipan_gateway.administration.providers.domain import limits_of
from fansipan_gateway.administration.providers.schemas import Limits
from fansipan_gateway.administration.schemas import ListParameters
from fansipan_gateway.api.parameters import ResponseModel
from fansipan_gateway.domain.cursor import decode_id_cursor, decode_key_cursor, encode_cursor
from fansipan_gateway.domain.pages import page_of
from fansipan_gateway.domain.results import Row
from fansipan_gateway.domain.time_range import format_instant
from fansipan_gateway.self_service.manager import Manager, Managers
from fansipan_gateway.self_service.overview.repository import Holdings

_PROVIDERS: Final = "managed-providers"
_DATASTREAMS: Final = "managed-datastreams"


class ManagedProvider(ResponseModel):
    """A provider that the caller manages."""

    key: str
    name: str
    contact: str
    auto_register: bool
    disabled: bool
    limits: Limits
    things: int
    datastreams: int


class ManagedProviderList(ResponseModel):
    """One page, in the order of keys."""

    items: list[ManagedProvider]
    next: str | None


class ManagedDatastream(ResponseModel):
    """A datastream of the provider, and when something was measured last."""

    id: int
    key: str
    name: str
    thing: str
    thing_name: str
    area_code: str | None
    observation_type: str
    unit: Annotated[str | None, Field(description="UCUM code.")]
    created_at: str
    latest_at: str | None


class ManagedDatastreamList(ResponseModel):
    """One page, in the order of ids."""

    items: list[ManagedDatastream]
    next: str | None


def overview_router(holdings: Holdings, managers: Managers) -> APIRouter:
    """The doors to what a provider has."""
    router = APIRouter(tags=["provider"])

    @router.get(
        "/v1/provider",
        summary="The providers that the caller manages",
        response_model=ManagedProviderList,
        responses=problem_responses(400, 401, 403, 429, 503),
    )
    async def list_managed(
        request: Request,
        parameters: Annotated[ListParameters, Query()],
        keys: Annotated[list[str] | None, Depends(managers.providers)],
    ) -> Response:
        """Those an operator is a member of (an admin: all), or the one of an API key with the scope `manage`."""
        after, limit = decode_key_cursor(_PROVIDERS, parameters.cursor), parameters.limit
        rows = await holdings.providers(keys, after=after, limit=limit + 1)
        page = page_of(rows, limit, _provider, behind=lambda row: encode_cursor(_PROVIDERS, row["key"]))
        return answer_page(request, page)

    @router.get(
        "/v1/provider/{provider}/datastreams",
        summary="The datastreams of a provider",
        response_model=ManagedDatastreamList,
        responses=problem_responses(400, 401, 403, 404, 429, 503),
    )
    async def list_datastreams(
        request: Request,
        parameters: Annotated[ListParameters, Query()],
        manager: Annotated[Manager, Depends(managers.of)],
    ) -> Response:
        """Of a key that is limited to some beginnings: those."""
        after, limit = decode_id_cursor(_DATASTREAMS, parameters.cursor), parameters.limit
        rows = await holdings.datastreams(manager, after=after, limit=limit + 1)
        page = page_of(rows, limit, _datastream, behind=lambda row: encode_cursor(_DATASTREAMS, row["id"]))
        return answer_page(request, page)

    return router


def _provider(row: Row) -> dict[str, Any]:
    return {
        "key": row["key"],
        "name": row["name"],
        "contact": row["contact"],
        "autoRegister": row["auto_register"],
        "disabled": row["disabled_at"] is not None,
        "limits": limits_of(row),
        "things": row["things"],
        "datastreams": row["datastreams"],
    }


def _datastream(row: Row) -> dict[str, Any]:
    latest = row["phenomenon_time"]
    return {
        "id": row["id"],
        "key": row["key"],
        "name": row["name"],
        "thing": row["thing"],
        "thingName": row["thing_name"],
        "areaCode": row["area_code"],
        "observationType": row["observation_type"],
        "unit": row["unit_definition"],
        "createdAt": format_instant(row["created_at"].astimezone(UTC)),
        "latestAt": None if latest is None else format_instant(latest.astimezone(UTC)),
    }
