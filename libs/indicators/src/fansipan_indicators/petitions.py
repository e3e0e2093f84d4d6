"""The clocks of a petition or feedback (phản ánh, kiến nghị): Decision 766/QĐ-TTg, sub-indicator 5.2.

Refuse within 2 working days, ask for a supplement within 5, answer within 15 (the time in which the citizen owes a
supplement taken out), publish within 2 of the answer.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fansipan_indicators.calendars import WorkingCalendar


class Clock(StrEnum):
    """What has to be done in time."""

    REFUSE = "refuse"
    SUPPLEMENT = "supplement"
    ANSWER = "answer"
    PUBLISH = "publish"


@dataclass(frozen=True, slots=True)
class PetitionClocks:
    """Working days for each step. The defaults are those of the decision."""

    refuse: int = 2
    supplement: int = 5
    answer: int = 15
    publish: int = 2


@dataclass(frozen=True, slots=True)
class PetitionFacts:
    """What is known to have happened to a petition, as aware times; None: not, or not yet."""

    received_at: datetime
    refused_at: datetime | None = None
    supplement_requested_at: datetime | None = None
    supplement_received_at: datetime | None = None
    answered_at: datetime | None = None
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Violation:
    """A clock that ran out, or will.

    Attributes:
        late_at: the last moment that would have been in time; the petition is late after it.
        clock: which one.
    """

    late_at: datetime
    clock: Clock


def first_violation(
    facts: PetitionFacts, calendar: WorkingCalendar, clocks: PetitionClocks | None = None
) -> Violation | None:
    """The first clock that was violated, or that will be if nothing more happens.

    A petition is late at `now` when the result's `late_at` lies before it, so one computation answers for every
    moment until the next event.

    - A refusal, or a request for a supplement, that came too late is a violation from the end of its term.
    - A refused petition needs no answer.
    - From a request for a supplement until it comes the clock of the answer stands still, unless it had run out.
    - An answer is to be published, from the moment of the answer.

    Events may be known in any order, and a correction may put one before another that should precede it: a supplement
    that came before it was asked for is a pause of no length.

    Returns:
        None when everything ended in time, or the clock stands still.

    Raises:
        ValueError: a time is naive or lies outside the years of the calendar.
    """
    terms = clocks or PetitionClocks()
    found: list[Violation] = []

    def due(clock: Clock, at: datetime, done_at: datetime | None) -> None:
        if done_at is None or done_at > at:
            found.append(Violation(at, clock))

    received = facts.received_at
    if facts.refused_at is not None:
        due(Clock.REFUSE, calendar.deadline(received, terms.refuse), facts.refused_at)
    if facts.supplement_requested_at is not None:
        due(Clock.SUPPLEMENT, calendar.deadline(received, terms.supplement), facts.supplement_requested_at)
    if facts.refused_at is None:
        answer_due = _answer_due(facts, calendar, terms)
        if answer_due is not None:
            due(Clock.ANSWER, answer_due, facts.answered_at)
        if facts.answered_at is not None:
            due(Clock.PUBLISH, calendar.deadline(facts.answered_at, terms.publish), facts.published_at)
    return min(found, key=lambda violation: violation.late_at, default=None)


def _answer_due(facts: PetitionFacts, calendar: WorkingCalendar, terms: PetitionClocks) -> datetime | None:
    """When the answer is due; None while the clock stands still."""
    at = calendar.deadline(facts.received_at, terms.answer)
    requested, supplemented = facts.supplement_requested_at, facts.supplement_received_at
    if requested is None or requested > at:
        return at
    if supplemented is None:
        return None
    return calendar.resume(at, requested, max(requested, supplemented))
