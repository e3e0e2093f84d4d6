"""Looks of rules on silence: a datastream has sent before, and gives nothing any more."""

from datetime import datetime, timedelta
from typing import Final

from fansipan_analytics.alerts.looks import About, Seen
from fansipan_analytics.alerts.readings import Datastream
from fansipan_analytics.alerts.watches import Watch
from fansipan_indicators.alert_conditions import Silence
from fansipan_indicators.alert_rules import AlertRule
from fansipan_indicators.alerting import Course, Episode

# Arrivals end a silence at once; this is for readings that are in no rollup (text, or marked bad).
_LOOK_AGAIN: Final = timedelta(seconds=30)


def look_at_silence(
    rule: AlertRule, condition: Silence, watch: Watch, datastream: Datastream, now: datetime
) -> Seen:
    """See whether a datastream is silent, and say when to look again: it is not looked at when readings come."""
    latest = datastream.latest
    about = About(datastream.names, datastream.area_code, {}, {"property": datastream.property})
    if latest is not None and now - latest >= condition.after:
        watch.due_at = now + _LOOK_AGAIN
        episode = Episode(latest, None, rule.lowest_severity)
        return Seen(rule, watch, about, Course(episode))
    watch.due_at = None if latest is None else latest + condition.after
    held = watch.memory.held
    if held is None or latest is None:
        return Seen(rule, watch, about, Course())
    over = Episode(held.began, max(latest, held.began), rule.lowest_severity)
    return Seen(rule, watch, about, Course(None, (over,)))
