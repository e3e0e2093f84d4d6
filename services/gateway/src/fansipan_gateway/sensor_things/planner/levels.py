"""A request, level by level: the entities asked for, and those that are expanded inside them, in one statement."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from fansipan_gateway.sensor_things.faults import BadQuery
from fansipan_gateway.sensor_things.grammar.syntax import Expand, Options
from fansipan_gateway.sensor_things.model.entity import ID, SELF_LINK, EntitySet, Kind, Navigation, Property
from fansipan_gateway.sensor_things.model.sets import DATASTREAMS, OBSERVATIONS, target_of
from fansipan_gateway.sensor_things.planner.binding import Binding
from fansipan_gateway.sensor_things.planner.expressions import Compiler, Found
from fansipan_gateway.sensor_things.planner.ordering import (
    SortKey,
    behind,
    decode_token,
    signature,
    sort_keys,
)
from fansipan_gateway.sensor_things.planner.scope import Scope, valued
from fansipan_gateway.sensor_things.planner.seen import Seen

MAX_COUNT: Final = 1_000_000
DEFAULT_TOP: Final = 100
_DEFAULT_INNER_TOP: Final = 25
_MAX_TOP: Final = 1_000
_MAX_OBSERVATIONS: Final = 10_000
_MAX_ROWS: Final = 250_000
_MICROSECONDS: Final = "(extract(epoch FROM {}) * 1000000)::bigint"


@dataclass(frozen=True, slots=True)
class _Statement:
    """Columns; FROM and WHERE of all rows; the same with the order and bounds of one page."""

    columns: list[str]
    rows: str
    page: str


Conditions = Callable[[str], list[str]]
"""Conditions about the row with an alias."""


@dataclass(frozen=True, slots=True)
class Level:
    """What is read of an entity set, and how a row of the answer is laid out: id, fields, keys, and the
    expanded relations (a list of rows; with `$count` their number and that list).

    Attributes:
        entities: the entity set.
        fields: properties.
        selected: whether `$select` named them: nulls are then shown, too.
        parts: of properties that are shown in part only: the keys that lead to the parts.
        show_id, show_self: whether these are shown.
        links: relations whose addresses are shown.
        expands: relations that are shown inline.
        keys: what rows are sorted by.
        limit: rows at most; one more is read, to know whether more follow.
        options: as they were asked for.
        token_kind: what tokens of this order begin with.
    """

    entities: EntitySet
    fields: tuple[Property, ...]
    selected: bool
    parts: Mapping[str, tuple[tuple[str, ...], ...]]
    show_id: bool
    show_self: bool
    links: tuple[Navigation, ...]
    expands: tuple[tuple[Navigation, "Level"], ...]
    keys: tuple[SortKey, ...]
    limit: int
    options: Options
    token_kind: str


class Planner:
    """Writes the statement of one request.

    Args:
        binding: takes up its values.
        seen: what the reader sees.
        now: when it is.
        found: what was found out about geometries.
    """

    def __init__(self, binding: Binding, seen: Seen, now: datetime, found: Found) -> None:
        self._binding = binding
        self._seen = seen
        self._now = now
        self._found = found

    @property
    def binding(self) -> Binding:
        """The values of the statement."""
        return self._binding

    @property
    def seen(self) -> Seen:
        """What the reader sees."""
        return self._seen

    def page(
        self, entities: EntitySet, options: Options, where: Conditions, parent: EntitySet | None
    ) -> tuple[Level, str]:
        """The statement for a page of a collection, perhaps of what belongs to one entity of `parent`.

        Raises:
            BadQuery: it makes no sense, or would read too much.
        """
        most = _MAX_OBSERVATIONS if entities is OBSERVATIONS else _MAX_TOP
        limit = min(DEFAULT_TOP if options.top is None else options.top, most)
        level, statement = self._level(entities, options, where, limit, parent)
        return level, f"SELECT {', '.join(statement.columns)} {statement.page}"

    def entity(self, entities: EntitySet, options: Options, where: Conditions) -> tuple[Level, str]:
        """The statement for one entity. What only makes sense for several is left alone: some clients add it."""
        options = Options(
            select=options.select,
            expand=options.expand,
            result_format=options.result_format,
            texts=options.texts,
        )
        level, statement = self._level(entities, options, where, 1, None)
        return level, f"SELECT {', '.join(statement.columns)} {statement.page}"

    def count(self, entities: EntitySet, options: Options, where: Conditions) -> str:
        """The statement for the number of entities; counting stops behind MAX_COUNT."""
        alias = self._binding.alias()
        scope = Scope("$filter", entities, alias, self._binding, self._seen)
        return self._count(self._rows(scope, options, where))

    def rows(self, entities: EntitySet, options: Options, where: Conditions) -> tuple[str, str]:
        """FROM and WHERE of all rows of a collection, and the alias of a row: for what computes with them itself."""
        alias = self._binding.alias()
        scope = Scope("$filter", entities, alias, self._binding, self._seen)
        return self._rows(scope, options, where), alias

    def _count(self, rows: str) -> str:
        return f"SELECT count(*) FROM (SELECT {rows} LIMIT {MAX_COUNT + 1}) counted"

    def _rows(self, scope: Scope, options: Options, where: Conditions) -> str:
        """FROM and WHERE, of all pages."""
        conditions = where(scope.alias)
        seen = self._seen.condition(scope.entities, scope.alias)
        if seen is not None:
            conditions.append(seen)
        if options.filter is not None:
            conditions.append(self._compiler(scope).condition(options.filter))
        # (the joins are complete only now)
        return f"FROM {scope.entities.table} {scope.alias}{scope.joins} WHERE {' AND '.join(conditions) or 'true'}"

    def _compiler(self, scope: Scope) -> Compiler:
        return Compiler(scope, self._now, self._found)

    def _level(
        self,
        entities: EntitySet,
        options: Options,
        where: Conditions,
        limit: int,
        parent: EntitySet | None,
        place: str = "",
        around: int = 1,
    ) -> "tuple[Level, _Statement]":
        rows = around * max(limit, 1)
        if rows > _MAX_ROWS:
            raise BadQuery(
                "$expand",
                f"this may read {rows:,} rows; at most {_MAX_ROWS:,} are: lower $top, also of what is expanded",
            )
        alias = self._binding.alias()
        scope = Scope(place or "$orderby", entities, alias, self._binding, self._seen)
        one = entities is OBSERVATIONS and parent is DATASTREAMS
        keys = sort_keys(
            entities, alias, options.orderby, self._compiler(scope), place or "$orderby", one_datastream=one
        )
        scope.option = place or "$filter"
        body = self._rows(scope, options, where)
        kind = signature(entities, options.orderby, one_datastream=one)
        level = self._shape(entities, options, tuple(keys), limit, kind, place)
        columns = [entities.id.format(a=alias)]
        columns += [_column(field, alias) for field in level.fields]
        columns += [key.fetched for key in keys]
        expanded: list[tuple[Navigation, Level]] = []
        for expand in options.expand:
            navigation, inner, column = self._expand(entities, alias, expand, rows)
            expanded.append((navigation, inner))
            columns.append(column)
        left = ""
        if options.skiptoken is not None:
            values = decode_token(level.token_kind, keys, options.skiptoken)
            left = f" AND {behind(keys, values, self._binding)}"
        page = f"{body}{left} ORDER BY {', '.join(key.ordered for key in keys)} LIMIT {limit + 1 if limit else 0}"
        if options.skip and options.skiptoken is None:
            page += f" OFFSET {self._binding.add(options.skip, 'bigint')}"
        return replace(level, expands=tuple(expanded)), _Statement(columns, body, page)

    def _expand(
        self, entities: EntitySet, alias: str, expand: Expand, around: int
    ) -> tuple[Navigation, Level, str]:
        navigation = entities.relations.get(expand.navigation)
        if navigation is None:
            known = ", ".join(entities.relations)
            raise BadQuery(
                "$expand", f"{entities.one} has no relation {expand.navigation!r}: it has {known}", expand.at
            )
        options = expand.options
        top = _DEFAULT_INNER_TOP if options.top is None else options.top
        limit = min(top, _MAX_TOP) if navigation.many else 1

        def belongs(child: str) -> list[str]:
            return [navigation.link.format(p=alias, c=child)]

        level, statement = self._level(
            target_of(navigation), options, belongs, limit, entities, "$expand", around
        )
        rows = f"SELECT json_build_array({', '.join(statement.columns)}) AS entity {statement.page}"
        column = f"(SELECT json_agg(inner_rows.entity) FROM ({rows}) inner_rows)"
        if options.count:
            column = f"json_build_array(({self._count(statement.rows)}), {column})"
        return navigation, level, column

    def _shape(
        self,
        entities: EntitySet,
        options: Options,
        keys: tuple[SortKey, ...],
        limit: int,
        token_kind: str,
        place: str,
    ) -> Level:
        names = options.select
        every = names is None or "*" in names
        chosen = {name for name in names or () if "/" not in name}
        parts = _parts(entities, names or (), place or "$select")
        for name in chosen:
            if name not in ("*", "id", ID, SELF_LINK, *entities.by_name, *entities.relations):
                known = ", ".join([ID, *entities.by_name, *entities.relations])
                raise BadQuery(place or "$select", f"{entities.one} has no {name!r}: select of {known}")
        expanded = {expand.navigation for expand in options.expand}
        return Level(
            entities=entities,
            fields=tuple(p for p in entities.properties if every or p.name in chosen or p.name in parts),
            selected=not every,
            parts={} if every else {name: keys for name, keys in parts.items() if name not in chosen},
            show_id=every or bool(chosen & {"id", ID}),
            show_self=every or SELF_LINK in chosen,
            links=tuple(
                n
                for n in entities.navigations
                if (names is None or n.name in chosen) and n.name not in expanded
            ),
            expands=(),
            keys=keys,
            limit=limit,
            options=options,
            token_kind=token_kind,
        )


def _parts(entities: EntitySet, names: Sequence[str], option: str) -> dict[str, tuple[tuple[str, ...], ...]]:
    """What `$select=properties/commune` shows of properties.

    Raises:
        BadQuery: a property has no parts.
    """
    parts: dict[str, tuple[tuple[str, ...], ...]] = {}
    for name in names:
        first, *keys = name.split("/")
        if not keys:
            continue
        found = entities.by_name.get(first)
        if found is None or found.kind not in (Kind.JSON, Kind.GEOMETRY):
            inside = [each.name for each in entities.properties if each.kind in (Kind.JSON, Kind.GEOMETRY)]
            raise BadQuery(
                option,
                f"{name!r} is no part of a property of {entities.one}; parts have {', '.join(inside) or 'none'}",
            )
        parts[first] = (*parts.get(first, ()), tuple(keys))
    return parts


def _column(field: Property, alias: str) -> str:
    typed = valued(field, alias, nullable=True)
    if field.kind is Kind.PERIOD:
        return f"ARRAY[{_MICROSECONDS.format(typed.sql)}, {_MICROSECONDS.format(typed.end)}]"
    return _MICROSECONDS.format(typed.sql) if field.kind is Kind.INSTANT else typed.sql
