"""Entities with their addresses, and pages of them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

import orjson

from fansipan_gateway.domain.results import Row
from fansipan_gateway.sensor_things.grammar.syntax import Expand, Options
from fansipan_gateway.sensor_things.model.entity import ID, SELF_LINK, Navigation
from fansipan_gateway.sensor_things.planner.levels import MAX_COUNT, Level
from fansipan_gateway.sensor_things.planner.ordering import encode_token
from fansipan_gateway.sensor_things.rendering.values import in_part, shown

NEXT_LINK: Final = "@iot.nextLink"
COUNT: Final = "@iot.count"
AT_LEAST: Final = "@fansipan.countIsAtLeast"
_SAFE: Final = "$(),;=/'*:@!~"


class Renderer:
    """Shows rows of one request.

    Args:
        root: address of the service, without a slash at its end.
    """

    def __init__(self, root: str) -> None:
        self._root = root

    def page(self, level: Level, rows: Sequence[Row], path: str, count: int | None) -> dict[str, Any]:
        """A page of a collection at `path`."""
        page: dict[str, Any] = {}
        if count is not None:
            page |= counted(COUNT, count)
        if (following := self.next_link(level, rows, path)) is not None:
            page[NEXT_LINK] = following
        page["value"] = [self.entity(level, row) for row in rows[: level.limit]]
        return page

    def next_link(self, level: Level, rows: Sequence[Row], path: str) -> str | None:
        """The address behind a page, when more rows were read than it shows."""
        if not level.limit or len(rows) <= level.limit:
            return None
        last = rows[level.limit - 1]
        begin = 1 + len(level.fields)
        token = encode_token(level.token_kind, list(last)[begin : begin + len(level.keys)])
        texts = {**texts_of(level.options), "$skiptoken": token}
        texts.pop("$skip", None)
        return f"{self._root}/{quote(path, safe=_SAFE)}?" + "&".join(
            f"{name}={quote(text, safe=_SAFE)}" for name, text in texts.items()
        )

    def entity(self, level: Level, row: Row) -> dict[str, Any]:
        """One entity, with what is expanded in it."""
        values = list(row)
        address = self.address(level, values[0])
        entity: dict[str, Any] = {}
        if level.show_self:
            entity[SELF_LINK] = address
        if level.show_id:
            entity[ID] = values[0]
        for found, value in zip(level.fields, values[1:], strict=False):
            text = shown(found, value)
            if found.name in level.parts:
                text = in_part(text, level.parts[found.name])
            if text is not None or not found.optional or level.selected:
                entity[found.name] = text
        for navigation in level.links:
            entity[f"{navigation.name}@iot.navigationLink"] = f"{address}/{navigation.name}"
        begin = 1 + len(level.fields) + len(level.keys)
        for (navigation, inner), value in zip(level.expands, values[begin:], strict=True):
            self._inline(entity, navigation, inner, value, level.entities.name, values[0])
        return entity

    def address(self, level: Level, entity_id: int) -> str:
        """Where an entity is."""
        return f"{self._root}/{level.entities.name}({entity_id})"

    def _inline(
        self,
        entity: dict[str, Any],
        navigation: Navigation,
        inner: Level,
        value: Any,
        parent: str,
        parent_id: int,
    ) -> None:
        found = orjson.loads(value) if isinstance(value, str) else value
        if inner.options.count:
            number, found = found
            if navigation.many:
                entity |= counted(f"{navigation.name}{COUNT}", number)
        rows: list[list[Any]] = found or []
        if not navigation.many:
            entity[navigation.name] = self.entity(inner, rows[0]) if rows else None
            return
        entity[navigation.name] = [self.entity(inner, row) for row in rows[: inner.limit]]
        following = self.next_link(inner, rows, f"{parent}({parent_id})/{navigation.name}")
        if following is not None:
            entity[f"{navigation.name}{NEXT_LINK}"] = following


def counted(name: str, number: int) -> Mapping[str, Any]:
    """How many there are; of very many, that there are at least so many."""
    if number > MAX_COUNT:
        return {name: MAX_COUNT, name.replace(COUNT, AT_LEAST): True}
    return {name: number}


def texts_of(options: Options) -> dict[str, str]:
    """The options as they are written in an address."""
    texts = {name: text.strip() for name, text in options.texts.items() if name != "$expand"}
    if options.expand:
        texts["$expand"] = ",".join(map(_expand_text, options.expand))
    return texts


def _expand_text(expand: Expand) -> str:
    inner = ";".join(f"{name}={text}" for name, text in texts_of(expand.options).items())
    return f"{expand.navigation}({inner})" if inner else expand.navigation
