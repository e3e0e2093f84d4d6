"""Conditions on geometries that stand in an expression."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import shapely

from fansipan_gateway.sensor_things.faults import BadQuery
from fansipan_gateway.sensor_things.grammar.syntax import (
    COMPARISONS,
    Call,
    Expression,
    Geometry,
    Literal,
    Not,
    Operation,
    Options,
    Path,
)
from fansipan_gateway.sensor_things.model.entity import EntitySet, Kind
from fansipan_gateway.sensor_things.model.sets import target_of
from fansipan_gateway.sensor_things.planner.expressions import GEOMETRY_NAMES

_MEASURES: Final = frozenset({"geo.distance", "geo.length"})
_TURNED: Final = {"eq": "eq", "ne": "ne", "gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}
_PATTERN: Final = frozenset("012TF*")
_MAX_POINTS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Question:
    """A condition on one property of an entity set.

    Attributes:
        expression: where it stands.
        path: how the property is named there.
        entities: whose property it is.
        name: of the function.
        other: the constant geometry; None: `geo.length` has none.
        property_first: whether the property is the first argument.
        operator, number: what a distance or a length is compared with; empty and 0 else.
        pattern: of `st_relate`.
    """

    expression: Expression
    path: Path
    entities: EntitySet
    name: str
    other: shapely.Geometry | None
    property_first: bool = True
    operator: str = ""
    number: float = 0.0
    pattern: str = ""


def questions_in(options: Options, entities: EntitySet, option: str = "$filter") -> Iterator[Question]:
    """All conditions on geometries in a request, in what it expands, too.

    Raises:
        BadQuery: a constant geometry cannot be read.
    """
    if options.filter is not None:
        yield from _within(options.filter, entities, option)
    for expand in options.expand:
        navigation = entities.relations.get(expand.navigation)
        if navigation is not None:  # else the planner says what is wrong
            yield from questions_in(expand.options, target_of(navigation), "$expand")


def _within(expression: Expression, entities: EntitySet, option: str) -> Iterator[Question]:
    question = _question(expression, entities, option)
    if question is not None:
        yield question
        return
    match expression:
        case Operation(_, left, right):
            yield from _within(left, entities, option)
            yield from _within(right, entities, option)
        case Not(operand):
            yield from _within(operand, entities, option)
        case _:
            return


def _question(expression: Expression, entities: EntitySet, option: str) -> Question | None:
    match expression:
        case Call(name, arguments) if name in GEOMETRY_NAMES - _MEASURES:
            return _asked(expression, name, arguments, entities, option)
        case Operation(operator, Call(name, arguments), Literal(int() | float() as number)) if (
            operator in COMPARISONS and name in _MEASURES
        ):
            return _asked(expression, name, arguments, entities, option, operator, number)
        case Operation(operator, Literal(int() | float() as number), Call(name, arguments)) if (
            operator in COMPARISONS and name in _MEASURES
        ):
            return _asked(expression, name, arguments, entities, option, _TURNED[operator], number)
        case _:
            return None


def _asked(
    expression: Expression,
    name: str,
    arguments: tuple[Expression, ...],
    entities: EntitySet,
    option: str,
    operator: str = "",
    number: float = 0.0,
) -> Question | None:
    pattern = ""
    if name == "st_relate" and len(arguments) == 3 and isinstance(arguments[2], Literal):
        pattern, arguments = str(arguments[2].value), arguments[:2]
        if len(pattern) != 9 or not set(pattern) <= _PATTERN:
            raise BadQuery(option, "a pattern of st_relate has nine of 0 1 2 T F *", expression.at)
    path, other, first = None, None, True
    match arguments:
        case (Path() as path,) if name == "geo.length":
            pass
        case (Path() as path, Literal(Geometry(text), at)) if name != "geo.length":
            other = read_geometry(text, option, at)
        case (Literal(Geometry(text), at), Path() as path) if name != "geo.length":
            other, first = read_geometry(text, option, at), False
        case _:
            return None
    owner = _owner(path, entities)
    if owner is None or (name == "st_relate") != bool(pattern):
        return None
    return Question(expression, path, owner, name, other, first, operator, float(number), pattern)


def _owner(path: Path, entities: EntitySet) -> EntitySet | None:
    """The entity set whose geometry a path names; None: it names none."""
    for segment in path.segments[:-1]:
        navigation = entities.relations.get(segment)
        if navigation is None:
            return None
        entities = target_of(navigation)
    found = entities.by_name.get(path.segments[-1])
    return entities if found is not None and found.kind is Kind.GEOMETRY else None


def read_geometry(text: str, option: str, at: int) -> shapely.Geometry:
    """Well-known text, longitude first, perhaps with `SRID=4326;` in front.

    Raises:
        BadQuery: it is none, or has too many points.
    """
    wkt = text.rpartition(";")[2]
    try:
        geometry = shapely.from_wkt(wkt)
    except (shapely.errors.ShapelyError, ValueError) as error:
        raise BadQuery(
            option,
            f"this is no well-known text ({str(error)[:100]}): write geography'POINT (104.1 22.3)', longitude first",
            at,
        ) from error
    if shapely.get_num_coordinates(geometry) > _MAX_POINTS:
        raise BadQuery(option, f"a geometry has at most {_MAX_POINTS:,} points", at)
    if not shapely.is_valid(geometry):
        raise BadQuery(option, f"this geometry is not valid: {shapely.is_valid_reason(geometry)}", at)
    return geometry
