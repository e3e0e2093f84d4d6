"""One look of a rule at one subject: what is seen, and what the watch remembers of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import asyncpg

from fansipan_analytics.alerts.ledger import Facts, Ledger, is_active
from fansipan_analytics.alerts.watches import Watch
from fansipan_indicators.alert_rules import AlertRule
from fansipan_indicators.alert_texts import SubjectNames, summary_of
from fansipan_indicators.alerting import (
    Cleared,
    Course,
    Episode,
    Held,
    Opened,
    Raised,
    Transition,
    Withdrawn,
    decide,
)


@dataclass(frozen=True, slots=True)
class About:
    """Whom a look is about, in an alert's words.

    Attributes:
        source: what was looked at, for the alert's cause: `{"property": …}` or `{"indicator": …, "period": …}`.
    """

    names: SubjectNames
    area_code: str | None
    properties: Mapping[str, Any] = field(default_factory=dict[str, Any])
    source: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Seen:
    """What a rule saw of a subject. `is_retracted`: if it is over, it never was (a composite of a withdrawn member)."""

    rule: AlertRule
    watch: Watch
    about: About
    course: Course
    is_retracted: bool = False


@dataclass(frozen=True, slots=True)
class Flip:
    """A rule's condition began or ceased to hold for a subject, or its episode became another one."""

    rule: str
    subject: str
    area_code: str | None
    is_retracted: bool


async def settle(connection: "asyncpg.Connection[Any]", ledger: Ledger, seen: Seen) -> Flip | None:
    """Carry out what was seen: alerts are opened, raised, ended. Changes the watch; returns whether it flipped."""
    watch, course = seen.watch, seen.course
    held = watch.memory.held
    if held is not None and held.over and not await is_active(connection, held.alert):
        held = None  # an operator has ended what only operators end
    was_active, had_begun = watch.active, watch.began
    watch.area = seen.about.area_code
    watch.active = course.current is not None
    watch.began = None if course.current is None else course.current.began
    transitions: list[Transition] = [
        Withdrawn() if seen.is_retracted and isinstance(transition, Cleared) else transition
        for transition in decide(held, course)
    ]
    for transition in transitions:
        held = await _carry_out(connection, ledger, seen, held, transition)
    if held is not None and course.current is not None and not transitions:
        held = await _go_on(connection, held, course.current)
    watch.memory = replace(watch.memory, held=held)
    if (was_active, had_begun) == (watch.active, watch.began):
        return None
    withdrawn = any(isinstance(transition, Withdrawn) for transition in transitions)
    return Flip(seen.rule.key, watch.subject, watch.area, withdrawn)


async def _go_on(connection: "asyncpg.Connection[Any]", held: Held, current: Episode) -> Held:
    """The episode lasts; late data may have moved its beginning."""
    if held.over or held.began != current.began:
        await Ledger.restart(connection, held.alert, current.began)
    return replace(held, began=current.began, over=False)


async def _carry_out(
    connection: "asyncpg.Connection[Any]",
    ledger: Ledger,
    seen: Seen,
    held: Held | None,
    transition: Transition,
) -> Held | None:
    rule = seen.rule
    if isinstance(transition, Opened | Raised):
        return await _open_or_raise(connection, ledger, seen, held, transition.episode)
    if held is None:
        raise RuntimeError("an alert ends that was never opened")
    if isinstance(transition, Withdrawn):
        await ledger.end(connection, rule, held.alert, "withdrawn", "corrected data removed the cause")
        return None
    if not rule.resolve_automatically and await is_active(connection, held.alert):
        return replace(held, over=True)
    await ledger.end(connection, rule, held.alert, "resolved", "the cause is over")
    return None


async def _open_or_raise(
    connection: "asyncpg.Connection[Any]", ledger: Ledger, seen: Seen, held: Held | None, episode: Episode
) -> Held:
    facts = _facts(seen, episode)
    if held is not None and await is_active(connection, held.alert):
        await ledger.aggravate(connection, seen.rule, held.alert, facts)
        return Held(held.alert, episode.began, episode.severity)
    alert = await ledger.open(connection, seen.rule, facts)
    return Held(alert, episode.began, episode.severity)


def _facts(seen: Seen, episode: Episode) -> Facts:
    cause: dict[str, Any] = {"kind": seen.rule.condition.kind, **seen.about.source}
    if episode.cause is not None:
        cause |= {"at": episode.cause.at.isoformat(), "value": episode.cause.value}
    if episode.bound is not None:
        cause["bound"] = episode.bound
    return Facts(
        subject=seen.watch.subject,
        subject_name=seen.about.names.vi,
        area_code=seen.about.area_code,
        severity=episode.severity,
        started_at=episode.began,
        summary=summary_of(seen.rule, seen.about.names, episode),
        cause=cause,
    )
