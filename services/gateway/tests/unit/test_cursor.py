"""Cursors come back as they went out, and nothing else is taken for one."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fansipan_gateway.domain.cursor import BadCursor, decode_cursor, decode_id_cursor, encode_cursor


@given(
    st.integers(0, 2**31 - 1),
    st.integers(-(2**61), 2**61),
    st.text(max_size=60).filter(lambda t: "\0" not in t),
)
def test_round_trip(number: int, moment: int, text: str) -> None:
    cursor = encode_cursor("here", number, moment, text)
    assert decode_cursor("here", cursor, int, int, str) == (number, moment, text)
    assert cursor.isascii()
    assert not set(cursor) & set("+/= ")


@given(st.text(max_size=80))
def test_any_other_text_is_a_client_fault(text: str) -> None:
    with pytest.raises(BadCursor):
        decode_cursor("here", text, int)


@pytest.mark.parametrize(
    "content",
    [b"7", b"[]", b'["here"]', b'["here","7"]', b'["here",true]', b'["here",7.0]', b'["here",1e300]', b"{}"],
)
def test_other_content_is_a_client_fault(content: bytes) -> None:
    with pytest.raises(BadCursor):
        decode_cursor("here", base64.urlsafe_b64encode(content).decode().rstrip("="), int)


def test_a_cursor_of_another_collection_is_refused() -> None:
    with pytest.raises(BadCursor):
        decode_cursor("here", encode_cursor("there", 7), int)


def test_an_id_outside_32_bits_is_refused() -> None:
    assert decode_id_cursor("here", None) == 0
    assert decode_id_cursor("here", encode_cursor("here", 7)) == 7
    for wrong in (-1, 2**31):
        with pytest.raises(BadCursor):
            decode_id_cursor("here", encode_cursor("here", wrong))
