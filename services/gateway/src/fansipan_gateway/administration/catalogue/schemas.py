"""What `/v1/admin/catalogue` gives."""

from typing import Annotated, Any

from pydantic import Field

from fansipan_gateway.api.parameters import ResponseModel


class Evaluating(ResponseModel):
    """How far a new or changed definition is evaluated over the past."""

    next_from: str
    until: str
    reason: str


class DefinitionStatus(ResponseModel):
    """A version of an indicator as analytics evaluates it."""

    id: Annotated[str, Field(examples=["vn-aqi"])]
    version: int
    names: dict[str, Any] | None
    digest: str
    lane: str
    public: bool
    effective_from: str
    effective_to: str | None
    synced_at: str
    retired_at: str | None
    evaluating: Evaluating | None


class RuleStatus(ResponseModel):
    """An alert rule as analytics evaluates it."""

    id: str
    names: dict[str, Any] | None
    digest: str
    severity: str | None
    open_alerts: int
    synced_at: str
    retired_at: str | None


class LaneStatus(ResponseModel):
    """Definitions that share inputs, and how old what waits for them is."""

    name: str
    properties: list[str]
    refresh_milliseconds: int
    definitions: int
    evaluated_at: str | None
    ticked_at: str | None
    owner: str | None
    oldest: str | None
    oldest_seconds: float | None


class QueueStatus(ResponseModel):
    """What waits: counted up to 10,000; `more` says that there is more."""

    name: str
    waiting: int
    more: bool
    oldest: str | None
    oldest_seconds: float | None


class CatalogueState(ResponseModel):
    """A part of the catalogue that stored cases rest on."""

    name: str
    digest: str
    changed_at: str


class Catalogue(ResponseModel):
    """What is evaluated, and what waits."""

    at: str
    definitions: list[DefinitionStatus]
    alert_rules: list[RuleStatus]
    lanes: list[LaneStatus]
    queues: list[QueueStatus]
    state: list[CatalogueState]
