"""The AsyncAPI document of MQTT says what the door takes, and where and what the platform publishes."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from fansipan_common.contracts import OBSERVATION_LIST, ObservationItem
from fansipan_gateway.broadcast.domain import alert_topic, entity_topics, figure_topic, observation_topics
from fansipan_ingest.domain.rules import Rejection
from fansipan_ingest.mqtt.payloads import Limits, items_of
from fansipan_ingest.mqtt.topics import Address, address_of

DOCUMENT: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[2] / "docs/integrators/mqtt.asyncapi.yaml").read_text(encoding="utf-8")
)


def channels_of(action: str) -> list[str]:
    """The channels of all operations with an action, as many times as they are used."""
    operations = [each for each in DOCUMENT["operations"].values() if each["action"] == action]
    return [each["channel"]["$ref"].removeprefix("#/channels/") for each in operations]


MESSAGES = {name: next(iter(DOCUMENT["channels"][name]["messages"])) for name in channels_of("receive")}
FORMS = {
    "reading": "value",
    "observations": "batch",
    "entity": "sensorthings",
    "namingEntity": "sensorthings",
}
EXAMPLES = [
    pytest.param(channel, example["payload"], id=f"{channel}-{example['name']}")
    for channel, message in MESSAGES.items()
    for example in DOCUMENT["components"]["messages"][message]["examples"]
]


def address_like(channel: str) -> Address:
    topic = DOCUMENT["channels"][channel]["address"]
    for name in DOCUMENT["channels"][channel].get("parameters", ()):
        assert f"{{{name}}}" in topic
        topic = topic.replace(f"{{{name}}}", "12" if name == "id" else "demo")
    address = address_of(topic)
    assert isinstance(address, Address), topic
    return address


def test_each_channel_is_used_once() -> None:
    used = [*channels_of("receive"), *channels_of("send")]
    assert sorted(used) == sorted(DOCUMENT["channels"])


@pytest.mark.parametrize("channel", MESSAGES)
def test_each_channel_is_read_as_its_message_says(channel: str) -> None:
    assert address_like(channel).form == FORMS[MESSAGES[channel]]


@pytest.mark.parametrize(("channel", "payload"), EXAMPLES)
def test_each_example_is_taken(channel: str, payload: Any) -> None:
    items = items_of(address_like(channel), json.dumps(payload).encode(), 0, Limits(10_000, 10_000))
    assert not isinstance(items, Rejection)
    assert OBSERVATION_LIST.validate_json(json.dumps(items))


def test_the_fields_are_those_of_an_observation() -> None:
    ours = ObservationItem.model_json_schema()
    schemas = DOCUMENT["components"]["schemas"]
    assert set(schemas["observation"]["properties"]) == set(ours["properties"])
    assert set(schemas["observation"]["required"]) == set(ours["required"])
    assert set(schemas["timedResult"]["properties"]) == set(ours["properties"]) - {"datastream"}


def test_the_topics_that_are_published_are_those_of_the_document() -> None:
    sent = {DOCUMENT["channels"][name]["address"] for name in channels_of("send")}
    like = {"set": "Things", "id": "12", "property": "name", "provider": "demo"}
    like |= {"indicator": "rain-1h", "rule": "rain", "kind": "thing", "key": "demo/box"}
    documented = {re.sub(r"\{(\w+)\}", lambda found: like[found[1]], address) for address in sent}
    entity = {"@iot.id": 12, "name": "Trạm"}
    published = {
        *observation_topics(12, "demo"),
        *(topic for topic, _ in entity_topics("Things", 12, entity, "demo")),
        figure_topic("rain-1h", "thing:demo/box"),
        alert_topic("rain", "thing", "demo/box"),
    }
    mirrored = {topic for topic in published if topic and topic.startswith("live/providers/demo/v1.1/Things")}
    assert documented == published - mirrored | {"live/providers/demo/v1.1/Things(12)"}


def test_only_what_is_rare_is_sent_with_quality_of_service_1() -> None:
    sent = [each for each in DOCUMENT["operations"].values() if each["action"] == "send"]
    assert not any(each["bindings"]["mqtt"]["retain"] for each in sent)
    streams = {
        each["channel"]["$ref"].removeprefix("#/channels/")
        for each in sent
        if each["bindings"]["mqtt"]["qos"] == 0
    }
    observations = ("stored", "storedOfAll", "storedOfProvider", "storedOfAllOfProvider")
    assert streams == {*observations, "figures"}
