"""What the doors of API keys take and give."""

from typing import Annotated, Literal

from fastapi import Path
from pydantic import AwareDatetime, Field

from fansipan_common.security import Scope
from fansipan_gateway.administration.schemas import Body, FilledLine, ListParameters, ProviderKey
from fansipan_gateway.api.parameters import ResponseModel

KeyId = Annotated[str, Path(pattern=r"^[a-z0-9]{12}$")]
Prefix = Annotated[str, Field(min_length=1, max_length=320, pattern=r"^[A-Za-z0-9._~:/-]+$")]


class KeyParameters(ListParameters):
    """Query parameters of the list of all keys."""

    provider: ProviderKey | None = None


class KeyBody(Body):
    """A new key."""

    name: Annotated[FilledLine, Field(description="What it is for.", examples=["trạm Cam Đường"])]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=3)]
    datastream_prefixes: Annotated[
        list[Prefix],
        Field(
            max_length=100,
            description="Beginnings of the datastream keys it may touch; empty: all of the provider.",
            default_factory=list,
            examples=[["demo/station-1/"]],
        ),
    ]
    expires_at: Annotated[AwareDatetime | None, Field(description="Null: it does not expire.")] = None


class ApiKey(ResponseModel):
    """A key, without its secret."""

    id: Annotated[str, Field(description="The part that is safe to show.", examples=["k3v9a1m2n4b5"])]
    provider: str
    name: str
    scopes: list[Literal["read", "write", "manage"]]
    datastream_prefixes: list[str]
    state: Literal["active", "expired", "revoked"]
    created_at: str
    created_by: Annotated[str, Field(description="Empty: it was made at the command line.")]
    expires_at: str | None
    revoked_at: str | None
    revoked_by: str | None
    replaces: Annotated[str | None, Field(description="The key that it came from by rotation.")]


class NewApiKey(ApiKey):
    """A key that was just made."""

    key: Annotated[str, Field(description="Shown this once; it is stored as a digest.")]


class ApiKeyList(ResponseModel):
    """One page, newest first."""

    items: list[ApiKey]
    next: Annotated[str | None, Field(description="Address of the next page; null on the last.")]
