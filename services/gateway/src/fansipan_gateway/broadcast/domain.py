"""Topics that are published, and which of them somebody may subscribe to."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

STA_ROOT: Final = "v1.1"
LIVE_ROOT: Final = "live"
OBSERVATIONS: Final = "Observations"
EVERYTHING: Final = (f"{STA_ROOT}/#", f"{LIVE_ROOT}/#")
"""Filters that match all that may be published."""

_OF_DATASTREAM: Final = re.compile(
    rf"{re.escape(STA_ROOT)}/Datastreams\(([1-9][0-9]{{0,6}})\)/(?:{OBSERVATIONS}|#)"
)
_OF_ANOTHER_ENTITY: Final = re.compile(rf"{re.escape(STA_ROOT)}/(?!Datastreams\()\w+\([0-9]+\)(?:/.*)?")
_WHOLE_ENTITY: Final = re.compile(rf"{re.escape(STA_ROOT)}/\w+\([0-9]+\)/#")
_OF_PROVIDER: Final = f"{LIVE_ROOT}/providers/"
_MOST_REMEMBERED: Final = 100_000
_WILD: Final = frozenset("+#\0")


@dataclass(frozen=True, slots=True)
class Publication:
    """A message to be published.

    Attributes:
        qos: 1 for what is rare and tells of a change; 0 for what comes in a stream.
    """

    topic: str
    payload: bytes
    qos: int = 0


class Asked:
    """The topic filters that somebody may subscribe to: only what matches one of them is worth publishing."""

    def __init__(self, filters: Iterable[str]) -> None:
        self.filters = frozenset(filters)
        self._exact = frozenset(each for each in self.filters if not _WILD & set(each))
        self._below = frozenset(each[:-2] for each in self.filters if _WHOLE_ENTITY.fullmatch(each))
        self._wild = [each.split("/") for each in self.filters - self._exact if each[:-2] not in self._below]
        self._known: dict[str, bool] = {}

    def wants(self, topic: str) -> bool:
        """Whether somebody may subscribe to a topic."""
        if topic in self._exact or "/".join(topic.split("/", 2)[:2]) in self._below:
            return True
        if not self._wild:
            return False
        known = self._known.get(topic)
        if known is None:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            levels = topic.split("/")
            known = self._known[topic] = any(_matches(wild, levels) for wild in self._wild)
        return known

    @cached_property
    def providers(self) -> bool:
        """Whether somebody may subscribe to what lies below a provider."""
        return any(_may_be_below(each.split("/"), LIVE_ROOT, "providers") for each in self.filters)

    @cached_property
    def events(self) -> bool:
        """Whether somebody may subscribe to figures or alerts."""
        return any(
            _may_be_below(each.split("/"), LIVE_ROOT, kind)
            for each in self.filters
            for kind in ("indicators", "alerts")
        )

    @property
    def nothing(self) -> bool:
        """Whether nobody may subscribe to anything."""
        return not self.filters

    @cached_property
    def datastreams(self) -> list[int] | None:
        """The datastreams whose observations somebody may subscribe to; None: perhaps any."""
        ids: set[int] = set()
        for each in self.filters:
            if (of_one := _OF_DATASTREAM.fullmatch(each)) is not None:
                ids.add(int(of_one[1]))
            elif _may_be_observations(each):
                return None
        return sorted(ids)


def _may_be_observations(topic_filter: str) -> bool:
    """Whether observations of many datastreams may match."""
    if _OF_ANOTHER_ENTITY.fullmatch(topic_filter):
        return False
    levels = topic_filter.split("/")
    return _may_be_below(levels, STA_ROOT) or _may_be_below(levels, LIVE_ROOT, "providers")


def _may_be_below(levels: Sequence[str], *root: str) -> bool:
    """Whether a filter may match what lies below some levels."""
    for level, wanted in zip(levels, root, strict=False):
        if level == "#":
            return True
        if level not in ("+", wanted):
            return False
    return len(levels) > len(root) or "#" in levels


def _matches(wild: Sequence[str], levels: Sequence[str]) -> bool:
    """Whether a filter with wildcards matches a topic, as MQTT says (4.7)."""
    for place, level in enumerate(wild):
        if level == "#":
            return True
        if place >= len(levels) or level not in ("+", levels[place]):
            return False
    return len(wild) == len(levels)


def observation_topics(datastream: int, provider: str | None) -> tuple[str, ...]:
    """Where an observation may be published; `provider`: key of whose it is, None: that is not known."""
    paths = (f"{STA_ROOT}/Datastreams({datastream})/{OBSERVATIONS}", f"{STA_ROOT}/{OBSERVATIONS}")
    return paths if provider is None else (*paths, *(f"{_OF_PROVIDER}{provider}/{path}" for path in paths))


def entity_topics(
    entities: str, entity_id: int, entity: dict[str, Any], provider: str | None
) -> list[tuple[str, str | None]]:
    """Where an entity may be published: each topic, and the property of it that is published there (None: all of it).

    Args:
        entities: name of the entity set.
        entity_id: its id.
        entity: as JSON.
        provider: key of whose it is; None: nobody's, or that is not known.
    """
    paths = [f"{STA_ROOT}/{entities}({entity_id})", f"{STA_ROOT}/{entities}"]
    topics: list[tuple[str, str | None]] = [(path, None) for path in paths]
    topics += [(f"{paths[0]}/{name}", name) for name in entity if "@" not in name]
    if provider is not None:
        topics += [(f"{_OF_PROVIDER}{provider}/{topic}", name) for topic, name in topics]
    return topics


def figure_topic(indicator: str, subject: str) -> str | None:
    """Where a figure is published (`subject`: kind:key); None: the subject cannot be said in a topic."""
    kind, _, key = subject.partition(":")
    return None if _WILD & set(key) else f"{LIVE_ROOT}/indicators/{indicator}/{kind}/{key}"


def alert_topic(rule: str, kind: str, key: str) -> str | None:
    """Where an alert is published; None: its subject cannot be said in a topic."""
    return None if _WILD & set(key) else f"{LIVE_ROOT}/alerts/{rule}/{kind}/{key}"


def newest_of_each(identities: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of each datastream the newest (datastream, Unix ms)."""
    newest: dict[int, int] = {}
    for datastream, ms in identities:
        if ms >= newest.get(datastream, ms):
            newest[datastream] = ms
    return list(newest.items())
