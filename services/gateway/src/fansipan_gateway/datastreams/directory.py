"""Names and ids of datastreams, remembered so that a read costs no query for them."""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

from fansipan_common.errors import NotFound
from fansipan_gateway.datastreams.domain import DatastreamEntry, name_some, parse_datastream_reference
from fansipan_gateway.datastreams.repository import DatastreamRepository
from fansipan_gateway.domain.visibility import Visibility

_MAX_ENTRIES: Final = 200_000


class DatastreamDirectory:
    """Resolves what callers name into datastreams.

    Known ones are remembered for `ttl` seconds, or until `invalidate`; an unknown one is asked for each time, since it
    may be registered at any moment.
    """

    def __init__(
        self,
        repository: DatastreamRepository,
        *,
        ttl: float = 60.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._repository = repository
        self._ttl = ttl
        self._monotonic = monotonic
        self._known: OrderedDict[int | str, tuple[DatastreamEntry, float]] = OrderedDict()
        self._generation = 0

    async def resolve(self, references: Sequence[str], visibility: Visibility) -> list[DatastreamEntry]:
        """The datastreams that ids or keys name, in that order, each once.

        Raises:
            NotFound: one is unknown, or not seen by this reader; all such are in `unknown`.
            DatabaseAway.
        """
        now = self._monotonic()
        wanted = {text: parse_datastream_reference(text) for text in references}
        found: dict[int | str, DatastreamEntry] = {}
        for reference in wanted.values():
            entry, until = self._known.get(reference, (None, 0.0))
            if entry is not None and until > now:
                found[reference] = entry
        missing = [reference for reference in wanted.values() if reference not in found]
        if missing:
            generation = self._generation
            for entry in await self._repository.find_entries(missing):
                found[entry.id] = found[entry.key] = entry
                if generation == self._generation:
                    self._remember(entry, now + self._ttl)
        unknown = [
            text
            for text, reference in wanted.items()
            if reference not in found or not found[reference].seen_with(visibility)
        ]
        if unknown:
            raise NotFound(
                f"there is no datastream {name_some(unknown)}; GET /v1/datastreams lists them",
                extra={"unknown": unknown},
            )
        return list({found[reference].id: found[reference] for reference in wanted.values()}.values())

    def invalidate(self) -> None:
        """Ask again for every datastream; called when `registry_changed` is notified."""
        self._generation += 1
        self._known.clear()

    def _remember(self, entry: DatastreamEntry, until: float) -> None:
        self._known[entry.id] = self._known[entry.key] = (entry, until)
        while len(self._known) > _MAX_ENTRIES:
            self._known.popitem(last=False)
