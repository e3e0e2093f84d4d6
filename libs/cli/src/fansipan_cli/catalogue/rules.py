"""The alert rules of a catalogue as a list."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fansipan_indicators.alert_conditions import (
    Bound,
    Composite,
    Condition,
    FromThing,
    RateOfRise,
    Silence,
    format_duration,
)
from fansipan_indicators.alert_rules import AlertRule


@dataclass(frozen=True, slots=True)
class ListedRule:
    """A rule in the words of a list.

    Attributes:
        severity: from the mildest to the gravest that its levels say; escalation may go beyond.
        receivers: who is told, at once or when nobody acknowledges it; a dash when nobody is.
    """

    id: str
    name_vi: str
    name_en: str
    severity: str
    subjects: str
    condition: str
    receivers: str


def listed_rules(rules: Iterable[AlertRule]) -> list[ListedRule]:
    """The rules by id."""
    return [
        ListedRule(
            rule.key,
            rule.names.vi,
            rule.names.en,
            _severity(rule),
            rule.subjects.value,
            _condition(rule.condition),
            ", ".join(_receivers(rule)) or "–",
        )
        for rule in sorted(rules, key=lambda rule: rule.key)
    ]


def rules_as_markdown(rules: Sequence[ListedRule]) -> str:
    """A table with the names in both languages."""
    lines = [
        "| id | tên · name | severity | about | when | told |",
        "|---|---|---|---|---|---|",
    ]
    for rule in rules:
        cells = (
            f"`{rule.id}`",
            f"{rule.name_vi} · {rule.name_en}",
            rule.severity,
            rule.subjects,
            rule.condition,
            rule.receivers,
        )
        lines.append(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |")
    return "\n".join(lines)


def _severity(rule: AlertRule) -> str:
    lowest = rule.lowest_severity
    levels = [] if isinstance(rule.condition, Silence | Composite) else rule.condition.levels
    gravest = max((level.severity for level in levels), key=lambda severity: severity.rank, default=lowest)
    return lowest.value if gravest is lowest else f"{lowest.value} to {gravest.value}"


def _condition(condition: Condition) -> str:
    match condition:
        case Composite():
            members = ", ".join(condition.members)
            word = "all" if condition.any is None else "any"
            return f"{word} of {members} in the same {condition.match}"
        case Silence():
            return f"{condition.property} silent for {format_duration(condition.after)}"
        case RateOfRise():
            what = f"{condition.property} in an hour (over {format_duration(condition.over)})"
        case _:
            what = condition.property or f"{condition.indicator} of the {condition.period}"
    bounds = condition.bounds
    side = "from {} up" if bounds[0].is_rising else "from {} down"
    text = f"{what} {side.format(' / '.join(map(_number, bounds)))}"
    hold = getattr(condition, "hold", None)
    return text if hold is None else f"{text} for {format_duration(hold)}"


def _number(bound: Bound) -> str:
    if isinstance(bound.at, FromThing):
        return f"the thing's {bound.at.thing_property}"
    return f"{bound.at:g}"


def _receivers(rule: AlertRule) -> Iterable[str]:
    later = (key for step in rule.escalate for key in step.receivers)
    return dict.fromkeys([*rule.receivers, *later])
