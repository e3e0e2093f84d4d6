"""Names of other worlds: kept where they can be, never two for one."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fansipan_common.contracts import parse_datastream_key
from fansipan_common.contracts.naming import datastream_key, key_part

NAMES = st.lists(st.text(max_size=40) | st.text("ab.:~-_ đĐéÉ", max_size=6), min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("names", "part"),
    [
        (["air", "station", "tram-1"], "air:station:tram-1"),
        (["PM2.5_avg"], "PM2.5_avg"),
        (["Sa Pả"], "Sa-Pa~"),
        (["Đường Điện Biên Phủ"], "Duong-Dien-Bien-Phu~"),
        (["_field"], "field~"),
        (["a:b"], "a-b~"),
        (["x~1"], "x-1~"),
        (["温度"], "x~"),
        ([""], "x~"),
    ],
)
def test_a_name_can_still_be_read(names: list[str], part: str):
    made = key_part(names)
    assert made == part if "~" not in part else made.startswith(part)
    assert len(made) == len(part) + (12 if "~" in part else 0)


@given(NAMES, NAMES)
def test_every_name_becomes_a_valid_key_and_two_names_never_one(one: list[str], other: list[str]):
    keys = [datastream_key("p", names, names) for names in (one, other)]
    for key in keys:
        assert str(parse_datastream_key(key)) == key
    same = [unicodedata.normalize("NFC", name) for name in one] == [
        unicodedata.normalize("NFC", name) for name in other
    ]
    assert (keys[0] == keys[1]) is same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["a", "b"], ["a:b"]),
        (["a.b"], ["a", "b"]),
        (["a b"], ["a-b"]),
        (["Sa Pa"], ["Sa Pả"]),
        (["Sa Pả"], [key_part(["Sa Pả"])]),
        (["a" * 200], ["a" * 201]),
        (["a" * 200], [key_part(["a" * 200])]),
        (["A"], ["a"]),
        ([""], [" "]),
    ],
)
def test_names_that_look_alike_stay_two(one: list[str], other: list[str]):
    assert key_part(one) != key_part(other)


def test_a_name_keeps_its_key():
    """Keys are stored: another rule would cut every series in two."""
    assert key_part(["Sa Pả", "1"]) == "Sa-Pa~ny7wifvyvpkv:1"
    assert key_part(["a" * 128]) == "a" * 114 + "~jwdmq2bevtvk"


def test_without_a_name_there_is_no_part():
    with pytest.raises(ValueError, match="needs a name"):
        key_part([])
