"""Composites: rules that hold while others do, for the same subject or in the same area."""

from collections.abc import Iterable
from typing import Any

import asyncpg

from fansipan_analytics.alerts import watches
from fansipan_analytics.alerts.figures import find_subjects
from fansipan_analytics.alerts.looks import About, Flip, Seen
from fansipan_analytics.alerts.readings import find_datastreams
from fansipan_analytics.alerts.rules import RuleBook
from fansipan_analytics.alerts.watches import Watch, WatchKey
from fansipan_indicators.alert_conditions import Composite
from fansipan_indicators.alert_rules import AlertRule, SubjectKind
from fansipan_indicators.alert_texts import SubjectNames
from fansipan_indicators.alerting import Course, Episode


def composites_touched(book: RuleBook, flips: Iterable[Flip]) -> dict[WatchKey, bool]:
    """Which composites may have changed, and whether a member's cause was withdrawn."""
    touched: dict[WatchKey, bool] = {}
    for flip in flips:
        for rule, condition in book.composites_of(flip.rule):
            subject = flip.area_code if condition.match == "area" else flip.subject
            if subject is not None:
                key = rule.key, subject
                touched[key] = touched.get(key, False) or flip.is_retracted
    return touched


async def look_at_composite(
    connection: "asyncpg.Connection[Any]",
    rule: AlertRule,
    condition: Composite,
    watch: Watch,
    *,
    is_retracted: bool = False,
) -> Seen:
    """See whether a composite holds. Its watch is locked, so the last of its members to change sees all of them."""
    watch.due_at = None
    by_area = condition.match == "area"
    active = await watches.active_members(connection, condition.members, watch.subject, by_area=by_area)
    about = await _about(connection, rule, watch.subject)
    held = watch.memory.held
    if active and (condition.any is not None or len(active) == len(condition.members)):
        began = min(active.values()) if condition.any is not None else max(active.values())
        course = Course(Episode(began, None, rule.lowest_severity))
    elif held is not None:
        course = Course(None, (Episode(held.began, held.began, rule.lowest_severity),))
    else:
        course = Course()
    return Seen(rule, watch, about, course, is_retracted)


async def _about(connection: "asyncpg.Connection[Any]", rule: AlertRule, subject: str) -> About:
    if rule.subjects is SubjectKind.DATASTREAM:
        for datastream in await find_datastreams(connection, keys=[subject]):
            return About(datastream.names, datastream.area_code)
        return About(SubjectNames(subject, subject), None)
    found = await find_subjects(connection, [(rule.subjects, subject)])
    known = found[rule.subjects, subject]
    return About(known.names, known.area_code)
