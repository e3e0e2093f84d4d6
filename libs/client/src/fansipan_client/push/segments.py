"""The files of a spool: lines of text that a person can read and a program can check.

    6a5b1f0c o1c291ca3 {"datastream":"demo/station-1/rain","phenomenonTime":"2026-07-01T08:00:00+07:00","result":2}

First the CRC-32 of the rest of the line, then `o` (observation) or `e` (service event) with the hash that keeps order,
then the item as it is sent. Items hold no line feed, so that after a damaged line the next one is found again.
"""

from typing import Final
from zlib import crc32

from fansipan_client.push.items import Record, Target

_LETTERS: Final[dict[Target, bytes]] = {"observations": b"o", "service-events": b"e"}
_TARGETS: Final[dict[bytes, Target]] = {letter: target for target, letter in _LETTERS.items()}
_CHECKSUM: Final = 8
_HEAD: Final = _CHECKSUM + 1 + 1 + 8 + 1
_SHORTEST: Final = _HEAD + 2


def line_of(record: Record) -> bytes:
    """A record as its line, with the line feed."""
    rest = b"%b%08x %b" % (_LETTERS[record.target], record.order, record.body)
    return b"%08x %b\n" % (crc32(rest), rest)


def record_in(line: bytes) -> Record | None:
    """The record in a line without its line feed; None when the line is not as it was written."""
    if len(line) < _SHORTEST:
        return None
    rest = line[_CHECKSUM + 1 :]
    if line[: _CHECKSUM + 1] != b"%08x " % crc32(rest):
        return None
    target = _TARGETS.get(rest[:1])
    return None if target is None else Record(target, int(rest[1:9], 16), line[_HEAD:])
