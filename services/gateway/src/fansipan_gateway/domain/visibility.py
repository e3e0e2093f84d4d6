"""Which part of the data a reader sees: the table of rules is docs/api/visibility.md."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Visibility:
    """All data, or a part of it. Repositories turn this into conditions of their queries.

    What is public (areas, figures of public indicators) everybody sees beside it.

    Attributes:
        provider_id: the only provider whose things and readings are seen; None: everybody's.
        prefixes: beginnings of the datastream keys that are seen; empty: all of the provider's.
        internal: whether figures, alerts and cases that are not public are seen: to operators, within their limits.
        areas: the areas whose data is seen, former units that became part of them too; with `agencies` empty: no limit.
        agencies: the agencies whose data is seen; with `areas` empty: no limit.
        own_provider_id: of an API key: its provider, whose cases, and figures of whose things, it sees.
        own_prefixes: figures only of things all of whose datastreams begin so; empty: of all things of the provider.
    """

    provider_id: int | None = None
    prefixes: tuple[str, ...] = ()
    internal: bool = True
    areas: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()
    own_provider_id: int | None = None
    own_prefixes: tuple[str, ...] = ()

    def shows(self, provider_id: int, datastream_key: str, area_code: str | None) -> bool:
        """Whether a datastream, on a thing in an area (None: it is not known where), is seen."""
        if self.provider_id is not None and (
            self.provider_id != provider_id
            or (self.prefixes and not datastream_key.startswith(self.prefixes))
        ):
            return False
        return not self.limited or area_code in self.areas

    def shows_definition(self, *, public: bool, subjects: Collection[str]) -> bool:
        """Whether an indicator that is computed for such subjects is seen at all: a key has figures of its things."""
        return public or self.internal or (self.own_provider_id is not None and "thing" in subjects)

    @property
    def limited(self) -> bool:
        """Whether only data of some areas or agencies is seen."""
        return bool(self.areas or self.agencies)

    @property
    def sees_all_figures(self) -> bool:
        """Whether no figure, alert or case is hidden."""
        return self.internal and not self.limited

    @property
    def sees_cases(self) -> bool:
        """Whether single cases and counts of them are seen at all: the public sees figures only."""
        return self.internal or self.own_provider_id is not None

    @property
    def prefix_list(self) -> list[str] | None:
        """The prefixes as a query parameter; None when they restrict nothing."""
        return list(self.prefixes) or None

    @property
    def area_list(self) -> list[str] | None:
        """The areas in which things are seen, as a query parameter; None when all are."""
        return list(self.areas) if self.limited else None

    @property
    def case_areas(self) -> list[str] | None:
        """The areas whose cases are seen, as a query parameter; None: of all."""
        return list(self.areas) or None

    @property
    def case_agencies(self) -> list[str] | None:
        """The agencies whose cases are seen, as a query parameter; None: of all."""
        return list(self.agencies) or None


EVERYTHING: Final = Visibility()
"""What operators without limits see."""

PUBLIC: Final = Visibility(internal=False)
"""What everybody sees where reading is open: things and their readings, and what is public."""
