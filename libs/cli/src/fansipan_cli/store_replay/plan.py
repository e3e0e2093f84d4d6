"""From where each partition is taken again: pure rules.

A replay always goes on to the end of a partition. It cannot end earlier: a correction that came later would be undone
by the older result, which is read again.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A partition as Kafka and the store see it.

    Attributes:
        first: offset of the oldest record that Kafka still has; `end` is behind the newest.
        stored: the next offset that the store takes; 0 where it has taken nothing.
        wanted: where the records begin that are asked for, whether Kafka still has all of them or not; None: where the
            store is.
        from_beginning: what is asked for may begin before Kafka's oldest record.
    """

    topic: str
    partition: int
    first: int
    end: int
    stored: int
    wanted: int | None = None
    from_beginning: bool = False

    @property
    def is_younger(self) -> bool:
        """The store has taken more than Kafka has ever had: the topic was made anew."""
        return self.stored > self.end

    @property
    def start(self) -> int:
        """Where the store is to go on: never further than it is, so that nothing is passed over."""
        wanted = self.stored if self.wanted is None else min(self.wanted, self.stored)
        return max(wanted, self.first)

    @property
    def records(self) -> int:
        """So many are taken."""
        return max(0, self.end - self.start)

    @property
    def lost(self) -> int:
        """Records that the store has not taken and Kafka no longer has."""
        return max(0, min(self.first, self.end) - self.stored)

    @property
    def is_cut(self) -> bool:
        """Kafka's oldest record is younger than what was asked for, so that some may be missing.

        Whether there were any nobody can say any more, unless Kafka still has its very first.
        """
        return self.from_beginning and self.first > 0
