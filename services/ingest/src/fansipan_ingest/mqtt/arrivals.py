"""When messages came in: the time of readings that carry none."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

_MAX_REMEMBERED: Final = 100_000
_MAX_ACKNOWLEDGED: Final = 2_000
"""Far below 65,535, after which a broker uses a packet id anew."""


class Arrivals:
    """Gives each message of a topic a millisecond of its own, and the same one when the broker delivers it again.

    Two readings of a datastream in the same millisecond would be one reading and its correction; and a message that is
    delivered again, because its acknowledgement was lost with the connection, must not become a second reading. That
    is known as long as this process lives.

    Args:
        now_ms: the time in Unix ms.
    """

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._last: dict[str, int] = {}
        self._unacknowledged: dict[tuple[int, str, bytes], int] = {}
        self._acknowledged: OrderedDict[tuple[int, str, bytes], int] = OrderedDict()

    def of(self, packet_id: int, topic: str, payload: bytes, *, again: bool) -> int:
        """The Unix ms of a message.

        Args:
            packet_id: of MQTT; 0 for QoS 0, which is never delivered again.
            topic, payload: of the message.
            again: whether the broker says that it delivers it once more.
        """
        identity = (packet_id, topic, payload)
        if again:
            known = self._unacknowledged.get(identity) or self._acknowledged.get(identity)
            if known is not None:
                return known
        if len(self._last) >= _MAX_REMEMBERED:
            self._last.clear()
        moment = max(self._now_ms(), self._last.get(topic, 0) + 1)
        self._last[topic] = moment
        if packet_id:
            self._unacknowledged[identity] = moment
        return moment

    def acknowledged(self, packet_id: int, topic: str, payload: bytes) -> None:
        """We acknowledged a message; it is remembered for a while, in case the broker does not hear of it."""
        moment = self._unacknowledged.pop((packet_id, topic, payload), None)
        if moment is not None:
            self._acknowledged[packet_id, topic, payload] = moment
            if len(self._acknowledged) > _MAX_ACKNOWLEDGED:
                self._acknowledged.popitem(last=False)

    def forget(self) -> None:
        """The broker knows nothing of our session: packet ids begin anew."""
        self._unacknowledged.clear()
        self._acknowledged.clear()
