"""The sources of a scenario, read into memory, with the events and observations they hold."""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from fansipan_cli.errors import UsageError
from fansipan_cli.scenario.cases import Case, case_events, read_cases
from fansipan_cli.scenario.catalogue import LoadedScenario
from fansipan_cli.scenario.model import Dossiers, Source
from fansipan_cli.scenario.readings import Reading, read_readings
from fansipan_cli.scenario.timeline import Timeline
from fansipan_cli.sending import Outgoing


@dataclass(frozen=True, slots=True)
class Series:
    """The readings of one source, ordered by time."""

    source: Source
    provider: str
    readings: list[Reading]

    @property
    def first_ms(self) -> int:
        """Time of the first reading."""
        return self.readings[0].at_ms

    @property
    def last_ms(self) -> int:
        """Time of the last reading."""
        return self.readings[-1].at_ms

    def items(self, timeline: Timeline, turn: int = 0) -> Iterator[Outgoing]:
        """All observations, placed on a timeline, in the order of time."""
        for reading in self.readings:
            at_ms = timeline.place(reading.at_ms, turn)
            order_key = f"{self.provider}/{reading.thing}"
            for item in reading.items(at_ms):
                yield Outgoing("observations", order_key, at_ms, item)


@dataclass(frozen=True, slots=True)
class CaseLog:
    """The cases of one source, ordered by when they were received."""

    source: Source
    dossiers: Dossiers
    cases: list[Case]

    @property
    def first_ms(self) -> int:
        """When the first case was received."""
        return self.cases[0].received_ms

    @property
    def last_ms(self) -> int:
        """When the last case was received; some finish later."""
        return self.cases[-1].received_ms

    @property
    def last_event_ms(self) -> int:
        """Time of the last event."""
        return max(max(case.received_ms, case.finished_ms or 0) for case in self.cases)

    def items(self, timeline: Timeline, turn: int = 0) -> Iterator[Outgoing]:
        """All events, placed on a timeline, in the order of time."""
        events = [
            Outgoing("service-events", event["subject"], at_ms, event)
            for case in self.cases
            for at_ms, event in case_events(case, self.dossiers.source, timeline, turn)
        ]
        yield from sorted(events, key=lambda outgoing: outgoing.at_ms)


Recording = Series | CaseLog


def load_recordings(loaded: LoadedScenario, only: list[str]) -> list[Recording]:
    """Read the sources whose id fits one of the patterns `only` (all when empty).

    Raises:
        UsageError: a pattern fits nothing, or a file does not fit its mapping.
    """
    scenario = loaded.scenario
    for pattern in only:
        if not any(fnmatchcase(source.id, pattern) for source in scenario.sources):
            known = ", ".join(source.id for source in scenario.sources)
            raise UsageError(f"no source of {scenario.id} is called {pattern!r}", f"sources are: {known}")
    return [
        load_recording(loaded, source)
        for source in scenario.sources
        if not only or any(fnmatchcase(source.id, pattern) for pattern in only)
    ]


def load_recording(loaded: LoadedScenario, source: Source) -> Recording:
    """Read one source. Raises `UsageError` when its file does not fit its mapping."""
    path = loaded.path(source)
    if source.observations is not None:
        provider = loaded.scenario.provider.key
        readings = read_readings(path, source.observations, provider)
        return Series(source, provider, sorted(readings, key=lambda reading: reading.at_ms))
    if source.dossiers is None:
        raise UsageError(f"the source {source.id} says neither observations nor dossiers")
    cases = read_cases(path, source.dossiers)
    return CaseLog(source, source.dossiers, sorted(cases, key=lambda case: case.received_ms))
