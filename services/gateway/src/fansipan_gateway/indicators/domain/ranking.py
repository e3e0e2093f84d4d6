"""Order and ranks of figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fansipan_gateway.indicators.domain.figures import NamedSubject, ShownFigure
from fansipan_gateway.indicators.domain.versions import IndicatorVersion
from fansipan_indicators.scoring import Direction, competition_rank


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest figure of a subject, and the value of the period before it."""

    version: IndicatorVersion
    subject: NamedSubject
    shown: ShownFigure
    previous: float | None

    def movement(self) -> dict[str, Any]:
        """The value of the period before, and the change since, as JSON."""
        value = self.shown.value
        change = None if value is None or self.previous is None else value - self.previous
        return {"previous": self.previous, "change": change}


def ranked(figures: Sequence[Newest], direction: str, decimals: int) -> list[tuple[int | None, Newest]]:
    """Figures with their ranks, best first; what has no value comes last, unranked, by key.

    Ties share a rank and the next is skipped (1, 2, 2, 4). Values are compared as they are displayed, so that what
    looks the same ranks the same. An indicator that says no direction is ordered by falling value and not ranked.
    """
    by_key = {newest.subject.subject.key: newest for newest in figures}
    order: Direction = "lower-is-better" if direction == "lower-is-better" else "higher-is-better"
    values = {key: by_key[key].shown.value for key in sorted(by_key)}
    ranks = competition_rank(values, order, digits=decimals)
    judged = direction != "none"
    first: list[tuple[int | None, Newest]] = [
        (rank if judged else None, by_key[key]) for key, rank in ranks.items()
    ]
    return first + [(None, by_key[key]) for key, value in values.items() if value is None]
