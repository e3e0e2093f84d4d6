"""An indicator with its versions, and which of them holds for a period.

A period is judged by the version in force at its start: the newest `effectiveFrom` on or before that local day whose
`effectiveTo` is still to come.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import pairwise

from fansipan_common.errors import NotFound
from fansipan_gateway.domain.visibility import Visibility
from fansipan_gateway.indicators.domain.faults import BadPeriod, NotComputed
from fansipan_gateway.indicators.domain.subjects import Subject
from fansipan_indicators.definitions import Definition, Version
from fansipan_indicators.periods import ZONE, PeriodKind


@dataclass(frozen=True, slots=True)
class IndicatorVersion:
    """One version as analytics evaluates it.

    Attributes:
        id: what figures refer to.
        definition: the whole definition as it was with this version.
        version: the fields of this version.
        digest: changes when the text of the definition does.
        retired_at: since when it is no longer in the catalogue, and no longer evaluated.
    """

    id: int
    definition: Definition
    version: Version
    digest: str
    public: bool
    retired_at: datetime | None

    @property
    def number(self) -> int:
        return self.version.version

    def in_force(self, day: date) -> bool:
        """Whether it is in force on a day."""
        since, until = self.version.effective_from, self.version.effective_to
        return since <= day and (until is None or day < until)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of time whose periods one version judges: those that begin in it (`until` exclusive)."""

    version: IndicatorVersion
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class IndicatorEntry:
    """An indicator: all its versions, by number."""

    key: str
    versions: tuple[IndicatorVersion, ...]

    @property
    def public(self) -> bool:
        """Whether everybody may see it: as the newest version says."""
        return self._kept[-1].public

    def seen_with(self, visibility: Visibility) -> bool:
        """Whether a reader sees the definition, and may have figures of it."""
        subjects = {kind for version in self.versions for kind in version.version.subjects}
        return visibility.shows_definition(public=self.public, subjects=subjects)

    @property
    def retired(self) -> bool:
        """Whether the catalogue no longer has it."""
        return all(version.retired_at is not None for version in self.versions)

    @property
    def _kept(self) -> tuple[IndicatorVersion, ...]:
        return tuple(v for v in self.versions if v.retired_at is None) or self.versions

    def numbered(self, number: int) -> IndicatorVersion:
        """The version with a number.

        Raises:
            NotFound: there is none.
        """
        for version in self.versions:
            if version.number == number:
                return version
        there = ", ".join(str(version.number) for version in self.versions)
        raise NotFound(f"{self.key} has no version {number}; it has {there}")

    def at(self, moment: datetime, kind: PeriodKind | None = None) -> IndicatorVersion | None:
        """The version that judges a period that begins at a moment: among those computed by such periods."""
        day = moment.astimezone(ZONE).date()
        candidates = [
            version
            for version in self._kept
            if version.in_force(day) and (kind is None or kind in version.version.periods)
        ]
        return max(candidates, key=lambda v: (v.version.effective_from, v.number), default=None)

    def shown(self, now: datetime) -> IndicatorVersion:
        """The version in force now, else the newest."""
        return self.at(now) or self._kept[-1]

    def segments(
        self, since: datetime, until: datetime, kind: PeriodKind, number: int | None = None
    ) -> list[Segment]:
        """The versions that judge the periods that begin in a range, in the order of time.

        Args:
            since, until: the range, `until` exclusive; it may be empty.
            kind: of the periods.
            number: only this version, for all the range.

        Raises:
            NotFound: there is no such version.
        """
        if since >= until:
            return []
        if number is not None:
            return [Segment(self.numbered(number), since, until)]
        edges = {since, until}
        for version in self._kept:
            for day in (version.version.effective_from, version.version.effective_to):
                if day is not None and since < (edge := _midnight(day)) < until:
                    edges.add(edge)
        ordered = sorted(edges)
        found: list[Segment] = []
        for begin, end in pairwise(ordered):
            version = self.at(begin, kind)
            if version is None:
                continue
            if found and found[-1].version is version and found[-1].until == begin:
                found[-1] = Segment(version, found[-1].since, end)
            else:
                found.append(Segment(version, begin, end))
        return found

    def require_period(self, kind: PeriodKind) -> None:
        """Raises BadPeriod unless some version is computed by such periods."""
        kinds = {period for version in self.versions for period in version.version.periods}
        if kind not in kinds:
            raise BadPeriod(
                f"{self.key} is not computed by {kind}; it is computed by "
                f"{', '.join(sorted(kinds, key=list(PeriodKind).index))}"
            )

    def require_subject(self, subject: Subject) -> None:
        """Raises NotComputed unless some version is computed for subjects of this kind."""
        self.require_kinds([subject.defined_kind])

    def require_kinds(self, wanted: Sequence[str]) -> None:
        """Raises NotComputed unless some version is computed for one of these kinds of subject."""
        kinds = sorted({kind for version in self.versions for kind in version.version.subjects})
        if not set(wanted) & set(kinds):
            raise NotComputed(
                f"{self.key} is not computed for {' or '.join(wanted)}; it is computed for {', '.join(kinds)}"
            )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZONE).astimezone(UTC)
