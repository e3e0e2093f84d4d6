"""What `/v1/admin/providers` takes and gives."""

from typing import Annotated

from pydantic import Field

from fansipan_gateway.administration.schemas import Body, FilledLine, Line, ProviderKey
from fansipan_gateway.api.parameters import ResponseModel


class ProviderBody(Body):
    """A new provider."""

    key: ProviderKey
    name: FilledLine
    contact: Annotated[Line, Field(description="Whom to ask when its data are wrong.")] = ""
    auto_register: Annotated[
        bool, Field(description="Whether unknown datastreams are registered on first use.")
    ] = False


Limit = Annotated[int, Field(ge=0, le=10**15)]


class LimitsBody(Body):
    """How much ingest takes from a provider; what is left out stays."""

    observations_per_day: Annotated[
        Limit | None, Field(description="Items of all doors, by the days of Asia/Ho_Chi_Minh.")
    ] = None
    bytes_per_day: Annotated[Limit | None, Field(description="Of bodies, as they are sent.")] = None
    requests_per_minute: Annotated[Limit | None, Field(description="An MQTT message counts as one.")] = None


class Limits(ResponseModel):
    """How much ingest takes from a provider; null: no limit."""

    observations_per_day: int | None
    bytes_per_day: int | None
    requests_per_minute: int | None


class ProviderChangeBody(Body):
    """What to change; what is left out stays."""

    name: FilledLine | None = None
    contact: Line | None = None
    auto_register: bool | None = None
    corrections_by_post: Annotated[
        bool | None,
        Field(
            description="Whether a POST to SensorThings of an observation that exists with another result corrects."
        ),
    ] = None
    limits: Annotated[
        LimitsBody | None, Field(description="Only those that are given change; null: no limit.")
    ] = None
    disabled: Annotated[
        bool | None, Field(description="True: none of its keys is good, from within a second on.")
    ] = None


class Provider(ResponseModel):
    """An organisation that pushes data."""

    key: Annotated[str, Field(examples=["demo"])]
    name: str
    contact: str
    auto_register: bool
    corrections_by_post: bool
    limits: Limits
    disabled: bool
    disabled_at: str | None
    created_at: str
    active_keys: int
    things: int
    version: Annotated[str, Field(description="For If-Match, in quotes.")]


class ProviderList(ResponseModel):
    """One page, in the order of keys."""

    items: list[Provider]
    next: Annotated[str | None, Field(description="Address of the next page; null on the last.")]
