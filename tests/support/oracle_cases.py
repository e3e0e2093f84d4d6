"""Cases from scratch: what the events of a dossier or petition amount to, and which sets of a period it is in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.support.oracle_time import Span, due, moved

ATTRIBUTES = (
    "onlineService",
    "hasFee",
    "paperResultRequired",
    "digitised",
    "componentsReused",
    "fromNationalStore",
    "identityVerified",
)
_LIFE = (
    "dossier.received",
    "dossier.supplement-requested",
    "dossier.supplement-received",
    "dossier.processed",
    "dossier.returned",
    "dossier.rejected",
    "dossier.withdrawn",
    "dossier.paid",
    "petition.received",
    "petition.supplement-requested",
    "petition.supplement-received",
    "petition.refused",
    "petition.answered",
    "petition.published",
    "rating.submitted",
    "usage.counted",
)
_ENDS = ("dossier.processed", "dossier.returned", "dossier.rejected", "dossier.withdrawn")


@dataclass(frozen=True)
class Told:
    """An event as it stands after all corrections; `name` is its type without prefix and version."""

    id: str
    name: str
    at: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Known:
    """A case as its events tell of it.

    Attributes:
        received, ended: None when not, or not yet.
        limit: it is late when it ends after this.
        paused: seconds for which a supplement was owed.
    """

    kind: str
    agency: str
    area: str | None
    procedure: str | None
    received: datetime | None
    ended: datetime | None = None
    limit: datetime | None = None
    paused: float = 0.0
    weight: float = 1.0
    fields: Mapping[str, Any] = field(default_factory=dict)

    def late_since(self, now: datetime) -> datetime | None:
        """Since when it is late, as seen at `now`."""
        if self.received is None or self.limit is None or (self.ended or now) <= self.limit:
            return None
        return max(self.limit, self.received)

    def is_in(self, which: str, span: Span, now: datetime) -> bool:
        """Whether it is in a set of a period."""
        if self.received is None or self.received >= span.end:
            return False
        late_since = self.late_since(now)
        late = late_since is not None and late_since < span.end
        owed = self.ended is None or self.ended >= span.start
        open_ = self.ended is None or self.ended >= span.end
        match which:
            case "received":
                return self.received >= span.start
            case "finished":
                return self.ended is not None and span.start <= self.ended < span.end
            case "handled":
                return owed
            case "late":
                return owed and late
            case "onTime":
                return owed and not late
            case "open":
                return open_
            case "overdue":
                return open_ and late
            case _:
                raise ValueError(f"the oracle knows no set {which}")


def meets(case: Known, clauses: Iterable[Mapping[str, Any]], now: datetime) -> bool:
    """Whether a case meets all conditions, as the YAML writes them."""
    return all(_meets(case, clause, now) for clause in clauses)


def _meets(case: Known, clause: Mapping[str, Any], now: datetime) -> bool:
    if "any" in clause:
        return any(_meets(case, one, now) for one in clause["any"])
    if "not" in clause:
        return not _meets(case, clause["not"], now)
    value = (
        case.late_since(now) is not None if clause["field"] == "late" else case.fields.get(clause["field"])
    )
    if "given" in clause:
        return (value is not None) == clause["given"]
    if value is None:
        return False
    if "is" in clause:
        return value == clause["is"]
    if "in" in clause:
        return value in clause["in"]
    return value >= clause["atLeast"] if "atLeast" in clause else value <= clause["atMost"]


def cases_of(events: Iterable[Told]) -> list[Known]:
    """All cases that events tell of."""
    by_case: dict[tuple[str, str], list[Told]] = {}
    singles: list[Known] = []
    for event in events:
        data = event.data
        if event.name == "usage.counted":
            start = datetime.fromisoformat(data["periodStart"])
            singles.append(_single("usage", data, start, data["count"], {"service": data["service"]}))
            continue
        if event.name == "rating.submitted":
            singles.append(_single("rating", data, event.at, data["score"], {"score": data["score"]}))
        for kind in ("dossier", "petition"):
            if (case_id := data.get(f"{kind}Id")) is not None:
                by_case.setdefault((kind, case_id), []).append(event)
    found = list(singles)
    for (kind, _), told in by_case.items():
        ordered = sorted(
            (event for event in told if event.name != "rating.submitted"),
            key=lambda event: (event.at, _LIFE.index(event.name), event.id),
        )
        scores = [event.data["score"] for event in told if event.name == "rating.submitted"]
        if ordered:
            build = _dossier if kind == "dossier" else _petition
            found.append(build(ordered, min(scores, default=None)))
    return found


def _single(kind: str, data: Mapping[str, Any], at: datetime, weight: float, fields: dict[str, Any]) -> Known:
    return Known(
        kind, data["agency"], data.get("area"), data.get("procedure"), at, weight=float(weight), fields=fields
    )


def _last(events: Sequence[Told], name: str) -> Any:
    return next((e.data[name] for e in reversed(events) if e.data.get(name) is not None), None)


def _first(events: Sequence[Told], *names: str) -> datetime | None:
    return min((event.at for event in events if event.name in names), default=None)


def _dossier(events: Sequence[Told], rating: int | None) -> Known:
    received = _first(events, "dossier.received")
    finished = (
        _first(events, "dossier.processed")
        or _first(events, "dossier.returned")
        or _first(events, "dossier.rejected", "dossier.withdrawn")
    )
    pauses: list[tuple[datetime, datetime]] = []
    owed: datetime | None = None
    state = "announced"
    for event in events:
        if event.name == "dossier.received":
            state = "in-progress" if state == "announced" else state
        elif event.name == "dossier.supplement-requested" and f"dossier.{state}" not in _ENDS:
            owed, state = owed or event.at, "awaiting-supplement"
        elif event.name in (*_ENDS, "dossier.supplement-received"):
            if owed is not None:
                pauses.append((owed, event.at))
                owed = None
            if event.name in _ENDS:
                state = event.name.removeprefix("dossier.")
            elif state == "awaiting-supplement":
                state = "in-progress"
    paid = [event for event in events if event.name == "dossier.paid"]
    requests = [event.at for event in events if event.name == "dossier.supplement-requested"]
    fields = {
        name: _last(events, name)
        for name in (*ATTRIBUTES, "procedure", "channel", "resultCode", "resultFile")
    }
    fields |= {"state": state, "supplementCount": len(requests), "paid": bool(paid), "rating": rating}
    fields |= {"paidOnline": paid[-1].data.get("onlinePayment") is not None if paid else None}
    return Known(
        "dossier",
        events[-1].data["agency"],
        _last(events, "area"),
        fields["procedure"],
        received,
        finished if received is None or finished is None else max(finished, received),
        _limit(events, pauses, requests, owed, finished),
        sum((until - since).total_seconds() for since, until in pauses),
        fields=fields,
    )


def _limit(
    events: Sequence[Told],
    pauses: Sequence[tuple[datetime, datetime]],
    requests: Sequence[datetime],
    owed: datetime | None,
    finished: datetime | None,
) -> datetime | None:
    stated = [event for event in events if event.data.get("dueAt") is not None]
    if not stated:
        return None
    limit: datetime | None = datetime.fromisoformat(stated[-1].data["dueAt"])
    for since, until in pauses:
        if until > stated[-1].at:
            limit = moved(limit, since, until)
    if owed is not None and owed <= limit:
        limit = None
    second = requests[1] if len(requests) > 1 else None
    if second is not None and finished is not None and finished <= second:
        second = None
    return min((at for at in (limit, second) if at is not None), default=None)


def _petition(events: Sequence[Told], rating: int | None) -> Known:
    received, refused = _first(events, "petition.received"), _first(events, "petition.refused")
    asked, answered = _first(events, "petition.supplement-requested"), _first(events, "petition.answered")
    given = _since(asked, [e.at for e in events if e.name == "petition.supplement-received"])
    published = _since(answered, [e.at for e in events if e.name == "petition.published"])
    ends = [] if refused is None else [refused]
    if answered is not None and published is not None:
        ends.append(max(answered, published))
    ended = min(ends, default=None)
    limits: list[datetime] = []
    if received is not None:
        for limit, done in _terms(received, refused, asked, given, answered, published):
            if done is None or done > limit:
                limits.append(limit)
    repeated = _last(events, "repeated")
    return Known(
        "petition",
        events[-1].data["agency"],
        _last(events, "area"),
        None,
        received,
        ended if received is None or ended is None else max(ended, received),
        min(limits, default=None),
        fields={"repeated": repeated, "rating": rating, "channel": _last(events, "channel")},
    )


def _since(start: datetime | None, times: Sequence[datetime]) -> datetime | None:
    """The first of `times` from `start` on; without one, the last before; without a start, the first."""
    if start is None or not times:
        return min(times, default=None)
    return min((at for at in times if at >= start), default=max(times))


def _terms(
    received: datetime,
    refused: datetime | None,
    asked: datetime | None,
    given: datetime | None,
    answered: datetime | None,
    published: datetime | None,
) -> Iterable[tuple[datetime, datetime | None]]:
    """Decision 766, 5.2: (limit, when it was done) of each step that is owed."""
    if refused is not None:
        yield due(received, 2), refused
    if asked is not None:
        yield due(received, 5), asked
    if refused is not None:
        return
    limit = due(received, 15)
    if asked is None or asked > limit:
        yield limit, answered
    elif given is not None:
        yield moved(limit, asked, max(asked, given)), answered
    if answered is not None:
        yield due(answered, 2), published
