"""From a path to what it leads to."""

from dataclasses import dataclass
from typing import Final

from fansipan_gateway.sensor_things.faults import BadSyntax, NoSuchPath
from fansipan_gateway.sensor_things.grammar.paths import PLACE, Segment
from fansipan_gateway.sensor_things.model.entity import ID, EntitySet, Navigation
from fansipan_gateway.sensor_things.model.sets import SETS, target_of
from fansipan_gateway.sensor_things.planner.binding import Binding
from fansipan_gateway.sensor_things.planner.identity import identified
from fansipan_gateway.sensor_things.planner.seen import Seen

REF: Final = "$ref"
VALUE: Final = "$value"
_MAX_STEPS: Final = 6


@dataclass(frozen=True, slots=True)
class Step:
    """An entity set on the way, how it was reached, and which entity of it is meant (None: all)."""

    entities: EntitySet
    navigation: Navigation | None
    id: int | str | None

    @property
    def single(self) -> bool:
        """Whether it is one entity."""
        return self.id is not None or (self.navigation is not None and not self.navigation.many)


@dataclass(frozen=True, slots=True)
class Resource:
    """What a path names: the last step's entities, or a part of it.

    Attributes:
        steps: at least one; all but the last are single entities.
        member: a property of a single entity, and keys inside of it.
        raw: whether its bare value is wanted (`$value`).
        references: whether only addresses are wanted (`$ref`).
        path: as canonical text, for addresses of next pages.
    """

    steps: tuple[Step, ...]
    member: tuple[str, ...]
    raw: bool
    references: bool
    path: str

    @property
    def last(self) -> Step:
        """Where it leads."""
        return self.steps[-1]


def resource_of(segments: tuple[Segment, ...]) -> Resource:
    """What the segments name.

    Raises:
        BadSyntax, NoSuchPath: nothing.
    """
    steps: list[Step] = []
    for number, segment in enumerate(segments):
        step = _step(steps, segment)
        if step is None:
            return _ending(steps, segments, number)
        if steps and not steps[-1].single:
            name = steps[-1].entities.name
            raise NoSuchPath(f"{name} are several: say which, as in {name}(1)/{segment.name}")
        steps.append(step)
        if len(steps) > _MAX_STEPS:
            raise BadSyntax(PLACE, segment.at, f"more than {_MAX_STEPS} entities in one path")
    return Resource(tuple(steps), (), False, False, _text(segments))


def _step(steps: list[Step], segment: Segment) -> Step | None:
    """The next entity or entities; None: it is something else."""
    if not steps:
        entities = SETS.get(segment.name)
        if entities is None:
            raise NoSuchPath(f"there is no {segment.name!r}: there are {', '.join(SETS)}")
        return Step(entities, None, segment.id)
    navigation = steps[-1].entities.relations.get(segment.name)
    if navigation is None:
        return None
    if segment.id is not None and not navigation.many:
        raise NoSuchPath(f"{segment.name} is one: leave its id out")
    return Step(target_of(navigation), navigation, segment.id)


def _ending(steps: list[Step], segments: tuple[Segment, ...], number: int) -> Resource:
    """What is left behind the entities: a property, `$ref`, `$value`."""
    last, rest = steps[-1], [segment.name for segment in segments[number:]]
    if any(segment.id is not None for segment in segments[number:]):
        raise NoSuchPath(
            f"{last.entities.one} has no relation {rest[0]!r}: it has {', '.join(last.entities.relations)}"
        )
    path = _text(segments)
    if rest == [REF]:
        return Resource(tuple(steps), (), False, True, path)
    raw = rest[-1] == VALUE
    member = tuple(rest[:-1] if raw else rest)
    if not member or REF in member or VALUE in member:
        raise NoSuchPath(
            "$value stands behind a property, as in Things(1)/name/$value; $ref behind entities, at the end"
        )
    if not last.single:
        raise NoSuchPath(
            f"{last.entities.name} are several: say which, as in {last.entities.name}(1)/{member[0]}"
        )
    if member[0] not in last.entities.by_name and member != (ID,):
        known = ", ".join([*last.entities.by_name, *last.entities.relations])
        raise NoSuchPath(f"{last.entities.one} has no {member[0]!r}: it has {known}")
    return Resource(tuple(steps), member, raw, False, path)


def _text(segments: tuple[Segment, ...]) -> str:
    return "/".join(segment.name + _id_text(segment.id) for segment in segments)


def _id_text(value: int | str | None) -> str:
    if value is None:
        return ""
    return f"({value})" if isinstance(value, int) else "('" + value.replace("'", "''") + "')"


def chain(steps: tuple[Step, ...], binding: Binding, seen: Seen) -> str | None:
    """A statement that gives the id of the last of some single entities, or no row; None: there is certainly none."""
    tables: list[str] = []
    conditions: list[str] = []
    above = ""
    for step in steps:
        alias = binding.alias()
        tables.append(f"{step.entities.table} {alias}")
        if step.navigation is not None:
            conditions.append(step.navigation.link.format(p=above, c=alias))
        if step.id is not None:
            found = identified(step.entities, alias, step.id, binding)
            if found is None:
                return None
            conditions.append(found)
        hidden = seen.condition(step.entities, alias)
        if hidden is not None:
            conditions.append(hidden)
        above = alias
    return (
        f"SELECT {steps[-1].entities.id.format(a=above)} FROM {', '.join(tables)}"
        f" WHERE {' AND '.join(conditions)} LIMIT 1"
    )


def belonging(step: Step, parent: EntitySet, parent_id: int, alias: str, binding: Binding) -> str:
    """That a row belongs to the entity above it, whose id is known."""
    navigation = step.navigation
    assert navigation is not None  # noqa: S101 - only steps behind the first have a parent
    if navigation.of:
        return navigation.of.format(c=alias, id=binding.add(parent_id, "int"))
    above = binding.alias()
    found = identified(parent, above, parent_id, binding)
    assert found is not None  # noqa: S101 - the database gave this id
    return f"EXISTS (SELECT FROM {parent.table} {above} WHERE {found} AND {navigation.link.format(p=above, c=alias)})"
