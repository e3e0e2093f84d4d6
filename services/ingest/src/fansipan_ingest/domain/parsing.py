"""From bytes to validated items. The whole array is validated in one call; only when something in it is wrong does
each item go through on its own, to find which and why."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

import pydantic_core
from pydantic import TypeAdapter, ValidationError

from fansipan_common.contracts.dead_letter import DeadLetterItem
from fansipan_common.errors import ClientFault, PayloadTooLarge

T = TypeVar("T")


class MalformedBody(ClientFault):
    """The body as a whole is not what its content type says."""


class TooManyItems(PayloadTooLarge):
    """More items than one request may hold."""

    def __init__(self, count: int, max_items: int, what: str = "items") -> None:
        super().__init__(
            f"{count} {what}; one request may hold {max_items}: send several requests",
            extra={"maxItems": max_items},
        )


@dataclass(slots=True)
class ParsedItems(Generic[T]):
    """Valid items with their places in the request, and those that were refused.

    Attributes:
        items: what is valid, in the order of the request.
        indexes: place of each item in the request, from 0.
        rejected: what is not.
        reread: the JSON values behind `items`, parsed again. Rarely needed, so they are not kept.
    """

    items: list[T]
    indexes: Sequence[int]
    rejected: list[DeadLetterItem] = field(default_factory=list)
    reread: Callable[[], list[Any]] = list
    _sent: list[Any] | None = None

    def sent(self, place: int) -> Any:
        """The JSON value behind `items[place]`, as it was sent."""
        if self._sent is None:
            self._sent = self.reread()
        return self._sent[place]


_SINGLE_OBJECT: Final = b"{"


def parse_json_items(adapter: TypeAdapter[list[T]], body: bytes, *, max_items: int) -> ParsedItems[T]:
    """Validate a JSON array of items (or one object, taken as an array of one).

    Raises:
        MalformedBody: no JSON, or neither an array nor an object.
        TooManyItems: more than `max_items`.
    """
    is_single = body.lstrip()[:1] == _SINGLE_OBJECT
    if is_single:
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
        _check_single(is_single, len(values))
        _check_count(len(values), max_items)
        return _one_by_one(adapter, values)
    _check_single(is_single, len(items))
    _check_count(len(items), max_items)
    return ParsedItems(items, range(len(items)), reread=lambda: pydantic_core.from_json(body))


def parse_ndjson_items(adapter: TypeAdapter[list[T]], body: bytes, *, max_items: int) -> ParsedItems[T]:
    """Validate newline-delimited JSON, one item a line; blank lines are passed over.

    A line that is no JSON is refused alone. Indexes count the non-blank lines from 0.

    Raises:
        TooManyItems: more than `max_items` lines.
    """
    lines = [line for line in body.splitlines() if line.strip()]
    _check_count(len(lines), max_items)
    items = _one_a_line(adapter, lines)
    if items is not None:
        return ParsedItems(
            items, range(len(items)), reread=lambda: [pydantic_core.from_json(line) for line in lines]
        )
    values: list[Any] = []
    for line in lines:
        try:
            values.append(pydantic_core.from_json(line, allow_inf_nan=False))
        except ValueError as error:
            values.append(_NotJson(line.decode("utf-8", "replace"), str(error)))
    return _one_by_one(adapter, values)


def _one_a_line(adapter: TypeAdapter[list[T]], lines: list[bytes]) -> list[T] | None:
    """The items, or None when some line is wrong.

    Each line goes through on its own: lines joined with commas could make up items that no line holds.
    """
    items: list[T] = []
    try:
        for line in lines:
            found = adapter.validate_json(b"[%b]" % line)
            if len(found) != 1:
                return None
            items += found
    except ValidationError:
        return None
    return items


@dataclass(frozen=True, slots=True)
class _NotJson:
    text: str
    reason: str


def _one_by_one(adapter: TypeAdapter[list[T]], values: list[Any]) -> ParsedItems[T]:
    items: list[T] = []
    indexes: list[int] = []
    sent: list[Any] = []
    rejected: list[DeadLetterItem] = []
    for index, value in enumerate(values):
        if isinstance(value, _NotJson):
            rejected.append(
                DeadLetterItem(index=index, code="invalid-json", detail=value.reason, payload=value.text)
            )
            continue
        try:
            item = adapter.validate_json(pydantic_core.to_json([value]))[0]
        except ValidationError as error:
            rejected.append(
                DeadLetterItem(index=index, code="invalid-item", detail=reasons_of(error), payload=value)
            )
            continue
        items.append(item)
        indexes.append(index)
        sent.append(value)
    return ParsedItems(items, indexes, rejected, reread=lambda: sent)


def reasons_of(error: ValidationError) -> str:
    """The first reasons of a validation error, each with the field it is about."""
    details = error.errors(include_url=False, include_context=False, include_input=False)
    named = [f"{'.'.join(str(part) for part in e['loc'][1:]) or 'item'}: {e['msg']}" for e in details[:5]]
    return "; ".join(dict.fromkeys(named))


def _check_single(is_single: bool, count: int) -> None:
    if is_single and count != 1:
        raise MalformedBody("the body is not JSON: several objects need [ ] around them")


def _check_count(count: int, max_items: int) -> None:
    if count > max_items:
        raise TooManyItems(count, max_items)
