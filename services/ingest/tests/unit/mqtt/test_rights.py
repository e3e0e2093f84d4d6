"""What a key may publish: never more than it may write by HTTP."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from fansipan_common.api_keys import Principal
from fansipan_common.errors import Forbidden
from fansipan_common.security import Scope
from fansipan_ingest.mqtt.rights import topics_of
from fansipan_ingest.mqtt.topics import Address, address_of


def principal(*prefixes: str, scope: Scope = Scope.WRITE) -> Principal:
    return Principal(1, "demo", "k", frozenset({scope}), prefixes, True)


@pytest.mark.parametrize(
    ("prefixes", "topics"),
    [
        ((), ["fansipan/demo/#"]),
        (("demo/",), ["fansipan/demo/#"]),
        (("demo/box/",), ["fansipan/demo/box/+"]),
        (("demo/box/pm2_5", "demo/", "x"), ["fansipan/demo/#"]),
        (("demo/box/pm2_5", "demo/other/"), ["fansipan/demo/box/pm2_5", "fansipan/demo/other/+"]),
        (("demo/box-", "demo/box/"), ["fansipan/demo/box/+"]),
    ],
)
def test_prefixes_become_topics(prefixes: tuple[str, ...], topics: list[str]) -> None:
    assert topics_of(principal(*prefixes)) == topics


@pytest.mark.parametrize(
    "prefixes",
    [
        ("demo/box-",),
        ("other/box/",),
        ("demo",),
        ("demo//",),
        ("demo/+/",),
        ("demo/a/#",),
        ("demo/#",),
        ("demo/a/b/c",),
    ],
)
def test_what_a_broker_cannot_be_told_is_refused(prefixes: tuple[str, ...]) -> None:
    with pytest.raises(Forbidden, match="prefixes must be"):
        topics_of(principal(*prefixes))


def test_a_key_that_may_not_write_is_refused() -> None:
    with pytest.raises(Forbidden, match="write"):
        topics_of(principal(scope=Scope.READ))


_LEVELS = st.sampled_from(["", "a", "b", "ab", "a-", "+", "#", "a+"])
_PREFIXES = st.lists(_LEVELS, max_size=3).map(lambda levels: "/".join(["demo", *levels]))


@given(
    st.lists(_PREFIXES, min_size=1, max_size=3),
    st.lists(st.sampled_from(["", "a", "b", "ab", "a-"]), min_size=1, max_size=4),
)
def test_the_broker_never_allows_more_than_the_key(prefixes: list[str], levels: list[str]) -> None:
    key = principal(*prefixes)
    try:
        allowed = topics_of(key)
    except Forbidden:
        return
    topic = "/".join(["fansipan", "demo", *levels])
    if any(topic_matches_sub(each, topic) for each in allowed):
        address = address_of(topic)
        if isinstance(address, Address) and isinstance(address.datastream, str):
            assert key.may_write_to(address.datastream)
