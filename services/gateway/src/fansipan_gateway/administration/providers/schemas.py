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


class ProviderChangeBody(Body):
    """What to change; what is left out stays."""

    name: FilledLine | None = None
    contact: Line | None = None
    auto_register: bool | None = None
    disabled: Annotated[
        bool | None, Field(description="True: none of its keys is good, from within a second on.")
    ] = None


class Provider(ResponseModel):
    """An organisation that pushes data."""

    key: Annotated[str, Field(examples=["demo"])]
    name: str
    contact: str
    auto_register: bool
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
