"""Which part of an event a webhook is told of. Pure; the rules of who sees what are those of docs/api/visibility.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fansipan_common.contracts import TopicName
from fansipan_indicators.periods import Period, PeriodKind

_OF_AREAS: Final = frozenset({"area", "area-procedure"})
_COLUMNS: Final = (
    "subjectKinds",
    "subjectKeys",
    "periods",
    "starts",
    "values",
    "bands",
    "revisions",
    "reasons",
)
EVENTS: Final[Mapping[str, str]] = {
    TopicName.INDICATOR_VALUES: "indicator-values",
    TopicName.ALERTS: "alerts",
}


@dataclass(frozen=True, slots=True)
class Subscription:
    """A webhook that is in use. An empty filter lets everything through.

    Attributes:
        provider: key of whose it is; None: the administration's, which sees everything.
        prefixes: of the provider only things whose datastreams all begin so; empty: all.
        subjects: `<kind>:<key>`.
        areas: codes of communes: of figures about one, and alerts in one.
    """

    id: str
    provider: str | None
    events: frozenset[str]
    indicators: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()
    bands: frozenset[str] = frozenset()
    severities: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()

    def owns(self, kind: str, key: str) -> bool:
        """Whether a subject is a thing of the provider, and within what whoever made the webhook may touch."""
        return (
            kind == "thing"
            and self.provider is not None
            and key.startswith(f"{self.provider}/")
            and (not self.prefixes or f"{key}/".startswith(self.prefixes))
        )

    def wants(self, kind: str, key: str, area: str | None) -> bool:
        """Whether a subject (that is, or lies in, an area) passes the filters."""
        return (not self.subjects or f"{kind}:{key}" in self.subjects) and (
            not self.areas or area in self.areas
        )


@dataclass(frozen=True, slots=True)
class Public:
    """What everybody may see.

    Attributes:
        indicators, rules: keys.
        reading: whether reading is open at all, and with it the alerts of those rules.
    """

    indicators: frozenset[str] = frozenset()
    rules: frozenset[str] = frozenset()
    reading: bool = False


def part_for(
    subscription: Subscription, topic: str, document: Mapping[str, Any], public: Public
) -> dict[str, Any] | None:
    """The data of the event that a webhook gets; None: nothing.

    Args:
        subscription: the webhook.
        topic: of the outbox.
        document: the data there.
        public: what everybody may see.
    """
    if EVENTS[topic] not in subscription.events:
        return None
    if topic == TopicName.ALERTS:
        return _alert(subscription, document, public)
    return _figures(subscription, document, public)


def _figures(
    subscription: Subscription, document: Mapping[str, Any], public: Public
) -> dict[str, Any] | None:
    indicator = document["indicator"]
    if subscription.indicators and indicator not in subscription.indicators:
        return None
    sees_all = subscription.provider is None or indicator in public.indicators
    figures = [
        {
            "subject": f"{kind}:{key}",
            "period": Period(PeriodKind(period), datetime.fromisoformat(start)).label,
            "value": value,
            "band": band,
            "revision": revision,
            "reason": reason,
        }
        for kind, key, period, start, value, band, revision, reason in zip(
            *(document[column] for column in _COLUMNS), strict=True
        )
        if (sees_all or subscription.owns(kind, key))
        and subscription.wants(kind, key, key.split("|", 1)[0] if kind in _OF_AREAS else None)
        and (not subscription.bands or band in subscription.bands)
    ]
    if not figures:
        return None
    return {
        "indicator": indicator,
        "version": document["version"],
        "computedAt": document["computedAt"],
        "figures": figures,
    }


def _alert(subscription: Subscription, document: Mapping[str, Any], public: Public) -> dict[str, Any] | None:
    if subscription.severities and document["severity"] not in subscription.severities:
        return None
    if subscription.indicators and document["cause"].get("indicator") not in subscription.indicators:
        return None
    if not subscription.wants(document["subjectKind"], document["subject"], document["areaCode"]):
        return None
    if subscription.provider is None:
        return dict(document)
    if not public.reading or document["rule"] not in public.rules:
        return None
    change = document["change"]
    return {
        **document,
        "acknowledgedBy": None,
        "assignee": None,
        "change": change | {"actor": change["actor"] if change["actor"] == "system" else None, "note": None},
    }
