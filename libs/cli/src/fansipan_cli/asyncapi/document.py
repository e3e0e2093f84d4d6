"""The document: servers, channels, operations, messages."""

from typing import Any, Final

import yaml

from fansipan_cli.asyncapi.messages import CONTENTS, MessageKind, TopicContent
from fansipan_cli.asyncapi.schemas import Schema, Schemas
from fansipan_common.contracts import TopicName, topic_specs

_TEXT: Final[Schema] = {"type": "string"}
_HEADERS: Final[dict[str, Schema]] = {
    "ce_specversion": {"const": "1.0"},
    "ce_id": {**_TEXT, "description": "Unique for its ce_source."},
    "ce_source": {**_TEXT, "format": "uri-reference"},
    "ce_type": _TEXT,
    "ce_time": {**_TEXT, "format": "date-time"},
    "content-type": {"const": "application/json"},
}
_MAYBE: Final[dict[str, Schema]] = {
    "traceparent": {**_TEXT, "description": "W3C trace context, when the request was traced."},
    "tracestate": _TEXT,
}
_DESCRIPTION: Final = (
    "What the platform publishes; any team may read it. Every record is a CloudEvent 1.0 in Kafka binary mode:"
    " attributes are headers, the value is the data. A topic never changes incompatibly; members may be added: pass"
    " over what you do not know. An installation may put a prefix before the names (KAFKA_TOPIC_PREFIX)."
)
_BINDING: Final = "0.5.0"


def kafka_document() -> dict[str, Any]:
    """AsyncAPI 3.0 of all topics, from their contracts.

    Raises:
        KeyError: a topic has no description here.
    """
    schemas = Schemas()
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for spec in topic_specs():
        content = CONTENTS[TopicName(spec.name)]
        channel = _camel(spec.name.rpartition(".")[0])
        names = {
            kind.type: _camel(kind.type.removeprefix("vn.fansipan.").rpartition(".")[0])
            for kind in content.kinds
        }
        for kind in content.kinds:
            messages[names[kind.type]] = _message(kind, content, schemas)
        channels[channel] = {
            "address": spec.name,
            "summary": content.summary,
            "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names.values()},
            "bindings": {
                "kafka": {
                    "topic": spec.name,
                    "partitions": spec.partitions,
                    "topicConfiguration": {name: int(value) for name, value in spec.config.items()},
                    "bindingVersion": _BINDING,
                }
            },
        }
        operations[f"publish{channel[0].upper()}{channel[1:]}"] = {
            "action": "send",
            "channel": {"$ref": f"#/channels/{channel}"},
            "summary": f"Published by {content.sender}.",
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Fansipan on Kafka",
            "version": "1",
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {"province": {"host": "kafka.example.vn:9092", "protocol": "kafka"}},
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": dict(sorted(schemas.found.items()))},
    }


def to_yaml(document: dict[str, Any]) -> str:
    """The document as it is committed."""
    head = "# Made by `fansipan topics asyncapi` from the contracts; tests/contract/test_kafka_asyncapi.py compares.\n"
    return head + yaml.dump(
        document, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120, default_flow_style=False
    )


class _Plain(yaml.SafeDumper):
    """Without anchors: what is said twice is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


def _message(kind: MessageKind, content: TopicContent, schemas: Schemas) -> dict[str, Any]:
    more = {name: {**_TEXT, "description": text} for name, (text, _) in content.headers.items()}
    needed = [name for name, (_, always) in content.headers.items() if always]
    return {
        "name": kind.type,
        "summary": kind.summary,
        "headers": {
            "type": "object",
            "allOf": [schemas.keep("CloudEventHeaders", _headers())],
            "required": needed,
            "properties": {"ce_type": {"const": kind.type}, **more},
        },
        "payload": kind.payload(schemas),
        "bindings": {"kafka": {"key": {**_TEXT, "description": content.key}, "bindingVersion": _BINDING}},
    }


def _headers() -> Schema:
    return {"type": "object", "required": list(_HEADERS), "properties": {**_HEADERS, **_MAYBE}}


def _camel(name: str) -> str:
    first, *others = name.replace(".", "-").split("-")
    return first + "".join(word.capitalize() for word in others)
