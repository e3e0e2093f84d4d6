"""How far a consumer is behind: in records, and in seconds that the oldest of them waits."""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from fansipan_common.kafka.feed import FeedRecord, Partition
from fansipan_common.telemetry import Metrics


@dataclass(slots=True)
class _Behind:
    """What is known of a partition.

    Attributes:
        next: offset of the first record that is not settled.
        end: offset behind the newest record.
        level_at: Unix seconds at which nothing waited, last.
        taken: records in hand, as they were polled: the offset behind the last, and the Kafka time of the first.
    """

    next: int
    end: int
    level_at: float
    taken: deque[tuple[int, float]] = field(default_factory=deque[tuple[int, float]])


class Backlog:
    """Watches what a consumer takes and settles. It goes on ageing while the consumer is being rebuilt.

    Args:
        metrics: where it is shown.
        group: of consumers.
        clock: Unix seconds.
    """

    def __init__(self, metrics: Metrics, group: str, clock: Callable[[], float] = time.time) -> None:
        self._group = group
        self._clock = clock
        self._partitions: dict[Partition, _Behind] = {}
        metrics.lag.watch(lambda: self._shown(_records))
        metrics.lag_age.watch(lambda: self._shown(self._age))

    def assigned(self, offsets: Mapping[Partition, int]) -> None:
        """These partitions are ours now, and begin there. What is known of one that begins where it was, stays."""
        before, now = self._partitions, self._clock()
        self._partitions = {
            partition: before[partition]
            if partition in before and before[partition].next == offset
            else _Behind(offset, offset, now)
            for partition, offset in offsets.items()
        }

    def taken(self, partition: Partition, records: Sequence[FeedRecord], end: int | None) -> None:
        """Records were taken in hand, in order; the partition ends at `end`, where that is known."""
        behind = self._partitions.get(partition)
        if behind is None or not records:
            return
        following = records[-1].offset + 1
        behind.end = max(behind.end, following, end or 0)
        if not behind.taken or following > behind.taken[-1][0]:
            behind.taken.append((following, records[0].timestamp / 1000))

    def settled(self, following: Mapping[Partition, int]) -> None:
        """Everything before these offsets is settled."""
        now = self._clock()
        for partition, offset in following.items():
            behind = self._partitions.get(partition)
            if behind is None:
                continue
            behind.next = offset
            while behind.taken and behind.taken[0][0] <= offset:
                behind.taken.popleft()
            if offset >= behind.end:
                behind.level_at = now

    def records(self, partition: Partition) -> int:
        """Records of a partition that wait."""
        return _records(self._partitions[partition])

    def age(self, partition: Partition) -> float:
        """Seconds that the oldest of them waits."""
        return self._age(self._partitions[partition])

    def _age(self, behind: _Behind) -> float:
        if not _records(behind):
            return 0.0
        taken = list(behind.taken)
        return max(0.0, self._clock() - (taken[0][1] if taken else behind.level_at))

    def _shown(self, of: Callable[[_Behind], float]) -> list[tuple[float, dict[str, str]]]:
        return [
            (
                of(behind),
                {
                    "messaging.consumer.group.name": self._group,
                    "messaging.destination.name": partition.topic,
                    "messaging.destination.partition.id": str(partition.partition),
                },
            )
            for partition, behind in list(self._partitions.items())
        ]


def _records(behind: _Behind) -> int:
    return max(0, behind.end - behind.next)
