"""PostgreSQL's binary COPY format, byte by byte. Format: PostgreSQL 17, "COPY", Binary Format."""

import struct
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fansipan_analytics.domain.copy_format import encode_copy

HEADER = b"PGCOPY\n\xff\r\n\x00" + struct.pack(">II", 0, 0)
POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def test_known_bytes():
    moment = datetime(2026, 7, 1, 1, 0, 0, 123_000, tzinfo=UTC)
    data = encode_copy(
        [
            ("int4", np.array([7], np.int32)),
            ("timestamptz", np.array([int(moment.timestamp() * 1000)], np.int64)),
            ("float8", np.array([23.4], np.float64)),
        ]
    )
    microseconds = (moment - POSTGRES_EPOCH).days * 86_400_000_000 + 3_600_123_000
    assert data == (
        HEADER
        + bytes.fromhex("0003")
        + bytes.fromhex("00000004 00000007")
        + bytes.fromhex("00000008")
        + struct.pack(">q", microseconds)
        + bytes.fromhex("00000008 4037666666666666")
        + b"\xff\xff"
    )


def test_no_rows():
    assert encode_copy([("int4", np.empty(0, np.int32))]) == HEADER + b"\xff\xff"


def test_a_type_it_does_not_know_is_an_error():
    with pytest.raises(KeyError):
        encode_copy([("text", np.empty(0, np.int32))])


@given(st.lists(st.tuples(st.integers(-(2**31), 2**31 - 1), st.integers(0, 2**42 - 1), st.floats())))
def test_every_row_can_be_read_back(rows: list[tuple[int, int, float]]):
    data = encode_copy(
        [
            ("int4", np.array([row[0] for row in rows], np.int32)),
            ("timestamptz", np.array([row[1] for row in rows], np.int64)),
            ("float8", np.array([row[2] for row in rows], np.float64)),
        ]
    )
    layout = struct.Struct(">hiiiqi8s")
    body = data[len(HEADER) : -2]
    assert len(body) == layout.size * len(rows)
    for place, (number, ms, value) in enumerate(rows):
        fields, l0, v0, l1, v1, l2, v2 = layout.unpack_from(body, place * layout.size)
        assert (fields, l0, l1, l2) == (3, 4, 8, 8)
        assert (v0, v1) == (number, (ms - 946_684_800_000) * 1000)
        assert v2 == struct.pack(">d", value)
