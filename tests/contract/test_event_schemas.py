"""The JSON Schemas that follow from the contracts: closed, described, and in step with the types."""

from typing import Any

import pytest

from fansipan_common.contracts import ObservationItem, ServiceEvent, ServiceEventType
from fansipan_common.contracts.service_event import DATA_MODELS


@pytest.mark.parametrize("model", [ServiceEvent, ObservationItem, *dict.fromkeys(DATA_MODELS.values())])
def test_a_schema_is_closed_so_that_nothing_unknown_comes_in(model: Any):
    schema = model.model_json_schema()
    assert schema["additionalProperties"] is False
    assert schema["required"]


def test_the_schema_lists_the_types_of_service_event():
    schema = ServiceEvent.model_json_schema()
    assert set(schema["$defs"]["ServiceEventType"]["enum"]) == {str(kind) for kind in ServiceEventType}
    assert {"id", "source", "type", "time", "data"} == set(schema["required"])


def test_an_observation_has_the_names_of_sensorthings():
    schema = ObservationItem.model_json_schema()
    assert set(schema["properties"]) == {
        "datastream",
        "phenomenonTime",
        "result",
        "resultTime",
        "resultQuality",
        "parameters",
        "featureId",
    }
    assert set(schema["required"]) == {"datastream", "phenomenonTime", "result"}


def test_no_field_of_an_event_is_free_text():
    """Personal data has no place to go: every text is a code, an opaque id, a time or one of a few words."""
    for kind, model in DATA_MODELS.items():
        for name, field in model.model_json_schema()["properties"].items():
            for option in field.get("anyOf", [field]):
                if option.get("type") == "string":
                    assert {"pattern", "enum", "const", "format"} & set(option), f"{kind}: {name}"
