"""What is sent for the items of a dead letter: as they were, or corrected."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from fansipan_cli.dead_letters.identity import LetterId
from fansipan_cli.dead_letters.reader import Letter
from fansipan_cli.errors import CommandError, UsageError
from fansipan_common.contracts.dead_letter import DeadLetterItem
from fansipan_common.contracts.doors import WAYS, Door, PayloadUnfit, Return, way_back

_QUERY: Final = {"strict": "true"}
"""What is refused again leaves no second dead letter."""


@dataclass(slots=True)
class Shipments:
    """`plain` are observations or events in our own form; `returns` go back to their doors one by one."""

    plain: list[Any] = field(default_factory=list)
    returns: list[tuple[Door, Return, Any]] = field(default_factory=list)


def shipments_of(letter: Letter, chosen: Sequence[DeadLetterItem], edited: Path | None) -> Shipments:
    """What to send for some items of a letter.

    Args:
        letter: whose items they are.
        chosen: which.
        edited: a file with what to send instead.

    Raises:
        CommandError: something was no JSON, or not in the form of its door: it can be sent corrected only.
        UsageError: the file cannot be read, or stands for several items of a door.
    """
    if letter.content.origin == "kafka":
        raise CommandError(
            "this is a record of Kafka that analytics could not use",
            "let whoever published it send it to ingest",
        )
    doors = {item.door for item in chosen}
    if edited is not None:
        if doors == {None}:
            return Shipments(plain=_items(_json(edited), edited))
        if len(chosen) > 1:
            raise UsageError("the letter holds several items of a door", "name one: partition-offset-index")
        return _back(letter, [(chosen[0], _edited(chosen[0], edited))])
    if any(item.payload is None and item.payload_base64 is not None for item in chosen):
        raise CommandError(
            f"dead letter {letter.id} holds bytes that are not in the form of their door",
            f"see them with `fansipan dlq show {letter.id}`, and send a corrected item with --edit",
        )
    return _back(letter, [(item, item.payload) for item in chosen])


def payload_text(chosen: Sequence[DeadLetterItem], wanted: LetterId) -> str:
    """What was sent for one item, as its door takes it."""
    if len(chosen) > 1:
        raise UsageError(
            f"dead letter {wanted} holds {len(chosen)} items", "name one: partition-offset-index"
        )
    [item] = chosen
    if item.payload_base64 is not None:
        return base64.b64decode(item.payload_base64).decode("utf-8", "replace")
    if isinstance(item.payload, str) and item.door in _TEXT_DOORS:
        return item.payload
    return json.dumps(item.payload, ensure_ascii=False, indent=2)


_TEXT_DOORS: Final = frozenset(door for door, way in WAYS.items() if way.is_text)


def _back(letter: Letter, items: Sequence[tuple[DeadLetterItem, Any]]) -> Shipments:
    shipments = Shipments()
    arrived = letter.content.received_at
    for item, payload in items:
        if item.door is None:
            shipments.plain.append(payload)
            continue
        door = _door(item.door)
        try:
            request = way_back(door, payload, item.context or {}, arrived=arrived, query=_QUERY)
        except PayloadUnfit as error:
            raise CommandError(str(error)) from error
        shipments.returns.append((door, request, payload))
    return shipments


def _door(name: str) -> Door:
    try:
        return Door(name)
    except ValueError as error:
        raise CommandError(
            f"this command does not know the door {name}", "is it older than ingest?"
        ) from error


def _edited(item: DeadLetterItem, path: Path) -> Any:
    return _text(path).rstrip("\n") if item.door in _TEXT_DOORS else _json(path)


def _items(content: Any, path: Path) -> list[Any]:
    items = content if isinstance(content, list) else [content]
    if not items:
        raise UsageError(f"{path} holds no item")
    return items


def _json(path: Path) -> Any:
    try:
        return json.loads(_text(path))
    except ValueError as error:
        raise UsageError(f"{path} is no JSON: {error}") from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no UTF-8 text", "save it as UTF-8") from error
