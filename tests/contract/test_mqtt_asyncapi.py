"""The AsyncAPI document of the MQTT door says what the door does."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from fansipan_common.contracts import OBSERVATION_LIST, ObservationItem
from fansipan_ingest.domain.rules import Rejection
from fansipan_ingest.mqtt.payloads import Limits, items_of
from fansipan_ingest.mqtt.topics import Address, address_of

DOCUMENT: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[2] / "docs/integrators/mqtt.asyncapi.yaml").read_text(encoding="utf-8")
)
MESSAGES = {name: next(iter(channel["messages"])) for name, channel in DOCUMENT["channels"].items()}
FORMS = {"reading": "value", "observations": "batch", "entity": "sensorthings"}
EXAMPLES = [
    pytest.param(channel, example["payload"], id=f"{channel}-{example['name']}")
    for channel, message in MESSAGES.items()
    for example in DOCUMENT["components"]["messages"][message]["examples"]
]


def address_like(channel: str) -> Address:
    topic = DOCUMENT["channels"][channel]["address"]
    for name in DOCUMENT["channels"][channel]["parameters"]:
        assert f"{{{name}}}" in topic
        topic = topic.replace(f"{{{name}}}", "12" if name == "id" else "demo")
    address = address_of(topic)
    assert isinstance(address, Address), topic
    return address


@pytest.mark.parametrize("channel", MESSAGES)
def test_each_channel_is_read_as_its_message_says(channel: str) -> None:
    assert address_like(channel).form == FORMS[MESSAGES[channel]]
    used = [operation["channel"]["$ref"] for operation in DOCUMENT["operations"].values()]
    assert used.count(f"#/channels/{channel}") == 1


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
