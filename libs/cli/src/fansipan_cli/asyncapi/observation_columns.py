"""The schema of an observations record, from the function that encodes one.

Its keyword arguments are the columns: each is filled alone, to see under which name it is written; its annotation says
what it holds. So a column that is added there is here, too.
"""

import inspect
import re
from typing import Any, Final, get_type_hints

import orjson

from fansipan_cli.asyncapi.schemas import Schema, Schemas
from fansipan_common.contracts.identity import MAX_DATASTREAM_ID, MAX_MILLISECOND
from fansipan_common.contracts.observation import ResultValue
from fansipan_common.contracts.observation_batch import ObservationBatch, encode_columns

_DESCRIPTION: Final = (
    "Observations as columns: place n of each array is row n, all arrays have one length. A column that is not there is"
    " null for every row. The identity of a row is datastream and time: the same again changes nothing, another result"
    " is a correction."
)
_NEEDED: Final[dict[str, Any]] = {
    "datastream_keys": {1: "demo/station-1/rain"},
    "datastream_ids": [1],
    "phenomenon_ms": [0],
    "result": [0.0],
}
_ALWAYS: Final[dict[str, Schema]] = {
    "datastreams": {
        "type": "object",
        "description": "The key `<provider>/<thing>/<property>` of each id that occurs.",
        "propertyNames": {"pattern": "^[0-9]+$"},
        "additionalProperties": {"type": "string"},
    },
    "datastreamId": {
        "type": "array",
        "items": {"type": "integer", "minimum": 1, "maximum": MAX_DATASTREAM_ID},
    },
    "phenomenonTime": {
        "type": "array",
        "description": "Unix time in milliseconds.",
        "items": {"type": "integer", "minimum": 0, "maximum": MAX_MILLISECOND},
    },
}


def observation_columns(schemas: Schemas) -> Schema:
    """A JSON object of arrays of one length; place n of each is row n."""
    optional = _optional_columns()
    result = schemas.of_type(ResultValue)
    if "deleted" in optional.values():
        result = {**result, "anyOf": [*result["anyOf"], {"type": "null"}]}
    properties = {**_ALWAYS, "result": {"type": "array", "items": result}}
    hints = get_type_hints(encode_columns)
    notes = _notes()
    for argument, name in optional.items():
        array, *_ = (one for one in schemas.of_type(hints[argument])["anyOf"] if one.get("type") == "array")
        properties[name] = {"type": "array", "description": notes[argument], "items": array["items"]}
    return {
        "type": "object",
        "description": _DESCRIPTION,
        "required": [*_ALWAYS, "result"],
        "properties": properties,
    }


def _optional_columns() -> dict[str, str]:
    """Argument → the name under which it is written, of the columns that may be missing."""
    always = set(orjson.loads(encode_columns(**_NEEDED)))
    names: dict[str, str] = {}
    for argument in inspect.signature(encode_columns).parameters:
        if argument not in _NEEDED:
            with_it: dict[str, Any] = {**_NEEDED, argument: [None]}
            (names[argument],) = set(orjson.loads(encode_columns(**with_it))) - always
    return names


def _notes() -> dict[str, str]:
    """What the docstring of a batch says of each column."""
    text = re.sub(r"\n\s{12,}", " ", inspect.getdoc(ObservationBatch) or "")
    return {
        match[1]: match[2].replace("None", "null")
        for match in re.finditer(r"^    (\w+): (.+)$", text, re.MULTILINE)
    }
