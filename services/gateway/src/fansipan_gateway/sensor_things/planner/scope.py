"""Rows that expressions may speak of: an entity's own, and those it is related to."""

from dataclasses import dataclass, field
from typing import Final

from fansipan_gateway.sensor_things.faults import BadQuery
from fansipan_gateway.sensor_things.grammar.syntax import Path
from fansipan_gateway.sensor_things.model.entity import ID, ID_NAMES, EntitySet, Kind, Property
from fansipan_gateway.sensor_things.model.sets import OBSERVATIONS, target_of
from fansipan_gateway.sensor_things.planner.binding import Binding
from fansipan_gateway.sensor_things.planner.seen import Seen
from fansipan_gateway.sensor_things.planner.typed import Typed

_MAX_NAVIGATIONS: Final = 4
_MAX_JSON_KEYS: Final = 8


@dataclass(slots=True)
class AnyOf:
    """Related rows of which one must fit, all in one EXISTS."""

    tables: list[str] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    aliases: dict[tuple[str, ...], str] = field(default_factory=dict)

    def around(self, condition: str) -> str:
        """The condition, for at least one of the rows."""
        if not self.tables:
            return condition
        return f"EXISTS (SELECT FROM {', '.join(self.tables)} WHERE {' AND '.join([*self.conditions, condition])})"


class Scope:
    """The row `alias` of an entity set, with the rows that are joined to it on demand.

    Attributes:
        joins: text behind the table's name in FROM.
    """

    def __init__(self, option: str, entities: EntitySet, alias: str, binding: Binding, seen: Seen) -> None:
        self.option = option
        self.entities = entities
        self.alias = alias
        self.binding = binding
        self._seen = seen
        self._aliases: dict[tuple[str, ...], str] = {}
        self.joins = ""

    def resolve(self, path: Path, any_of: AnyOf | None) -> Typed:
        """What a path stands for.

        Args:
            path: as it is written.
            any_of: takes up relations to several rows; None: there may be none, as in `$orderby`.

        Raises:
            BadQuery: it leads nowhere.
        """
        entities, alias = self.entities, self.alias
        for number, segment in enumerate(path.segments):
            rest = path.segments[number + 1 :]
            if segment in entities.relations and segment not in entities.by_name:
                if number >= _MAX_NAVIGATIONS:
                    raise BadQuery(
                        self.option, f"a path follows at most {_MAX_NAVIGATIONS} relations", path.at
                    )
                alias = self._follow(entities, alias, path, number, any_of)
                entities = target_of(entities.relations[segment])
                continue
            if segment in ID_NAMES:
                if rest:
                    raise BadQuery(self.option, f"nothing is behind {segment}", path.at)
                return identity(entities, alias, nullable=alias != self.alias)
            found = entities.by_name.get(segment)
            if found is None:
                known = ", ".join([ID, *entities.by_name, *entities.relations])
                raise BadQuery(self.option, f"{entities.one} has no {segment!r}: it has {known}", path.at)
            return self._inside(
                valued(found, alias, nullable=found.nullable or alias != self.alias), found, rest, path
            )
        raise BadQuery(self.option, f"{path} is an entity: name one of its properties, as {path}/id", path.at)

    def owner(self, path: Path, any_of: AnyOf | None) -> str:
        """The alias of the row whose property a path names."""
        self.resolve(path, any_of)
        followed = path.segments[:-1]
        if not followed:
            return self.alias
        aliases = {**self._aliases, **(any_of.aliases if any_of else {})}
        return aliases[followed]

    def _follow(self, entities: EntitySet, alias: str, path: Path, number: int, any_of: AnyOf | None) -> str:
        key = path.segments[: number + 1]
        known = self._aliases.get(key) or (any_of.aliases.get(key) if any_of else None)
        if known is not None:
            return known
        navigation = entities.relations[path.segments[number]]
        if navigation.many and any_of is None:
            raise BadQuery(
                self.option,
                f"{navigation.name} may be several: sorting by one of them is not possible",
                path.at,
            )
        target = target_of(navigation)
        joined = self.binding.alias()
        condition = navigation.link.format(p=alias, c=joined)
        if navigation.many:
            seen = self._seen.condition(target, joined)
            condition = condition if seen is None else f"{condition} AND {seen}"
        if any_of is not None and (navigation.many or path.segments[:number] in any_of.aliases):
            any_of.tables.append(f"{target.table} {joined}")
            any_of.conditions.append(condition)
            any_of.aliases[key] = joined
        else:
            self.joins += f" LEFT JOIN {target.table} {joined} ON {condition}"
            self._aliases[key] = joined
        return joined

    def _inside(self, typed: Typed, found: Property, keys: tuple[str, ...], path: Path) -> Typed:
        if not keys:
            return typed
        if found.kind not in (Kind.JSON, Kind.GEOMETRY):
            raise BadQuery(self.option, f"{found.name} is {found.kind}: nothing is inside it", path.at)
        if len(keys) > _MAX_JSON_KEYS:
            raise BadQuery(self.option, f"deeper than {_MAX_JSON_KEYS} keys", path.at)
        return Typed(Kind.JSON, f"({typed.sql} #> {self.binding.add(list(keys), 'text[]')})")


def valued(found: Property, alias: str, *, nullable: bool) -> Typed:
    """A property of a row."""
    sql = found.sql.format(a=alias)
    return Typed(
        found.kind,
        f"({sql})" if " " in sql else sql,
        found.end.format(a=alias),
        found.number.format(a=alias),
        nullable=nullable,
        whole=found.kind is Kind.NUMBER,
    )


def identity(entities: EntitySet, alias: str, *, nullable: bool) -> Typed:
    """The id of a row."""
    row = None
    if entities is OBSERVATIONS:
        first, second = (part.sql.format(a=alias) for part in entities.order)
        row = (first, second)
    return Typed(Kind.NUMBER, entities.id.format(a=alias), row=row, nullable=nullable, whole=True)
