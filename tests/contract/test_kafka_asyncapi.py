"""The AsyncAPI documents: made from the contracts as they are, and valid by the official schema."""

import json
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import orjson
import pytest
import yaml

from fansipan_cli.asyncapi import kafka_document, to_yaml
from fansipan_common.contracts import ServiceEventType, TopicName, topic_specs
from fansipan_common.contracts.observation_batch import encode_columns

ROOT = Path(__file__).parents[2]
DOCUMENTS = ROOT / "docs/integrators"
SPECS = ROOT / "tests/support/asyncapi_specs"


@pytest.fixture(scope="module")
def official() -> dict[str, Any]:
    """The JSON Schema of AsyncAPI 3.0.0, as the AsyncAPI initiative publishes it."""
    if not (SPECS / "node_modules" / ".package-lock.json").is_file():
        subprocess.run(
            ["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=SPECS, check=True, timeout=300
        )
    schema = SPECS / "node_modules/@asyncapi/specs/schemas/3.0.0-without-$id.json"
    return json.loads(schema.read_text(encoding="utf-8"))


def test_the_committed_document_is_the_one_that_the_contracts_make() -> None:
    committed = (DOCUMENTS / "kafka.asyncapi.yaml").read_text(encoding="utf-8")
    assert committed == to_yaml(kafka_document()), (
        "run: fansipan topics asyncapi --output docs/integrators/kafka.asyncapi.yaml"
    )


@pytest.mark.parametrize("name", sorted(path.name for path in DOCUMENTS.glob("*.asyncapi.yaml")))
def test_each_document_is_valid(official: dict[str, Any], name: str) -> None:
    document = yaml.safe_load((DOCUMENTS / name).read_text(encoding="utf-8"))
    jsonschema.validate(document, official)
    for reference in _references(document):
        assert _resolves(document, reference), f"{reference} leads nowhere"


def test_what_is_no_document_is_refused(official: dict[str, Any]) -> None:
    document = kafka_document()
    del document["channels"]["observations"]["messages"]["observations"]["$ref"]
    document["channels"]["observations"]["messages"]["observations"]["payloads"] = {}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, official)


def test_every_topic_and_every_type_of_event_is_in_it() -> None:
    document = kafka_document()
    addresses = {channel["address"]: channel for channel in document["channels"].values()}
    assert set(addresses) == {str(name) for name in TopicName}
    for spec in topic_specs():
        assert addresses[spec.name]["bindings"]["kafka"]["partitions"] == spec.partitions
    names = {message["name"] for message in document["components"]["messages"].values()}
    assert names >= {str(kind) for kind in ServiceEventType}
    used = [one["channel"]["$ref"] for one in document["operations"].values()]
    assert sorted(used) == sorted(f"#/channels/{name}" for name in document["channels"])


def test_every_column_of_an_observations_record_is_in_it() -> None:
    """Columns that are added to the encoder come by themselves."""
    columns = kafka_document()["components"]["schemas"]["ObservationColumns"]
    optional = {name: [None] for name in encode_columns.__annotations__ if name != "return"}
    needed = {"datastream_keys": {1: "a/b/c"}, "datastream_ids": [1], "phenomenon_ms": [0], "result": [0.5]}
    written = set(orjson.loads(encode_columns(**(optional | needed))))  # pyright: ignore[reportArgumentType]
    assert set(columns["properties"]) == written
    assert all(
        column["description"]
        for name, column in columns["properties"].items()
        if name[:6] != "datast" and name != "result"
    )


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        found = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return found + [one for value in node.values() for one in _references(value)]
    return [one for value in node for one in _references(value)] if isinstance(node, list) else []


def _resolves(document: Any, reference: str) -> bool:
    for part in reference.removeprefix("#/").split("/"):
        if part not in document:
            return False
        document = document[part]
    return True
