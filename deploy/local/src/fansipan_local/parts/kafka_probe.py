"""Whether a Kafka broker serves clients."""

import struct

from fansipan_local.errors import NotReadyError
from fansipan_local.parts.sockets import ask


def probe_broker(port: int, timeout: float) -> None:
    """Return when the broker on `port` is registered and lists itself to clients, else raise NotReadyError."""
    # Metadata request, version 1 (Kafka 4 still takes it), correlation 1, client "probe", no topics.
    request = struct.pack(">hhih5si", 3, 1, 1, 5, b"probe", 0)
    # The answer: its size, the correlation, the number of live brokers.
    answer = ask(port, struct.pack(">i", len(request)) + request, 12, timeout)
    if len(answer) < 12 or struct.unpack(">i", answer[8:12])[0] < 1:
        raise NotReadyError("Kafka lists no live broker")
