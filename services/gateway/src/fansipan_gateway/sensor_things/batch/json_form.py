"""Batches as JSON: `{"requests": […]}` (OData JSON Format 4.01, section 19)."""

import base64
from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final

import orjson
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from fansipan_gateway.sensor_things.batch.domain import MAX_PARTS, BadBatch, BadPart, Part, PartAnswer

_JSON: Final = "application/json"
_NAME: Final = Field(min_length=1, max_length=100)


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True, coerce_numbers_to_str=True)

    id: str = _NAME
    method: str = Field(max_length=10)
    url: str = Field(max_length=20_000)
    headers: dict[str, str] = Field(default_factory=dict, max_length=30)
    body: JsonValue = None
    group: str | None = Field(default=None, alias="atomicityGroup", min_length=1, max_length=100)
    depends_on: list[str] = Field(default_factory=list, alias="dependsOn", max_length=MAX_PARTS)


def read_json(body: bytes) -> list[Part]:
    """The requests of a batch.

    Raises:
        BadBatch: it is none. What is wrong with single requests is in them.
    """
    try:
        whole = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadBatch(f"this is no JSON: {error}") from error
    requests = whole.get("requests") if isinstance(whole, dict) else None
    if not isinstance(requests, list) or not requests:
        raise BadBatch('a batch looks like {"requests": [{"id": "1", "method": "get", "url": "Things"}]}')
    if len(requests) > MAX_PARTS:
        raise BadBatch(f"more than {MAX_PARTS} requests: send several batches")
    parts = [_part(request) for request in requests]
    names = [part.id for part in parts if part.id is not None]
    if twice := {name for name in names if names.count(name) > 1}:
        raise BadBatch(f"ids of requests must differ: {', '.join(sorted(twice)[:5])}")
    groups = [group for group, _members in groupby(part.group for part in parts) if group is not None]
    if apart := {group for group in groups if groups.count(group) > 1}:
        raise BadBatch(f"requests of an atomicityGroup stand together: not so {', '.join(sorted(apart)[:5])}")
    if both := {group for group in groups if group in names}:
        raise BadBatch(f"an atomicityGroup and a request have the same name: {', '.join(sorted(both)[:5])}")
    return parts


def _part(given: Any) -> Part:
    try:
        found = _Request.model_validate(given)
    except ValidationError as error:
        reasons = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:3])
        fault = BadPart(f"a request needs id, method and url: {reasons}")
        return Part(_name_in(given, "id"), group=_name_in(given, "atomicityGroup"), fault=fault)
    headers = {name.lower(): value for name, value in found.headers.items()}
    content = b""
    if found.body is not None:
        headers.setdefault("content-type", _JSON)
        plain = isinstance(found.body, str) and "json" not in headers["content-type"]
        try:
            content = str(found.body).encode() if plain else orjson.dumps(found.body)
        except orjson.JSONEncodeError as error:
            return Part(found.id, group=found.group, fault=BadPart(f"body: {error}"))
    return Part(
        found.id,
        found.method.upper(),
        found.url,
        headers,
        content,
        found.group,
        tuple(found.depends_on),
    )


def _name_in(given: Any, member: str) -> str | None:
    """A name in a request that cannot be read otherwise."""
    name = given.get(member) if isinstance(given, dict) else None
    return str(name)[:100] if isinstance(name, str | int) else None


def write_json(parts: Sequence[Part], answers: Sequence[PartAnswer]) -> bytes:
    """The answers in the order of the requests."""
    pairs = zip(parts, answers, strict=True)
    return orjson.dumps({"responses": [_written(part, answer) for part, answer in pairs]})


def _written(part: Part, answer: PartAnswer) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": part.id, "status": answer.status}
    if part.group is not None:
        shown["atomicityGroup"] = part.group
    if answer.headers:
        shown["headers"] = dict(answer.headers)
    if answer.body:
        shown["body"] = _content(answer)
    return shown


def _content(answer: PartAnswer) -> Any:
    """JSON as it is, texts as texts, all else as base64url."""
    kind = answer.headers.get("content-type", "").partition(";")[0]
    if kind == _JSON or kind.endswith("+json"):
        return orjson.Fragment(answer.body)
    try:
        return answer.body.decode()
    except UnicodeDecodeError:
        return base64.urlsafe_b64encode(answer.body).decode()
