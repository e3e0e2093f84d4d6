"""Messages of Prometheus remote write, written byte by byte: nothing of the reader is used."""

import struct
from collections.abc import Mapping, Sequence

STALE = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]
HEADERS = {
    "content-type": "application/x-protobuf",
    "content-encoding": "snappy",
    "x-prometheus-remote-write-version": "0.1.0",
}

Sample = tuple[float, int]
Series = tuple[Mapping[str, str], Sequence[Sample]]


def write_request(*series: Series, histograms: int = 0) -> bytes:
    """A packed WriteRequest of (labels, samples), each sample a value and Unix ms."""
    return snappy(b"".join(_field(1, _series(labels, samples, histograms)) for labels, samples in series))


def snappy(data: bytes) -> bytes:
    """Snappy's block format with literals only: its length, then pieces as they are."""
    out = _varint(len(data))
    for start in range(0, len(data), 256):
        piece = data[start : start + 256]
        out += bytes([60 << 2, len(piece) - 1]) + piece
    return out


def _series(labels: Mapping[str, str], samples: Sequence[Sample], histograms: int) -> bytes:
    out = b"".join(
        _field(1, _field(1, name.encode()) + _field(2, value.encode()))
        for name, value in sorted(labels.items())
    )
    for value, millisecond in samples:
        out += _field(2, b"\x09" + struct.pack("<d", value) + b"\x10" + _varint(millisecond % (1 << 64)))
    return out + _field(4, b"\x08\x01") * histograms


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
