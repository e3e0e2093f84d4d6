"""Versions of the data, as far as this replica has heard: whoever read at one sees nothing older than it."""

import time
from collections.abc import Callable, Iterable

from fansipan_gateway.caching.domain import Noun


class DataVersions:
    """A number for each noun that grows when it changes.

    Numbers mean something in this process only. What other replicas remember is compared by age: `heard` says how long
    ago the last change was heard of.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._numbers = dict.fromkeys(Noun, 0)
        self._heard = dict.fromkeys(Noun, float("-inf"))

    def advance(self, *nouns: Noun) -> None:
        """These have changed; none named: all have, or may have."""
        now = self._monotonic()
        for noun in nouns or tuple(Noun):
            self._numbers[noun] += 1
            self._heard[noun] = now

    def of(self, nouns: Iterable[Noun]) -> tuple[int, ...]:
        """The version of some nouns together."""
        return tuple(self._numbers[noun] for noun in sorted(nouns))

    def heard(self, nouns: Iterable[Noun]) -> float:
        """When one of them was last heard to change (monotonic seconds)."""
        return max(self._heard[noun] for noun in nouns)
