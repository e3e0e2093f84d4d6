"""What a key may publish and subscribe to: never more than it may write and read by HTTP."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from fansipan_common.api_keys import Principal
from fansipan_common.errors import Forbidden
from fansipan_common.security import Scope
from fansipan_ingest.mqtt.rights import subscriptions_of, topics_of, topics_without_datastream
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
        ("demo/v1.1/",),
        ("demo/v1.1/Observations",),
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


OPEN = ["v1.1/#", "live/indicators/#", "live/alerts/#"]
DATASTREAMS = [(12, 3), (13, 3)]
BY_NAME = ["v1.1/Datastreams(12)/#", "v1.1/Datastreams(13)/#", "v1.1/Things(3)/#"]


@pytest.mark.parametrize("prefixes", [(), ("demo/box/",)])
def test_where_reading_is_open_a_key_may_hear_what_everybody_may_read(prefixes: tuple[str, ...]) -> None:
    key = principal(*prefixes, scope=Scope.READ)
    assert subscriptions_of(key, None, reading_is_open=True) == OPEN


def test_where_reading_is_closed_a_key_hears_of_its_provider_and_of_public_figures() -> None:
    key = principal(scope=Scope.READ)
    whole = ["live/indicators/#", "live/providers/demo/#"]
    assert subscriptions_of(key, None, reading_is_open=False) == whole
    assert subscriptions_of(key, DATASTREAMS, reading_is_open=False) == whole + BY_NAME
    assert subscriptions_of(principal("demo/", scope=Scope.READ), None, reading_is_open=False) == whole


def test_where_reading_is_closed_a_limited_key_hears_of_its_datastreams_one_by_one() -> None:
    key = principal("demo/box/", scope=Scope.READ)
    with pytest.raises(Forbidden, match="sensorThings=true"):
        subscriptions_of(key, None, reading_is_open=False)
    assert subscriptions_of(key, DATASTREAMS, reading_is_open=False) == ["live/indicators/#", *BY_NAME]


@pytest.mark.parametrize("reading_is_open", [True, False])
def test_a_key_that_may_not_read_hears_nothing(reading_is_open: bool) -> None:
    with pytest.raises(Forbidden, match="read"):
        subscriptions_of(principal(), None, reading_is_open=reading_is_open)


def test_a_limited_key_may_not_publish_where_the_message_says_what_it_is_about() -> None:
    assert topics_without_datastream(principal("demo/box/"), [7]) == []
    topics = topics_without_datastream(principal(), [7])
    assert topics == ["v1.1/Observations", "v1.1/FeaturesOfInterest(7)/Observations"]
    assert not any(topic_matches_sub(each, "v1.1/Datastreams(1)/Observations") for each in topics)
