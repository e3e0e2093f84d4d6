"""What a topic says, and what of it is believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fansipan_ingest.domain.rules import Rejection
from fansipan_ingest.mqtt.topics import Address, address_of, provider_of


@pytest.mark.parametrize(
    ("topic", "address"),
    [
        ("fansipan/demo/box-1/pm2_5", Address("demo", "value", "demo/box-1/pm2_5")),
        ("fansipan/demo/v1.1/pm2_5", Address("demo", "value", "demo/v1.1/pm2_5")),
        ("fansipan/demo/observations", Address("demo", "batch")),
        ("fansipan/demo/v1.1/Datastreams(12)/Observations", Address("demo", "sensorthings", 12)),
        ("v1.1/Datastreams(12)/Observations", Address(None, "sensorthings", 12)),
        ("v1.1/Observations", Address(None, "sensorthings")),
        ("fansipan/demo/v1.1/Observations", Address("demo", "sensorthings")),
        ("v1.1/FeaturesOfInterest(7)/Observations", Address(None, "sensorthings", feature=7)),
        (
            "fansipan/demo/v1.1/FeaturesOfInterest(7)/Observations",
            Address("demo", "sensorthings", feature=7),
        ),
    ],
)
def test_the_topics_that_are_read(topic: str, address: Address) -> None:
    assert address_of(topic) == address


@pytest.mark.parametrize(
    "topic",
    [
        "fansipan",
        "fansipan/",
        "fansipan/demo",
        "fansipan/demo/",
        "fansipan/demo/box",
        "fansipan/Demo/box/pm2_5",
        "fansipan//box/pm2_5",
        "fansipan/demo/a/b/c/d",
        "fansipan/demo/v1.0/Datastreams(12)/Observations",
        "fansipan/demo/v1.1/Datastreams(0)/Observations",
        "fansipan/demo/v1.1/Datastreams(٣)/Observations",
        "fansipan/demo/v1.1/Datastreams(12)/observations",
        "v1.1/Datastreams(12)/Observations/",
        "v1.1/Things",
        "v1.1/Things(1)/Observations",
        "fansipan/demo/v1.1/FeaturesOfInterest(0)/Observations",
        "v1.1",
        "v1.1/box/pm2_5",
        "x/v1.1/Datastreams(12)/Observations",
        "other/demo/box/pm2_5",
    ],
)
def test_any_other_topic_is_answered_with_those_that_are_read(topic: str) -> None:
    refused = address_of(topic)
    assert isinstance(refused, Rejection)
    assert refused.code == "topic-unknown"
    assert "fansipan/<provider>/<thing>/<property>" in refused.detail


@given(st.text())
def test_the_provider_is_the_level_that_the_broker_guards(text: str) -> None:
    topic = f"fansipan/{text}"
    address = address_of(topic)
    if isinstance(address, Address):
        assert address.provider == text.split("/", maxsplit=1)[0] == provider_of(topic)
        assert not isinstance(address.datastream, str) or address.datastream.startswith(
            f"{address.provider}/"
        )
