"""From bytes to validated items. The whole array is validated in one call; only when something in it is wrong does
each item go through on its own, to find which and why."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

import pydantic_core
from pydantic import TypeAdapter, ValidationError

from fansipan_common.contracts.dead_letter import DeadLetterItem

T = TypeVar("T")


class MalformedBody(ValueError):
    """The body as a whole is not what its content type says."""


class TooManyItems(ValueError):
    """More items than one request may hold."""


@dataclass(slots=True)
class ParsedItems(Generic[T]):
    """Valid items with their places in the request, and those that were refused.

    `raw[i]` is the JSON value behind `items[i]`; None when it was not kept because all items were valid.
    """

    items: list[T]
    indexes: Sequence[int]
    rejected: list[DeadLetterItem] = field(default_factory=list)
    raw: list[Any] | None = None


_SINGLE_OBJECT: Final = b"{"


def parse_json_items(adapter: TypeAdapter[list[T]], body: bytes, *, max_items: int) -> ParsedItems[T]:
    """Validate a JSON array of items (or one object, taken as an array of one).

    Raises:
        MalformedBody: no JSON, or neither an array nor an object.
        TooManyItems: more than `max_items`.
    """
    if body.lstrip()[:1] == _SINGLE_OBJECT:
        body = b"[" + body + b"]"
    try:
        items = adapter.validate_json(body)
    except ValidationError:
        try:
            values = pydantic_core.from_json(body, allow_inf_nan=False)
        except ValueError as error:
            raise MalformedBody(f"the body is not JSON: {error}") from None
        if not isinstance(values, list):
            raise MalformedBody("the body must be a JSON array of items") from None
        _check_count(len(values), max_items)
        return _one_by_one(adapter, values)
    _check_count(len(items), max_items)
    return ParsedItems(items, range(len(items)))


def parse_ndjson_items(adapter: TypeAdapter[list[T]], body: bytes, *, max_items: int) -> ParsedItems[T]:
    """Validate newline-delimited JSON, one item a line; blank lines are passed over.

    A line that is no JSON is refused alone. Indexes count the non-blank lines from 0.

    Raises:
        TooManyItems: more than `max_items` lines.
    """
    lines = [line for line in body.splitlines() if line.strip()]
    _check_count(len(lines), max_items)
    try:
        items = adapter.validate_json(b"[" + b",".join(lines) + b"]")
        if len(items) == len(lines):
            return ParsedItems(items, range(len(items)))
    except ValidationError:
        pass  # some line is wrong: find which below
    values: list[Any] = []
    for line in lines:
        try:
            values.append(pydantic_core.from_json(line, allow_inf_nan=False))
        except ValueError as error:
            values.append(_NotJson(line.decode("utf-8", "replace"), str(error)))
    return _one_by_one(adapter, values)


@dataclass(frozen=True, slots=True)
class _NotJson:
    text: str
    reason: str


def _one_by_one(adapter: TypeAdapter[list[T]], values: list[Any]) -> ParsedItems[T]:
    parsed: ParsedItems[T] = ParsedItems([], [], raw=[])
    indexes: list[int] = []
    raw: list[Any] = []
    for index, value in enumerate(values):
        if isinstance(value, _NotJson):
            parsed.rejected.append(
                DeadLetterItem(index=index, code="invalid-json", detail=value.reason, payload=value.text)
            )
            continue
        try:
            item = adapter.validate_json(pydantic_core.to_json([value]))[0]
        except ValidationError as error:
            parsed.rejected.append(
                DeadLetterItem(index=index, code="invalid-item", detail=reasons_of(error), payload=value)
            )
            continue
        parsed.items.append(item)
        indexes.append(index)
        raw.append(value)
    parsed.indexes, parsed.raw = indexes, raw
    return parsed


def reasons_of(error: ValidationError) -> str:
    """The first reasons of a validation error, each with the field it is about."""
    details = error.errors(include_url=False, include_context=False, include_input=False)
    named = [f"{'.'.join(str(part) for part in e['loc'][1:]) or 'item'}: {e['msg']}" for e in details[:5]]
    return "; ".join(dict.fromkeys(named))


def _check_count(count: int, max_items: int) -> None:
    if count > max_items:
        raise TooManyItems(f"{count} items; one request may hold {max_items}: send several requests")
