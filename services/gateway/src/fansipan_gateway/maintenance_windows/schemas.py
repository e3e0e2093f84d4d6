"""What `/v1/maintenance-windows` takes and gives."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from fansipan_common.contracts.moment import Moment
from fansipan_gateway.api.parameters import Cursor, Parameters, ResponseModel

Text = Annotated[str, Field(min_length=1, max_length=400, pattern=r"^[^\x00]*$")]


class WindowParameters(Parameters):
    """Query parameters."""

    current: Annotated[bool, Field(description="Only those that hold now or will.")] = False
    limit: Annotated[int, Field(ge=1, le=1_000, description="Items a page at most.")] = 100
    cursor: Cursor | None = None


class WindowBody(BaseModel):
    """A window to be made. Without `rule` it is for all rules, without `subject` for all subjects."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)

    rule: Annotated[Text | None, Field(examples=["river-gauge-silent"])] = None
    subject: Annotated[Text | None, Field(examples=["demo/river-lao-cai/water_level"])] = None
    starts_at: Annotated[Moment | None, Field(description="Default: now.")] = None
    ends_at: Moment
    reason: Text


class Window(ResponseModel):
    """A maintenance window."""

    id: int
    rule: str | None
    subject: str | None
    starts_at: datetime
    ends_at: datetime
    reason: str
    created_by: str
    created_at: datetime
    ended_by: Annotated[str | None, Field(description="Who ended it early.")]


class WindowList(ResponseModel):
    """One page, the newest first."""

    items: list[Window]
    next: Annotated[str | None, Field(description="Address of the next page; null on the last.")]
