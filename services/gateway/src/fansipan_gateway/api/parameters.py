"""Types of query parameters that several doors take."""

import re
from typing import Annotated, Final

from fastapi import Path
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

MAX_LIMIT: Final = 10_000
_LOST_PLUS: Final = re.compile(r"(T\d{2}:\d{2}\S*) (\d{2}:?\d{2})")


def restore_plus(value: object) -> object:
    """`+07:00` in an address that was not percent-encoded arrives as ` 07:00`."""
    return _LOST_PLUS.sub(r"\1+\2", value) if isinstance(value, str) else value


Instant = Annotated[AwareDatetime, BeforeValidator(restore_plus)]
"""RFC 3339 with an offset."""

Cursor = Annotated[str, Field(min_length=1, max_length=512, description="Opaque: as `next` gives it.")]
Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT, description="Items a page at most.")]
Search = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Reference = Annotated[str, Field(min_length=1, max_length=400, pattern=r"^[^\x00]*$")]
PathReference = Annotated[str, Path(min_length=1, max_length=400, pattern=r"^[^\x00]*$")]
AreaCode = Annotated[str, Field(pattern=r"^[0-9]{2}([0-9]{3})?$")]


class Parameters(BaseModel):
    """Query parameters of one operation; an unknown one is refused, so that a misspelt filter is not ignored."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class ResponseModel(BaseModel):
    """Base of response models. They document; rows are serialised directly."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)
