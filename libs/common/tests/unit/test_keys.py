"""Datastream keys: three parts, each from its alphabet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fansipan_common.contracts import parse_datastream_key
from fansipan_common.contracts.keys import PROPERTY_KEY, PROVIDER_KEY, THING_KEY


@given(
    st.from_regex(PROVIDER_KEY, fullmatch=True),
    st.from_regex(THING_KEY, fullmatch=True),
    st.from_regex(PROPERTY_KEY, fullmatch=True),
)
def test_a_key_is_made_of_its_parts(provider: str, thing: str, prop: str):
    text = f"{provider}/{thing}/{prop}"
    key = parse_datastream_key(text)
    assert (key.provider, key.thing, key.property) == (provider, thing, prop)
    assert str(key) == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "three parts"),
        ("a/b", "three parts"),
        ("a/b/c/d", "three parts"),
        ("A/b/c", "provider part"),
        ("/b/c", "provider part"),
        ("a" * 64 + "/b/c", "provider part"),
        ("a/-b/c", "thing part"),
        ("a/b b/c", "thing part"),
        ("a/" + "b" * 128 + "/c", "thing part"),
        ("a/b/", "property part"),
        ("a/b/c\n", "property part"),
        ("a/b/c\0", "property part"),
        ("a/bé/c", "thing part"),
    ],
)
def test_a_wrong_key_is_refused_with_the_part_that_is_wrong(text: str, reason: str):
    with pytest.raises(ValueError, match=reason):
        parse_datastream_key(text)
