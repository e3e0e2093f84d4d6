"""What the doors of webhooks take and give."""

from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import Field

from fansipan_gateway.administration.schemas import Body, FilledLine
from fansipan_gateway.api.parameters import AreaCode, Cursor, Limit, Parameters, ResponseModel

WebhookId = Annotated[str, Path(pattern=r"^[a-z0-9]{12}$")]
DeliveryNumber = Annotated[int, Path(ge=1, le=1 << 62)]
Url = Annotated[
    str,
    Field(min_length=8, max_length=1_000, pattern=r"^https?://[!-~]+$", examples=["https://example.vn/hook"]),
]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*$")]
Event = Literal["indicator-values", "alerts"]
Severity = Literal["info", "warning", "serious", "critical"]
Events = Annotated[list[Event], Field(min_length=1, max_length=2)]
Names = Annotated[list[Name], Field(max_length=200)]
Subjects = Annotated[
    list[Annotated[str, Field(max_length=300, pattern=r"^[a-z-]+:[^\x00-\x1f]+$")]],
    Field(max_length=500, description="`<kind>:<key>`; empty: all.", examples=[["area:02671"]]),
]
Areas = Annotated[
    list[AreaCode],
    Field(max_length=200, description="Figures about these communes, and alerts in them; empty: all."),
]
Severities = Annotated[list[Severity], Field(max_length=4, description="Of alerts; empty: all.")]


class WebhookBody(Body):
    """A new webhook. An empty filter lets everything through that the owner may read."""

    name: FilledLine
    url: Url
    events: Events
    indicators: Annotated[Names, Field(description="Ids; empty: all.")] = Field(default_factory=list[str])
    subjects: Subjects = Field(default_factory=list[str])
    areas: Areas = Field(default_factory=list[str])
    bands: Annotated[Names, Field(description="Of figures; empty: all.")] = Field(default_factory=list[str])
    severities: Severities = Field(default_factory=list[Severity])


class WebhookChangeBody(Body):
    """What to change; what is left out stays."""

    name: FilledLine | None = None
    url: Url | None = None
    events: Events | None = None
    indicators: Names | None = None
    subjects: Subjects | None = None
    areas: Areas | None = None
    bands: Names | None = None
    severities: Severities | None = None
    enabled: Annotated[
        bool | None, Field(description="True: send again to one that was disabled; false: stop.")
    ] = None


class Webhook(ResponseModel):
    """A webhook, without its secret."""

    id: str
    name: str
    url: str
    events: list[Event]
    indicators: list[str]
    subjects: list[str]
    areas: list[str]
    bands: list[str]
    severities: list[Severity]
    state: Annotated[
        Literal["active", "failing", "disabled"],
        Field(description="failing: the last attempt failed; disabled: nothing is sent until it is enabled."),
    ]
    failing_since: str | None
    disabled_at: str | None
    disabled_reason: str | None
    created_at: str
    created_by: str
    waiting: Annotated[int, Field(description="Deliveries still to be made.")]
    failed: Annotated[int, Field(description="Dead letters of the last 30 days.")]
    last_delivered_at: str | None


class NewWebhook(Webhook):
    """A webhook with a secret that was just made."""

    secret: Annotated[str, Field(description="`whsec_…`: shown this once; it is stored nowhere.")]


class WebhookList(ResponseModel):
    """All of the owner, twenty at most."""

    items: Annotated[list[Webhook], Field(max_length=20)]


class DeliveryParameters(Parameters):
    """Query parameters of the list of deliveries."""

    state: Literal["waiting", "delivered", "failed"] | None = None
    limit: Limit = 100
    cursor: Cursor | None = None


class Delivery(ResponseModel):
    """A delivery."""

    id: Annotated[int, Field(description="`webhook-id` is `msg_` and this.")]
    event_id: str
    type: str
    subject: str
    test: bool
    state: Annotated[
        Literal["waiting", "delivered", "failed"],
        Field(description="failed: it is not tried any more, unless it is sent again."),
    ]
    attempts: int
    created_at: str
    next_attempt_at: str | None
    delivered_at: str | None
    last_status: int | None
    last_error: str | None


class WholeDelivery(Delivery):
    """A delivery, and the CloudEvent in it."""

    event: dict[str, Any]


class DeliveryList(ResponseModel):
    """One page, newest first."""

    items: list[Delivery]
    next: str | None


class Queued(ResponseModel):
    """A delivery that will be made within seconds."""

    delivery: int
