"""What `/v1/admin/dead-letters` takes and gives."""

from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from fansipan_gateway.api.parameters import Cursor, Instant, Limit, Parameters, ResponseModel, Search

DeadLetterId = Annotated[int, Path(ge=1, lt=1 << 62)]
Kind = Literal["observation", "service-event", "record"]


class DeadLetterParameters(Parameters):
    """Query parameters."""

    code: Annotated[
        Search | None, Field(description="Why, by its stable word.", examples=["result-type"])
    ] = None
    provider: Annotated[Search | None, Field(description="Key of a provider.")] = None
    kind: Kind | None = None
    replayed: Annotated[bool | None, Field(description="Whether somebody has replayed it.")] = None
    start: Annotated[Instant | None, Field(alias="from", description="Received from then on.")] = None
    end: Annotated[Instant | None, Field(alias="to", description="Received before.")] = None
    limit: Limit = 100
    cursor: Cursor | None = None


class ReplayBody(BaseModel):
    """How to replay it: without `payload` what was sent is sent again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    payload: Annotated[
        Any,
        Field(
            description="What to send instead, in the form of the letter's `door`: a line of line protocol as one"
            " string, a SenML record, a CloudEvent, a webhook's message, a notification, the payload of an MQTT"
            " message. Without a door one observation, or one CloudEvent.",
            examples=[
                {
                    "datastream": "demo/station-1/pm25",
                    "phenomenonTime": "2026-07-01T08:00:00+07:00",
                    "result": 23.4,
                }
            ],
        ),
    ] = None


class Reason(ResponseModel):
    """Why ingest did not take it."""

    code: str
    detail: str


class Replay(ResponseModel):
    """What became of the last replay."""

    at: str
    by: str
    outcome: Literal["accepted", "refused"]
    stored: Annotated[bool | None, Field(description="Whether it could be read when ingest answered.")]
    corrected: bool
    reasons: list[Reason]


class DeadLetter(ResponseModel):
    """Something that could not be used."""

    id: int
    received_at: str
    provider: str | None
    kind: Kind
    door: Annotated[
        str | None,
        Field(
            description="Where it came in and is replayed, with a form of its own; null: an observation or a"
            " service event.",
            examples=["influx"],
        ),
    ]
    code: Annotated[str, Field(examples=["result-type"])]
    detail: str
    replayable: Annotated[bool, Field(description="Whether it can be sent in the name of its provider.")]
    replay: Replay | None


class DeadLetterDetail(DeadLetter):
    """With what was sent."""

    stored_at: str
    payload: Annotated[Any, Field(description="What was sent, when it is JSON and was kept whole.")]
    payload_text: Annotated[str | None, Field(description="Else its beginning, as far as it can be read.")]
    payload_complete: bool
    payload_form: Annotated[
        Literal["json", "text"],
        Field(description="How a correction is written: any JSON, or one JSON string."),
    ]
    context: Annotated[
        dict[str, str],
        Field(
            description="What was said beside it: precision, topic, headers.", examples=[{"precision": "s"}]
        ),
    ]
    place: Annotated[str | None, Field(description="Of an unusable record: topic/partition/offset.")]
    dead_letter: Annotated[
        str, Field(description="Its id at the command line: `fansipan dlq show`.", examples=["2-1041"])
    ]
    traceparent: str | None


class DeadLetterList(ResponseModel):
    """One page, newest first."""

    items: list[DeadLetter]
    next: Annotated[str | None, Field(description="Address of the next page; null on the last.")]
