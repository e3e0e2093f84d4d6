"""Answers of ingest, as OpenAPI shows them, and the query parameters its doors share."""

from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from fansipan_common.contracts import RejectedItem
from fansipan_common.problems import problem_responses

Strict = Annotated[bool, Query(description="Refuse the whole request when one item is not acceptable.")]
Wait = Annotated[
    Literal["stored"] | None,
    Query(description="`stored`: answer when the items are committed and readable."),
]

DryRun = Annotated[
    bool,
    Query(
        alias="dryRun",
        description="Only check: nothing is published or registered; answers 200 with every reason for every item.",
    ),
]
Arrived = Annotated[
    int | None,
    Query(
        ge=0,
        lt=1 << 53,
        description="Unix ms: the time of what says none of its own, when it is sent again later.",
    ),
]


class AcceptedAnswer(BaseModel):
    """What became of the items; sent only after all in-sync replicas of Kafka have acknowledged."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        json_schema_extra={
            "examples": [
                {
                    "accepted": 2,
                    "duplicatesPossible": False,
                    "rejected": [
                        {
                            "index": 1,
                            "code": "time-in-future",
                            "detail": "phenomenonTime is more than 600 s ahead of the server: check the sender's clock",
                        }
                    ],
                }
            ]
        },
    )

    accepted: int
    duplicates_possible: bool
    rejected: list[RejectedItem]
    stored: Annotated[
        bool | None,
        Field(description="Only with wait=stored: false when it took longer than the server waits."),
    ] = None


class CheckedDatastream(BaseModel):
    """What a datastream of the request is, or would be registered as."""

    model_config = ConfigDict(alias_generator=to_camel)

    datastream: str
    registered: Annotated[bool, Field(description="False: the first real request would register it.")]
    observation_type: str
    unit: Annotated[str | None, Field(description="UCUM code; null when nobody has said it.")]
    items: Annotated[int, Field(description="How many of the request would be stored in it.")]


class CheckedAnswer(BaseModel):
    """With `dryRun=true`: what would become of the items."""

    model_config = ConfigDict(alias_generator=to_camel)

    dry_run: Literal[True]
    accepted: Annotated[int, Field(description="Items that would be taken.")]
    refused: Annotated[int, Field(description="Items that would not.")]
    rejected: Annotated[list[RejectedItem], Field(description="Every reason, by item; the first 1,000.")]
    reasons_left_out: int
    datastreams: Annotated[list[CheckedDatastream], Field(description="The first 1,000.")]
    items: Annotated[
        list[dict[str, Any]], Field(description="The first 100 that would be taken, as they would be stored.")
    ]


RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"model": CheckedAnswer, "description": "With dryRun=true: checked, and nothing else"},
    202: {"model": AcceptedAnswer, "description": "Acknowledged by Kafka"},
    **problem_responses(400, 401, 403, 413, 415, 422, 429, 503),
}


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of a model with what it refers to put in place: here is nowhere to keep definitions."""
    schema = model.model_json_schema()
    return _in_place(schema, schema.pop("$defs", {}))


def _in_place(schema: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(schema, dict):
        if "$ref" in schema:
            target = definitions[schema["$ref"].rpartition("/")[2]]
            schema = target | {name: value for name, value in schema.items() if name != "$ref"}
        return {name: _in_place(value, definitions) for name, value in schema.items()}
    return [_in_place(value, definitions) for value in schema] if isinstance(schema, list) else schema


def request_body(*media: tuple[str, dict[str, Any], Any]) -> dict[str, Any]:
    """OpenAPI request body from (media type, schema, example)."""
    content = {name: {"schema": schema, "example": example} for name, schema, example in media}
    return {"requestBody": {"required": True, "content": content}}
