"""What is worth publishing: topics that match a filter somebody may subscribe to, and no others."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from fansipan_gateway.broadcast.domain import (
    Asked,
    alert_topic,
    entity_topics,
    figure_topic,
    newest_of_each,
    observation_topics,
)

_LEVELS = st.sampled_from(
    ["v1.1", "live", "Datastreams(1)", "Things(2)", "Observations", "name", "providers", "p"]
)
_TOPICS = st.lists(_LEVELS, min_size=1, max_size=4).map("/".join)
_FILTERS = st.lists(st.one_of(_LEVELS, st.just("+")), min_size=1, max_size=4).flatmap(
    lambda levels: st.sampled_from(["/".join(levels), "/".join([*levels, "#"])])
)


@given(st.lists(_FILTERS, max_size=4), _TOPICS)
def test_filters_match_as_they_do_at_the_broker(filters: list[str], topic: str) -> None:
    expected = any(topic_matches_sub(each, topic) for each in filters)
    asked = Asked(filters)
    assert asked.wants(topic) is expected
    assert asked.wants(topic) is expected  # remembered


@given(st.lists(_FILTERS, max_size=4), st.integers(1, 3), st.sampled_from([None, "p"]))
def test_no_datastream_is_left_out_of_which_somebody_may_hear(
    filters: list[str], datastream: int, provider: str | None
) -> None:
    asked = Asked(filters)
    topics = observation_topics(datastream, provider)
    if any(asked.wants(topic) for topic in topics):
        assert asked.datastreams is None or datastream in asked.datastreams
        assert not asked.nothing
    if provider is not None and any(asked.wants(topic) for topic in topics[2:]):
        assert asked.providers


@pytest.mark.parametrize(
    ("filters", "datastreams"),
    [
        ([], []),
        (["v1.1/Datastreams(4)/Observations", "v1.1/Datastreams(2)/#"], [2, 4]),
        (["v1.1/Things(4)/#", "v1.1/Datastreams(2)/#", "live/indicators/#"], [2]),
        (["v1.1/Observations"], None),
        (["v1.1/#", "v1.1/Datastreams(2)/#"], None),
        (["live/providers/demo/#"], None),
        (["v1.1/+/Observations"], None),
        (["#"], None),
    ],
)
def test_analytics_is_told_of_which_datastreams_somebody_may_hear(
    filters: list[str], datastreams: list[int] | None
) -> None:
    assert Asked(filters).datastreams == datastreams


def test_figures_and_alerts_are_followed_when_somebody_may_hear_of_them() -> None:
    assert Asked(["live/indicators/#"]).events
    assert Asked(["live/alerts/rain/area/02671"]).events
    assert not Asked(["v1.1/#", "live/providers/demo/#"]).events


def test_the_topics_of_an_entity_and_of_its_properties() -> None:
    entity: dict[str, Any] = {
        "@iot.selfLink": "x",
        "@iot.id": 3,
        "name": "Trạm",
        "Datastreams@iot.navigationLink": "y",
    }
    topics = entity_topics("Things", 3, entity, "demo")
    own = [("v1.1/Things(3)", None), ("v1.1/Things", None), ("v1.1/Things(3)/name", "name")]
    assert topics == own + [(f"live/providers/demo/{topic}", name) for topic, name in own]
    assert entity_topics("Things", 3, entity, None) == own


def test_subjects_that_would_be_wildcards_are_not_published() -> None:
    assert figure_topic("pm2-5-24h", "thing:demo/box") == "live/indicators/pm2-5-24h/thing/demo/box"
    assert alert_topic("rain", "area", "02671") == "live/alerts/rain/area/02671"
    assert figure_topic("x", "agency:A#1") is None
    assert alert_topic("x", "agency", "A+") is None


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 50)), max_size=30))
def test_of_too_much_the_newest_of_each_datastream_is_kept(identities: list[tuple[int, int]]) -> None:
    kept = newest_of_each(identities)
    assert len(dict(kept)) == len(kept)
    assert dict(kept) == {
        each: max(ms for other, ms in identities if other == each) for each, _ in identities
    }
