"""Rules of alerts as the catalogue writes them: what is watched, when it is a problem, whom to tell.

A rule is data: no code is evaluated from it. What it means over time is in `alerting`; `alert_catalogue` reads the
files.
"""

from enum import StrEnum
from string import Formatter
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from fansipan_indicators.alert_conditions import (
    CatalogueModel,
    Composite,
    Condition,
    Duration,
    Key,
    Levelled,
    Severity,
)

_ALWAYS: Final = frozenset({"subject", "since"})


class Names(CatalogueModel):
    """A text in both languages."""

    vi: Annotated[str, Field(min_length=1, max_length=400)]
    en: Annotated[str, Field(min_length=1, max_length=400)]


class SubjectKind(StrEnum):
    """Whom an alert is about."""

    AREA = "area"
    AGENCY = "agency"
    PROCEDURE = "procedure"
    THING = "thing"
    AGENCY_PROCEDURE = "agency-procedure"
    AREA_PROCEDURE = "area-procedure"
    DATASTREAM = "datastream"


_PLACEHOLDERS: Final = {
    "threshold": _ALWAYS | {"value", "bound"},
    "rate-of-rise": _ALWAYS | {"value", "bound"},
    "silence": _ALWAYS | {"after"},
    "composite": _ALWAYS,
}


class Escalation(CatalogueModel):
    """Who else is told when nobody has acknowledged an alert, and how grave it is then."""

    after: Duration
    severity: Severity | None = None
    receivers: Annotated[tuple[Key, ...], Field(min_length=1)]


class AlertRule(CatalogueModel):
    """One rule; its id is its file's name.

    Attributes:
        severity: of its alerts; left out when the condition has levels, which say it.
        subjects: whom its alerts are about: the kind of an indicator's subjects; `datastream` for datastreams.
        summary: a sentence for the list of alerts. Placeholders: {subject}, {since}, and {value}, {bound} or {after}.
        receivers: keys in `receivers.yaml`.
        resolve_automatically: whether an alert ends when its cause is over; else an operator ends it.
    """

    key: Annotated[Key, Field(alias="id")]
    names: Names
    severity: Severity | None = None
    subjects: SubjectKind
    condition: Condition
    summary: Names
    receivers: tuple[Key, ...] = ()
    escalate: tuple[Escalation, ...] = ()
    resolve_automatically: bool = True

    @property
    def lowest_severity(self) -> Severity:
        """That of its mildest alert."""
        if self.severity is not None:
            return self.severity
        levels = self.condition.levels if isinstance(self.condition, Levelled) else ()
        return min((level.severity for level in levels), key=lambda severity: severity.rank)

    @property
    def observed_property(self) -> str | None:
        """Key of the observed property whose datastreams it watches, if it does."""
        return None if isinstance(self.condition, Composite) else self.condition.property

    @field_validator("summary")
    @classmethod
    def _is_a_template(cls, summary: Names) -> Names:
        for text in (summary.vi, summary.en):
            _placeholders_of(text)
        return summary

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        levels = self.condition.levels if isinstance(self.condition, Levelled) else ()
        if (self.severity is None) != bool(levels):
            raise ValueError("severity is given once: by the rule, or by each of the condition's levels")
        of_datastreams = self.observed_property is not None
        if of_datastreams != (self.subjects is SubjectKind.DATASTREAM) and self.condition.kind != "composite":
            raise ValueError(
                "subjects is datastream for datastreams, else the kind of the indicator's subjects"
            )
        by_area = isinstance(self.condition, Composite) and self.condition.match == "area"
        if by_area and self.subjects is not SubjectKind.AREA:
            raise ValueError("a composite that matches by area has subjects: area")
        for text in (self.summary.vi, self.summary.en):
            if unknown := _placeholders_of(text) - _PLACEHOLDERS[self.condition.kind]:
                known = ", ".join(sorted(_PLACEHOLDERS[self.condition.kind]))
                raise ValueError(
                    f"summary: {{{min(unknown)}}} is not known for this condition; these are: {known}"
                )
        for earlier, later in zip(self.escalate, self.escalate[1:], strict=False):
            if later.after <= earlier.after:
                raise ValueError("escalate: each step comes later than the one before it")
        return self


def _placeholders_of(text: str) -> set[str]:
    try:
        parts = list(Formatter().parse(text))
    except ValueError as error:
        raise ValueError(f"not a template ({error}); write {{{{ for a brace") from error
    found: set[str] = set()
    for _, name, spec, conversion in parts:
        if name is None:
            continue
        if spec or conversion or not name.isidentifier():
            raise ValueError(f"{{{name}…}}: only plain names such as {{subject}}")
        found.add(name)
    return found


class Webhook(CatalogueModel):
    """An address that is sent a signed POST. The secret is never in the catalogue: only where to find it."""

    url: Annotated[str, Field(pattern=r"^https?://[^\s/?#]+[^\s]*$", max_length=2000)]
    secret_env: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{2,100}$")]


class Email(CatalogueModel):
    """Mail addresses."""

    to: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[^@\s<>,]+@[^@\s<>,]+$", max_length=254)], ...],
        Field(min_length=1, max_length=50),
    ]


class Receiver(CatalogueModel):
    """Somebody who is told."""

    key: Annotated[Key, Field(alias="id")]
    names: Names
    webhook: Webhook | None = None
    email: Email | None = None

    @model_validator(mode="after")
    def _has_one_channel(self) -> Self:
        if (self.webhook is None) == (self.email is None):
            raise ValueError("give either webhook or email")
        return self

    @property
    def channel(self) -> Literal["webhook", "email"]:
        """How they are told."""
        return "email" if self.webhook is None else "webhook"


class ReceiversDocument(CatalogueModel):
    """The file `receivers.yaml`."""

    receivers: tuple[Receiver, ...]


def rule_of(document: dict[str, Any]) -> AlertRule:
    """A rule from what `document_of` made."""
    return AlertRule.model_validate(document)


def document_of(rule: AlertRule) -> dict[str, Any]:
    """A rule as JSON, with the catalogue's own names; what is at its default is left out."""
    return rule.model_dump(mode="json", by_alias=True, exclude_defaults=True)
