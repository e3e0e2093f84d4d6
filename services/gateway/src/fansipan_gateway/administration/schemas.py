"""Types that several doors of administration take."""

from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from fansipan_gateway.api.parameters import Cursor, Limit, Parameters

ProviderKey = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$",
        description="First part of its datastream keys.",
        examples=["demo"],
    ),
]
ProviderPath = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
Username = Annotated[
    str, Field(pattern=r"^[a-z0-9][a-z0-9._@-]{0,62}$", description="For good.", examples=["lan"])
]
UsernamePath = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9._@-]{0,62}$")]
Line = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f]*$")]
FilledLine = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*$")]
Filter = Annotated[str, Field(min_length=1, max_length=400, pattern=r"^[^\x00]*$")]


class Body(BaseModel):
    """Base of request bodies; an unknown field is refused."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class ListParameters(Parameters):
    """Query parameters of lists."""

    limit: Limit = 1_000
    cursor: Cursor | None = None
