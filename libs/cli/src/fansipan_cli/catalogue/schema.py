"""The JSON Schema of a definition: editors check and complete YAML with it."""

import json

from fansipan_indicators.definitions import Definition


def json_schema() -> str:
    """The schema as indented JSON with a newline at its end; the same text for the same model."""
    found = Definition.model_json_schema(by_alias=True, mode="validation")
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An indicator of the Fansipan catalogue",
    }
    whole = head | {name: value for name, value in found.items() if name not in head}
    return json.dumps(whole, ensure_ascii=False, indent=2, sort_keys=False) + "\n"
