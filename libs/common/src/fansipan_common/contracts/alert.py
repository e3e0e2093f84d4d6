"""Events of `alerts.v1`: one for every change of an alert, with the whole alert as it is after the change."""

from datetime import datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

ALERT_CHANGED_TYPE: Final = "vn.fansipan.alert.changed.v1"

AlertState = Literal["open", "acknowledged", "resolved", "withdrawn"]
AlertSeverity = Literal["info", "warning", "serious", "critical"]
AlertChangeKind = Literal[
    "opened", "raised", "acknowledged", "commented", "assigned", "escalated", "resolved", "withdrawn"
]


class _Data(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class Bilingual(_Data):
    """A text in both languages."""

    vi: str
    en: str


class AlertChange(_Data):
    """What happened to the alert.

    Attributes:
        id: of the event in the alert's history; the same event never has two.
        kind: `withdrawn` means that, by corrected data, the cause never was; `resolved` that it is over.
        actor: an operator's name, or `system`.
    """

    id: int
    kind: AlertChangeKind
    at: datetime
    actor: str
    note: str = ""


class AlertChanged(_Data):
    """The data of an event.

    Attributes:
        id: of the alert; the record's key is `<rule>|<subject>`.
        subject_kind: `area`, `agency`, `thing`, `datastream` …; `subject` is its key.
        started_at: when the cause began, by the time of the data; `opened_at` is when it was noticed.
        cause: what was seen: `at`, `value`, `bound`, and the `indicator` or `property`, as far as they apply.
        silenced: opened in a maintenance window: nobody is notified.
        version: grows with every change.
    """

    id: int
    rule: str
    rule_names: Bilingual
    subject: str
    subject_kind: str
    subject_name: str
    area_code: str | None
    severity: AlertSeverity
    state: AlertState
    summary: Bilingual
    cause: dict[str, Any]
    opened_at: datetime
    started_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    assignee: str | None
    escalation_level: int
    ended_at: datetime | None
    silenced: bool
    version: int
    change: AlertChange
