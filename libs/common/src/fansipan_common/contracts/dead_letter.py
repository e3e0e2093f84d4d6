"""What is kept of input that could not be used, and why."""

from datetime import datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

EVENT_TYPE: Final = "vn.fansipan.dead-letter.v1"

Origin = Literal["http", "mqtt", "kafka"]
"""The door of what was refused."""


class RejectedItem(BaseModel):
    """One item of a request that was not accepted.

    Attributes:
        index: its place in the request, from 0.
        code: a stable word for the reason (`docs/integrators/errors.md`).
        detail: a sentence for the person who reads it.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    index: int
    code: str
    detail: str


class DeadLetterItem(RejectedItem):
    """A rejected item with what was sent: JSON as it was, anything else as base64.

    Attributes:
        door: whose form the payload has (`fansipan_common.contracts.doors`); None: an observation or service event.
        context: what was said beside the payload and is needed to read it.
    """

    payload: Any = None
    payload_base64: str | None = None
    door: str | None = None
    context: dict[str, str] | None = None


class DeadLetter(BaseModel):
    """The data of a record in `dead-letter.v1`: the rejected items of one request, or one unusable record.

    Attributes:
        origin: the door it came through: `http`, `mqtt`, or `kafka` for a record that analytics could not use.
        target: what the items were meant to be: `observations` or `service-events`.
        provider: key of the provider that sent them, when it is known.
        topic, partition, offset: of the unusable record when the origin is `kafka`.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    origin: Origin
    target: Literal["observations", "service-events"]
    received_at: datetime
    items: list[DeadLetterItem] = Field(min_length=1)
    provider: str | None = None
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
