"""The definitions that are evaluated at present, as the database holds them."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from fansipan_indicators.catalogue import CASES, VersionedDefinition, in_order
from fansipan_indicators.formulas import CaseFormula, CompositeFormula
from fansipan_indicators.measures import Layout, measures_of
from fansipan_indicators.periods import Period


class Active:
    """A definition with the id under which its values are stored."""

    def __init__(self, id: int, pair: VersionedDefinition, lane: str) -> None:  # noqa: A002 - as the column is called
        self.id = id
        self.pair = pair
        self.lane = lane
        bands = pair.version.bands
        self._rising = bool(bands) and (len(bands) == 1 or bands[0].up_to is not None)
        self._keys = [band.key for band in bands]
        edges = [band.up_to for band in bands[:-1]] if self._rising else [band.from_ for band in bands[1:]]
        self._edges = [edge for edge in edges if edge is not None]

    def band_of(self, value: float | None) -> str | None:
        """Key of the band that holds a value, as `definitions.band_of` finds it."""
        if value is None or not self._keys:
            return None
        return self._keys[(bisect_left if self._rising else bisect_right)(self._edges, value)]

    @property
    def key(self) -> str:
        """Key of the indicator."""
        return self.pair.key


@dataclass(frozen=True, slots=True)
class Work:
    """What one transaction of a lane did: how many figures changed, and whether the queue held more than it could
    take."""

    changed: int
    more: bool = False


_REMEMBERED: Final = 100_000


@lru_cache(maxsize=_REMEMBERED)
def holds(active: Active, period: Period) -> bool:
    """Whether a definition is in effect for a period; asked so often that the answer is remembered."""
    return active.pair.holds_for(period)


class Definitions:
    """All active definitions, composites after what they read, and what follows from them.

    Attributes:
        layout: the measures of all formulas over cases.
        dependents: indicator key → composites that read it.
        watched: keys of the indicators that an alert rule watches.
    """

    def __init__(self, actives: Sequence[Active], *, watched: frozenset[str] = frozenset()) -> None:
        by_version = {(active.key, active.pair.version.version): active for active in actives}
        self.actives = [
            by_version[pair.key, pair.version.version] for pair in in_order(active.pair for active in actives)
        ]
        self.watched = watched
        self.by_id: Mapping[int, Active] = {active.id: active for active in actives}
        self._by_key: dict[str, list[Active]] = {}
        self.dependents: dict[str, list[Active]] = {}
        for active in self.actives:
            self._by_key.setdefault(active.key, []).append(active)
            formula = active.pair.version.formula
            if isinstance(formula, CompositeFormula):
                for key in formula.indicators:
                    self.dependents.setdefault(key, []).append(active)
        self._in_force: dict[tuple[str, Period], Active | None] = {}
        self.layout = Layout(
            measure
            for active in self.of_lane(CASES)
            if isinstance(active.pair.version.formula, CaseFormula)
            for measure in measures_of(active.pair.version.formula)
        )

    def of_lane(self, lane: str) -> list[Active]:
        """The definitions of a lane, in order."""
        return [active for active in self.actives if active.lane == lane]

    def in_force(self, key: str, period: Period) -> Active | None:
        """The version of an indicator that holds for a period: of several, the one that came into effect last."""
        place = (key, period)
        if place not in self._in_force:
            if len(self._in_force) > _REMEMBERED:
                self._in_force.clear()
            holding = [active for active in self._by_key.get(key, ()) if holds(active, period)]
            self._in_force[place] = max(
                holding,
                key=lambda a: (a.pair.version.effective_from, a.pair.version.version),
                default=None,
            )
        return self._in_force[place]
