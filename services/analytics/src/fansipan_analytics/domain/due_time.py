"""From when on a dossier is late: Decision 766/QĐ-TTg, sub-indicator 2.1."""

from dataclasses import dataclass, field
from datetime import datetime

from fansipan_indicators.calendars import WorkingCalendar


@dataclass(slots=True)
class DueTime:
    """What the events of a dossier say about its due time.

    Attributes:
        due_at: as the last event stated it that states one; None: no time limit is known.
        stated_at: when that event happened: what it states takes earlier pauses into account.
        pauses: spells in which the citizen owed a supplement, in order: (since, until).
        requests: when supplements were asked for, in order.
    """

    due_at: datetime | None = None
    stated_at: datetime | None = None
    pauses: list[tuple[datetime, datetime]] = field(default_factory=list)
    requests: list[datetime] = field(default_factory=list)

    def state(self, due_at: datetime, stated_at: datetime) -> None:
        """Take over a due time that an event states."""
        self.due_at, self.stated_at = due_at, stated_at

    def late_at(
        self, calendar: WorkingCalendar, *, owed_since: datetime | None, finished_at: datetime | None
    ) -> datetime | None:
        """The last moment at which an end is in time.

        - Pauses that ended after the due time was stated move it. One that began when it had passed does not.
        - More than one request for a supplement makes a dossier late: from the second on, if it was open then.
        - None without a due time; while a supplement is owed, unless the dossier was late before that; and when a time
          lies outside the years of the calendar.

        Args:
            calendar: says by what a pause moves a due time.
            owed_since: since when a supplement is owed; None when none is, or the dossier has ended.
            finished_at: when the dossier ended.
        """
        if self.due_at is None:
            return None
        second = self.requests[1] if len(self.requests) > 1 else None
        if second is not None and finished_at is not None and finished_at <= second:
            second = None
        moved = self._moved(calendar)
        if moved is not None and owed_since is not None and owed_since <= moved:
            moved = None
        return min((at for at in (moved, second) if at is not None), default=None)

    def _moved(self, calendar: WorkingCalendar) -> datetime | None:
        due = self.due_at
        try:
            for since, until in self.pauses:
                if due is not None and self.stated_at is not None and until > self.stated_at:
                    due = calendar.resume(due, since, until)
        except (
            ValueError,
            OverflowError,
        ):  # a due time in the year 9999 is the sender's: it must not stop the store
            return None
        return due
