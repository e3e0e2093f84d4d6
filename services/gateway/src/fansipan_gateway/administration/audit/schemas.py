"""What `/v1/admin/audit` takes and gives."""

from typing import Annotated, Any

from pydantic import Field

from fansipan_gateway.administration.schemas import Filter
from fansipan_gateway.api.parameters import Cursor, Instant, Limit, Parameters, ResponseModel


class AuditParameters(Parameters):
    """Query parameters."""

    actor: Annotated[Filter | None, Field(description="Name of an operator.")] = None
    action: Annotated[
        Filter | None,
        Field(description="An action, or a noun for all of it.", examples=["api-key.created", "operator"]),
    ] = None
    object: Annotated[
        Filter | None,
        Field(
            description="What it was done to, or a kind for all of it.", examples=["provider/demo", "api-key"]
        ),
    ] = None
    start: Annotated[Instant | None, Field(alias="from", description="From when, inside.")] = None
    end: Annotated[Instant | None, Field(alias="to", description="Until when, outside.")] = None
    limit: Limit = 100
    cursor: Cursor | None = None


class AuditEvent(ResponseModel):
    """Something that was done."""

    id: int
    at: str
    actor: Annotated[str, Field(examples=["lan"])]
    action: Annotated[str, Field(examples=["api-key.created"])]
    object: Annotated[str, Field(examples=["api-key/k3v9a1m2n4b5"])]
    details: dict[str, Any]
    client: Annotated[str, Field(description="Address the request came from.")]


class AuditList(ResponseModel):
    """One page, newest first."""

    items: list[AuditEvent]
    next: Annotated[str | None, Field(description="Address of the next page; null on the last.")]
