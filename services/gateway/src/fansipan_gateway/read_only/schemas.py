"""What `/v1/admin/read-only` takes, and what it and `/v1/status` give."""

from typing import Annotated

from pydantic import Field

from fansipan_common.contracts.moment import Moment
from fansipan_gateway.administration.schemas import Body
from fansipan_gateway.api.parameters import ResponseModel


class ReadOnlyBody(Body):
    """Why, and until when; without `until` until it is ended."""

    reason: Annotated[
        str,
        Field(
            min_length=1,
            max_length=400,
            pattern=r"^[^\x00-\x1f]*$",
            description="Shown to everybody, in the language of those who read the page.",
            examples=["Nâng cấp cơ sở dữ liệu"],
        ),
    ]
    until: Moment | None = None


class ReadOnlyState(ResponseModel):
    """Why nothing may be changed now, and until when."""

    since: str
    until: Annotated[str | None, Field(description="null: until somebody ends it.")]
    reason: str


class ReadOnlyAnswer(ResponseModel):
    """Whether changes may be made."""

    read_only: Annotated[ReadOnlyState | None, Field(description="null: changes may be made.")]
