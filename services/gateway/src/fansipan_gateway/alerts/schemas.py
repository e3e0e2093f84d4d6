"""What `/v1/alerts` takes and gives."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from fansipan_common.contracts.alert import AlertChangeKind, AlertSeverity, Bilingual
from fansipan_common.contracts.alert import AlertState as State
from fansipan_gateway.api.parameters import AreaCode, Cursor, Instant, Parameters, ResponseModel

_MAX_NOTE = 4_000


def _printable(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not hold U+0000")
    return text.strip()


Note = Annotated[str, Field(max_length=_MAX_NOTE), AfterValidator(_printable)]
Key = Annotated[str, Field(min_length=1, max_length=400, pattern=r"^[^\x00]*$")]


class AlertParameters(Parameters):
    """Query parameters."""

    state: Annotated[
        list[State],
        Field(default_factory=list, description="Repeat it for several. Default: all, ended ones too."),
    ]
    severity: Annotated[
        list[AlertSeverity], Field(default_factory=list, description="Repeat it for several.")
    ]
    rule: Annotated[Key | None, Field(description="Key of the rule.")] = None
    area: Annotated[
        AreaCode | None,
        Field(description="Official code of a commune, or of a province with all its communes."),
    ] = None
    subject: Annotated[Key | None, Field(description="Key of whom or what the alert is about.")] = None
    start: Annotated[Instant | None, Field(alias="from", description="Opened at this time or later.")] = None
    end: Annotated[Instant | None, Field(alias="to", description="Opened before this time.")] = None
    assignee: Annotated[
        Key | None, Field(description="Name of the operator it was given to; for operators only.")
    ] = None
    limit: Annotated[int, Field(ge=1, le=1_000, description="Items a page at most.")] = 100
    cursor: Cursor | None = None


class _Body(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)

    version: Annotated[
        int | None,
        Field(
            ge=1,
            description="The version that you have seen: 409 when it is another by now. Or use If-Match.",
        ),
    ] = None


class NoteBody(_Body):
    """Body of acknowledge and resolve."""

    note: Note = ""


class CommentBody(_Body):
    """Body of comment."""

    note: Annotated[Note, Field(min_length=1)]


class AssignBody(_Body):
    """Body of assign. A null assignee takes the alert away from whoever has it."""

    assignee: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._@-]{0,62}$")] | None
    note: Note = ""


class Alert(ResponseModel):
    """One open problem, or one that has ended."""

    id: Annotated[int, Field(examples=[17])]
    rule: Annotated[str, Field(examples=["river-rises-fast"])]
    rule_names: Bilingual
    subject: Annotated[str, Field(examples=["demo/river-lao-cai/water_level"])]
    subject_kind: Annotated[str, Field(examples=["datastream"], description="What `subject` is the key of.")]
    subject_name: Annotated[str, Field(description="Its name of today; its key where none is known.")]
    subject_name_en: Annotated[str, Field(description="The same in English, where there is such a name.")]
    area_code: Annotated[str | None, Field(examples=["02671"])]
    severity: AlertSeverity
    state: Annotated[
        State, Field(description="`withdrawn`: corrected data removed the cause, so that it never was.")
    ]
    summary: Annotated[Bilingual, Field(description="A sentence for people.")]
    cause: Annotated[dict[str, Any], Field(description="What was seen: `at`, `value`, `bound` …")]
    opened_at: Annotated[datetime, Field(description="When it was noticed.")]
    started_at: Annotated[datetime, Field(description="When the cause began, by the time of the data.")]
    acknowledged_at: datetime | None
    acknowledged_by: Annotated[str | None, Field(description="Shown to operators only.")]
    assignee: Annotated[str | None, Field(description="Shown to operators only.")]
    escalation_level: Annotated[int, Field(description="Steps of escalation taken so far.")]
    escalate_at: Annotated[datetime | None, Field(description="When the next step is taken.")]
    ended_at: datetime | None
    silenced: Annotated[bool, Field(description="Opened in a maintenance window: nobody was told.")]
    version: Annotated[int, Field(description="Grows with every change.")]


class AlertList(ResponseModel):
    """One page, the newest first."""

    items: list[Alert]
    next: Annotated[str | None, Field(description="Address of the next page; null on the last.")]


class AlertEvent(ResponseModel):
    """Something that happened to an alert."""

    id: int
    at: datetime
    kind: AlertChangeKind
    actor: Annotated[str | None, Field(description="An operator, or `system`; names are for operators only.")]
    note: Annotated[str | None, Field(description="Shown to operators only.")]
    details: dict[str, Any]


class AlertNotification(ResponseModel):
    """How telling a receiver went."""

    receiver: str
    channel: Literal["webhook", "email"]
    event: Annotated[int, Field(description="Id of the event in the history that was told.")]
    attempts: int
    next_attempt_at: Annotated[datetime | None, Field(description="Null once delivered or given up.")]
    delivered_at: datetime | None
    failed_at: Annotated[datetime | None, Field(description="When it was given up.")]
    last_error: str | None


class AlertDetail(Alert):
    """An alert with its history."""

    history: list[AlertEvent]
    notifications: Annotated[list[AlertNotification], Field(description="Shown to operators only.")]
