"""What the demo sends: each recording on its timeline, cut at now."""

from collections.abc import Iterator
from dataclasses import dataclass

from fansipan_cli.database import Connection
from fansipan_cli.registration import Registry
from fansipan_cli.replay.recordings import CaseLog, Recording, Series
from fansipan_cli.scenario import Scenario, Timeline
from fansipan_cli.scenario.timeline import aligned_timeline
from fansipan_cli.sending import Outgoing


@dataclass(frozen=True, slots=True)
class Planned:
    """A recording with its place in time."""

    recording: Recording
    timeline: Timeline

    def past(self, now_ms: int) -> Iterator[Outgoing]:
        """Its items of the last turn's length that lie before now, in the order of time.

        Cases are taken from two turns back, so that one whose end comes now has had its beginning.
        """
        length = self.timeline.turn_ms * (1 if isinstance(self.recording, Series) else 2)
        since_ms = now_ms - length
        turns = self.timeline.turns(
            self.recording.first_ms, self.recording.last_ms, since_ms=since_ms, until_ms=now_ms
        )
        for turn in turns:
            for outgoing in self.recording.items(self.timeline, turn):
                if since_ms < outgoing.at_ms <= now_ms:
                    yield outgoing

    def future_events(self, now_ms: int) -> list[Outgoing]:
        """The service events after now, of the turns that have begun and the one after them."""
        if isinstance(self.recording, Series):
            return []
        turns = list(
            self.timeline.turns(
                self.recording.first_ms,
                self.recording.last_ms,
                since_ms=now_ms - 2 * self.timeline.turn_ms,
                until_ms=now_ms + self.timeline.turn_ms,
            )
        )
        events = [
            outgoing
            for turn in turns
            for outgoing in self.recording.items(self.timeline, turn)
            if outgoing.at_ms > now_ms
        ]
        return sorted(events, key=lambda outgoing: outgoing.at_ms)


def plan(
    recordings: list[Recording], scenario: Scenario, connection: Connection, now_ms: int
) -> list[Planned]:
    """Place the recordings; one that the platform already knows keeps its place, so nothing is doubled."""
    registry = Registry(connection, scenario)
    planned: list[Planned] = []
    for recording in recordings:
        source = recording.source
        known = (
            registry.stored_shift(source)
            if isinstance(recording, Series)
            else _shift_of_events(connection, recording)
        )
        timeline = aligned_timeline(
            first_ms=recording.first_ms,
            last_ms=recording.last_ms,
            now_ms=now_ms,
            hold_back=source.hold_back,
            align=source.align,
            clock=source.clock,
            zone=scenario.zone,
            shift_ms=known,
        )
        planned.append(Planned(recording, timeline))
    return planned


def _shift_of_events(connection: Connection, log: CaseLog) -> int | None:
    """The shift of an earlier run, from the event of a case that is stored; None when none is."""
    received = {f"{case.id}/received": case.received_ms for case in log.cases}
    row = connection.execute(
        "SELECT event_id, (extract(epoch FROM time) * 1000)::bigint AS ms FROM service_event"
        " WHERE source = %s AND event_id = ANY(%s) LIMIT 1",
        (log.dossiers.source, list(received)),
    ).fetchone()
    return None if row is None else int(row["ms"]) - received[row["event_id"]]
