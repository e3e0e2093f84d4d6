"""What an entity set is made of. Texts of SQL hold `{a}` for the alias of the entity's row; they are constants."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What an expression or a property is."""

    BOOL = "a condition"
    NUMBER = "a number"
    TEXT = "a text"
    INSTANT = "a time"
    PERIOD = "a period of time"
    DATE = "a date"
    TIME = "a time of day"
    DURATION = "a duration"
    JSON = "a JSON value"
    GEOMETRY = "a geometry"
    NULL = "null"


@dataclass(frozen=True, slots=True)
class Property:
    """A property.

    Attributes:
        name: in JSON.
        kind: what it is; GEOMETRY is GeoJSON.
        sql: its value; of a period, where it begins.
        end: where a period ends.
        number: of a JSON value that is often a number: the number, or NULL; else empty.
        optional: left out of answers while it is null, unless it is asked for.
        nullable: whether it may be null.
    """

    name: str
    kind: Kind
    sql: str
    end: str = ""
    number: str = ""
    optional: bool = False
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Navigation:
    """A relation to another entity set.

    Attributes:
        name: in addresses and JSON.
        target: name of the entity set.
        many: whether there may be several.
        link: condition that row `{c}` of the target belongs to row `{p}`.
        of: the same where only the id of the parent is known (`{id}`); empty: it is derived from `link`.
    """

    name: str
    target: str
    many: bool
    link: str
    of: str = ""


@dataclass(frozen=True, slots=True)
class EntitySet:
    """An entity set.

    Attributes:
        name: in addresses: `Things`.
        one: of a single entity: `Thing`.
        table: what its rows are read from.
        id: its id, as a whole number.
        order: expressions that give rows their stable order; the columns behind the id.
        properties, navigations: in the order of answers.
        key: condition that a row has the unique text `{key}`, which may stand in place of the id; empty: it has none.
    """

    name: str
    one: str
    table: str
    id: str
    order: tuple[Property, ...]
    properties: tuple[Property, ...]
    navigations: tuple[Navigation, ...]
    key: str = ""
    by_name: dict[str, Property] = field(init=False, compare=False, repr=False)
    relations: dict[str, Navigation] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {p.name: p for p in self.properties})
        object.__setattr__(self, "relations", {n.name: n for n in self.navigations})


ID: Final = "@iot.id"
SELF_LINK: Final = "@iot.selfLink"
ID_NAMES: Final = frozenset({"id", ID})
