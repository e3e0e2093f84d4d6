"""Cases: dossiers, petitions, ratings and counts of usage, as far as indicators look at them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from fansipan_indicators.formulas import AnyOf, CaseKind, CaseSet, Clause, Condition, Not
from fansipan_indicators.periods import Period

DOSSIER_ATTRIBUTES: Final = (
    "onlineService",
    "hasFee",
    "paperResultRequired",
    "digitised",
    "componentsReused",
    "fromNationalStore",
    "identityVerified",
)


@dataclass(frozen=True, slots=True)
class Case:
    """One case as it is known now.

    Attributes:
        kind: dossier, petition, rating or usage.
        provider_id, case_id: its identity; of a rating or a count, the identity of its event.
        received_at: when it came in; of a rating, when it was given; of a count, when what it counts began. None while
            only later events are known: then it is in no set.
        ended_at: when nothing more was owed, never before `received_at`; None while open.
        late_at: it is late when it ends after this; None: it has no time limit, or the clock stands still.
        weight: what it counts for beside 1: a rating's score, the uses of a count.
        fields: what conditions look at; a field that is not known is left out.
    """

    kind: CaseKind
    provider_id: int
    case_id: str
    agency: str
    area_code: str | None
    procedure: str | None
    received_at: datetime | None
    ended_at: datetime | None = None
    late_at: datetime | None = None
    weight: float = 1.0
    fields: Mapping[str, Any] = field(default_factory=dict)

    def late_since(self, now: datetime) -> datetime | None:
        """Since when it is or was late; None when it ended in time, or is still in time at `now`.

        Decision 766/QĐ-TTg, 2.1: on time means ended at or before the due time; what has not ended is looked at as of
        now.
        """
        if self.received_at is None or self.late_at is None:
            return None
        if (self.ended_at or now) <= self.late_at:
            return None
        return max(self.late_at, self.received_at)


def meets(case: Case, clauses: Iterable[Clause], now: datetime) -> bool:
    """Whether a case meets all conditions."""
    return all(_meets(case, clause, now) for clause in clauses)


def _meets(case: Case, clause: Clause, now: datetime) -> bool:
    match clause:
        case AnyOf():
            return any(_meets(case, one, now) for one in clause.any)
        case Not():
            return not _meets(case, clause.not_, now)
        case Condition():
            value = (
                case.late_since(now) is not None if clause.field == "late" else case.fields.get(clause.field)
            )
            return _compares(value, clause)


def _compares(value: Any, condition: Condition) -> bool:
    if condition.given is not None:
        return (value is not None) is condition.given
    if value is None:
        return False
    if condition.is_ is not None:
        return _same(value, condition.is_)
    if condition.in_ is not None:
        return any(_same(value, wanted) for wanted in condition.in_)
    if condition.at_least is not None:
        return value >= condition.at_least
    return condition.at_most is not None and value <= condition.at_most


def _same(one: Any, other: Any) -> bool:
    return isinstance(one, bool) == isinstance(other, bool) and one == other


@dataclass(frozen=True, slots=True)
class Membership:
    """Whether a case is in a set, and why not if not (a stable code)."""

    inside: bool
    reason: str | None = None


def membership(case: Case, wanted: CaseSet, period: Period, now: datetime) -> Membership:
    """Whether a case is in a set of a period, as known and judged at `now`.

    Reasons: `not-received` (only later events are known), `received-later`, `received-earlier`, `ended-earlier`,
    `ended-later`, `not-ended`, `ended`, `on-time`, `late`, `condition`.
    """
    if case.received_at is None:
        return Membership(False, "not-received")
    reason = _outside(case, wanted, period, now)
    if reason is not None:
        return Membership(False, reason)
    if not meets(case, wanted.where, now):
        return Membership(False, "condition")
    return Membership(True)


def _outside(case: Case, wanted: CaseSet, period: Period, now: datetime) -> str | None:
    received, ended = case.received_at, case.ended_at
    assert received is not None  # noqa: S101 - for the type checker: `membership` has seen to it
    if received >= period.end:
        return "received-later"
    late_since = case.late_since(now)
    late = late_since is not None and late_since < period.end
    match wanted.set:
        case "received":
            return "received-earlier" if received < period.start else None
        case "finished":
            if ended is None:
                return "not-ended"
            return "ended-earlier" if ended < period.start else "ended-later" if ended >= period.end else None
        case "handled" | "late" | "onTime":
            if ended is not None and ended < period.start:
                return "ended-earlier"
            if wanted.set == "late":
                return None if late else "on-time"
            return "late" if wanted.set == "onTime" and late else None
        case "open" | "overdue":
            if ended is not None and ended < period.end:
                return "ended"
            return None if wanted.set == "open" or late else "on-time"


def case_of_dossier(row: Mapping[str, Any]) -> Case:
    """A case from a row of the table `dossier`."""
    attributes = row["attributes"]
    fields: dict[str, Any] = {name: attributes[name] for name in DOSSIER_ATTRIBUTES if name in attributes}
    fields |= {
        "agency": row["agency"],
        "procedure": row["procedure"],
        "channel": row["channel"],
        "state": row["state"],
        "supplementCount": row["supplement_count"],
        "paid": row["paid_at"] is not None,
        "paidOnline": row["paid_online"],
        "resultCode": row["result_code"],
        "resultFile": row["result_file"],
        "rating": row["rating"],
        "hasDueTime": row["due_at"] is not None,
    }
    return Case(
        "dossier",
        row["provider_id"],
        row["dossier_id"],
        row["agency"],
        row["area_code"],
        row["procedure"],
        row["received_at"],
        _not_before(row["finished_at"], row["received_at"]),
        row["late_at"],
        fields=_known(fields),
    )


def case_of_petition(row: Mapping[str, Any]) -> Case:
    """A case from a row of the table `petition`."""
    fields = {
        "agency": row["agency"],
        "channel": row["channel"],
        "kind": row["kind"],
        "repeated": row["repeated"],
        "refused": row["refused_at"] is not None,
        "answered": row["answered_at"] is not None,
        "published": row["published_at"] is not None,
        "lateClock": row["late_clock"],
        "rating": row["rating"],
    }
    return Case(
        "petition",
        row["provider_id"],
        row["petition_id"],
        row["agency"],
        row["area_code"],
        None,
        row["received_at"],
        _not_before(row["finished_at"], row["received_at"]),
        row["late_at"],
        fields=_known(fields),
    )


def case_of_rating(row: Mapping[str, Any]) -> Case:
    """A case from a row of the table `service_event` of type rating.submitted."""
    data = row["data"]
    fields = {
        "agency": data["agency"],
        "procedure": data.get("procedure"),
        "channel": data.get("channel"),
        "score": data["score"],
    }
    return Case(
        "rating",
        row["provider_id"],
        event_case_id(row["source"], row["event_id"]),
        data["agency"],
        data.get("area"),
        data.get("procedure"),
        row["time"],
        weight=float(data["score"]),
        fields=_known(fields),
    )


def case_of_usage(row: Mapping[str, Any], period_start: datetime) -> Case:
    """A case from a row of the table `service_event` of type usage.counted; it belongs to the day on which its period
    begins."""
    data = row["data"]
    fields = {
        "agency": data["agency"],
        "procedure": data.get("procedure"),
        "channel": data.get("channel"),
        "service": data["service"],
    }
    return Case(
        "usage",
        row["provider_id"],
        event_case_id(row["source"], row["event_id"]),
        data["agency"],
        data.get("area"),
        data.get("procedure"),
        period_start,
        weight=float(data["count"]),
        fields=_known(fields),
    )


def event_case_id(source: str, event_id: str) -> str:
    """The id of a case that is a single event. A source is a URI reference, so it holds no space."""
    return f"{source} {event_id}"


def _known(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _not_before(ended: datetime | None, received: datetime | None) -> datetime | None:
    return ended if ended is None or received is None else max(ended, received)
