"""Generated requests with nested `$expand`, and what they mean, evaluated in Python on a world in memory."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from hypothesis import strategies as st
from tests.support import sensor_things_expressions as expressions
from tests.support.sensor_things_evaluator import holds, sort_values

from fansipan_gateway.sensor_things.grammar.syntax import Expand, Options, OrderKey
from fansipan_gateway.sensor_things.model.entity import ID, SELF_LINK
from fansipan_gateway.sensor_things.model.sets import SETS, target_of

MOST_ROWS: Final = 250_000
"""Rows that one level of a request may read."""
_TOP: Final = 100
_INNER_TOP: Final = 25
_MOST: Final = 1_000
_MOST_OBSERVATIONS: Final = 10_000
Texts = st.SearchStrategy[str]
Get = Callable[..., Awaitable[Any]]


# ---------------------------------------------------------------- generated requests
_COMPARISONS: Final = st.sampled_from(["eq", "ne", "gt", "ge", "lt", "le"])
_WORDS: Final = st.sampled_from(
    [
        "'Trạm một'",
        "'here'",
        "'Point'",
        "'Rich'",
        "'river'",
        "''",
        "'it''s (ok); a,b'",
        "'Elsewhere (3)'",
        "'M'",
        "'s'",
    ]
)
_NUMBERS: Final = st.sampled_from(["0", "1", "2", "2.5", "12.5", "3", "-1"])
_OF_TEXT: Final = {
    "Things": ["name", "description", "properties/commune", "properties/deep/er"],
    "Locations": ["name", "description", "encodingType", "location/type"],
    "Datastreams": ["name", "unitOfMeasurement/symbol", "Thing/name", "Sensor/name", "ObservedProperty/name"],
    "Sensors": ["name", "metadata", "encodingType"],
    "ObservedProperties": ["name", "definition", "description"],
    "FeaturesOfInterest": ["name", "description", "feature/type"],
    "HistoricalLocations": ["Thing/name", "Thing/properties/commune"],
}
_OF_NUMBER: Final = {
    "Things": ["id", "properties/height"],
    "Datastreams": ["id", "properties/rank", "Thing/id", "Thing/properties/height"],
    "HistoricalLocations": ["id", "Thing/id"],
    "Locations": ["id", "properties/a"],
}
_MOMENTS: Final = st.sampled_from(["2026-06-21T00:00:00Z", "2026-07-03T00:00:00Z", "2026-07-02T12:00:00Z"])


def _joined(*parts: Texts) -> Texts:
    return st.tuples(*parts).map(" ".join)


def _conditions(name: str) -> Texts:
    simple = [
        _joined(st.sampled_from(_OF_NUMBER.get(name, ["id"])), _COMPARISONS, _NUMBERS),
        _joined(st.just("id"), _COMPARISONS, _NUMBERS),
        _joined(st.just("id in (1,3)")),
    ]
    if texts := _OF_TEXT.get(name):
        simple += [
            _joined(st.sampled_from(texts), _COMPARISONS, _WORDS),
            st.tuples(st.sampled_from(texts), _WORDS).map(lambda two: f"startswith({two[0]},{two[1]})"),
            st.tuples(_WORDS, st.sampled_from(texts)).map(lambda two: f"substringof({two[0]},{two[1]})"),
            _joined(st.sampled_from(texts), st.sampled_from(["eq null", "ne null"])),
        ]
    if name == "HistoricalLocations":
        simple.append(_joined(st.just("time"), _COMPARISONS, _MOMENTS))
    return st.recursive(
        st.one_of(simple),
        lambda inner: st.one_of(
            _joined(inner, st.sampled_from(["and", "or"]), inner).map(lambda both: f"({both})"),
            inner.map(lambda one: f"not ({one})"),
        ),
        max_leaves=3,
    )


def _orders(name: str) -> Texts:
    keys = ["id", *(path for path in _OF_TEXT.get(name, []) if "deep" not in path), *_OF_NUMBER.get(name, [])]
    one = _joined(st.sampled_from(keys), st.sampled_from(["asc", "desc", "ASC", ""])).map(str.strip)
    return st.lists(one, min_size=1, max_size=2).map(",".join)


_FILTERS: Final = {
    name: expressions.filters if name == "Observations" else _conditions(name) for name in SETS
}
_ORDERS: Final = {name: expressions.orders if name == "Observations" else _orders(name) for name in SETS}


def _selects(name: str, expanded: Sequence[str]) -> Texts:
    entities = SETS[name]
    names = [
        "id",
        "@iot.id",
        SELF_LINK,
        "*",
        *entities.by_name,
        *set(entities.relations).difference(expanded),
    ]
    return st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True).map(",".join)


@st.composite
def options(draw: st.DrawFn, name: str, depth: int, inner: bool = True) -> dict[str, str]:
    """Options for an entity set, expanded so many levels further at most."""
    found: dict[str, str] = {}
    if depth and draw(st.integers(0, 3)):
        relations = draw(
            st.lists(st.sampled_from(sorted(SETS[name].relations)), min_size=1, max_size=2, unique=True)
        )
        found["$expand"] = ",".join(draw(_expands(name, relation, depth - 1)) for relation in relations)
    wanted = draw(
        st.sets(st.sampled_from(["filter", "orderby", "select", "top", "skip", "count"]), max_size=4)
    )
    if "filter" in wanted:
        found["$filter"] = draw(_FILTERS[name])
    if "orderby" in wanted:
        found["$orderby"] = draw(_ORDERS[name])
    if "select" in wanted:
        found["$select"] = draw(
            _selects(name, [each.partition("(")[0] for each in found.get("$expand", "").split(",")])
        )
    if "top" in wanted:
        found["$top"] = draw(
            st.sampled_from(["0", "1", "2", "3", "5"] if inner else ["0", "1", "2", "3", "5", "40"])
        )
    if "skip" in wanted:
        found["$skip"] = draw(st.sampled_from(["0", "1", "2", "7"]))
    if "count" in wanted:
        found["$count"] = draw(st.sampled_from(["true", "false"]))
    return found


@st.composite
def _expands(draw: st.DrawFn, name: str, relation: str, depth: int) -> str:
    inner = draw(options(target_of(SETS[name].relations[relation]).name, depth))
    return f"{relation}({';'.join(f'{key}={value}' for key, value in inner.items())})" if inner else relation


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, dict[str, str]]:
    """An entity set and options for it, with up to three levels expanded."""
    name = draw(st.sampled_from(sorted(SETS)))
    return name, draw(options(name, 3, inner=False))


@st.composite
def nonsense(draw: st.DrawFn, depth: int = 6) -> str:
    """Texts of `$expand` most of which make no sense: unknown relations, unknown options, too deep, too much."""
    names = st.sampled_from(
        [*SETS, "Thing", "Datastream", "FeatureOfInterest", "Nothing", "*", "", "Thing/Locations"]
    )
    values = st.one_of(
        st.sampled_from(
            ["0", "1", "-1", "1000", "999999999", "true", "maybe", "", "*", "name", "id desc", "result"]
        ),
        expressions.anything,
    )
    keys = st.sampled_from(
        [
            "$filter",
            "$orderby",
            "$top",
            "$skip",
            "$count",
            "$select",
            "$levels",
            "$skiptoken",
            "$resultFormat",
            "top",
        ]
    )
    inner = [f"{draw(keys)}={draw(values)}" for _ in range(draw(st.integers(0, 2)))]
    if depth and draw(st.booleans()):
        inner.append("$expand=" + draw(nonsense(depth - 1)))
    one = draw(names) + (f"({';'.join(inner)})" if inner or draw(st.booleans()) else "")
    return one if draw(st.integers(0, 3)) else f"{one},{draw(names)}"


# ---------------------------------------------------------------- the world in memory
@dataclass
class Memory:
    """All entities as JSON, with all of their properties, and which belong to which.

    Attributes:
        shown: as a plain GET shows them.
        nulls: names of properties that are left out while they are null.
        related: (set, id, relation) to ids.
        nested: for filters: with the single entities they belong to inside.
    """

    shown: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    nulls: dict[tuple[str, int], list[str]] = field(default_factory=dict)
    related: dict[tuple[str, int, str], list[int]] = field(default_factory=dict)
    nested: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)

    def ids(self, name: str) -> list[int]:
        """Of a whole entity set."""
        return [found for entities, found in self.shown if entities == name]


async def remember(get: Get) -> Memory:
    """The world, by plain requests for whole sets and for references, none of which expands anything."""
    memory = Memory()
    for name, entities in SETS.items():
        for entity in (await get(f"/{name}", top=1_000))["value"]:
            key = name, entity[ID]
            memory.shown[key] = entity
            memory.nulls[key] = [each for each in entities.by_name if each not in entity]
            for relation, navigation in entities.relations.items():
                path = f"/{name}({entity[ID]})/{relation}/$ref"
                found = await get(path, top=1_000) if navigation.many else await get(path)
                links = (
                    [each[SELF_LINK] for each in found["value"]] if navigation.many else [found[SELF_LINK]]
                )
                memory.related[*key, relation] = [int(link.rpartition("(")[2].rstrip(")")) for link in links]
    for key in memory.shown:
        memory.nested[key] = _nest(memory, key)
    return memory


def _nest(memory: Memory, key: tuple[str, int]) -> dict[str, Any]:
    name, found = key
    entity = {**dict.fromkeys(memory.nulls[key]), **memory.shown[key]}
    for relation, navigation in SETS[name].relations.items():
        if not navigation.many:
            entity[relation] = _nest(memory, (navigation.target, memory.related[name, found, relation][0]))
    return entity


def rows_read(name: str, wanted: Options, around: int = 1, *, inner: bool = False, many: bool = True) -> int:
    """Rows that the deepest level of a request may read, by its own and all the limits around it."""
    most = _MOST_OBSERVATIONS if name == "Observations" and not inner else _MOST
    top = min((_INNER_TOP if inner else _TOP) if wanted.top is None else wanted.top, most) if many else 1
    rows = around * max(top, 1)
    return max(
        [rows]
        + [
            rows_read(navigation.target, expand.options, rows, inner=True, many=navigation.many)
            for expand in wanted.expand
            if (navigation := SETS[name].relations[expand.navigation])
        ]
    )


def page_of(memory: Memory, name: str, wanted: Options) -> dict[str, Any]:
    """The answer to a request for an entity set; in place of next links, whether there is one."""
    top = _TOP if wanted.top is None else wanted.top
    count, shown, more = _chosen(memory, name, memory.ids(name), wanted, top)
    page: dict[str, Any] = {"value": shown}
    if wanted.count:
        page["@iot.count"] = count
    if more:
        page["@iot.nextLink"] = True
    return page


def _chosen(
    memory: Memory, name: str, ids: Sequence[int], wanted: Options, top: int
) -> tuple[int, list[dict[str, Any]], bool]:
    """How many pass, those that are shown, and whether more follow."""
    passing = [
        found
        for found in sorted(ids)
        if wanted.filter is None or holds(wanted.filter, memory.nested[name, found])
    ]
    ordered = _sorted(memory, name, passing, wanted.orderby)
    rest = ordered[wanted.skip :]
    shown = [_entity(memory, name, found, wanted) for found in rest[:top]]
    return len(passing), shown, bool(top) and len(rest) > top


def _sorted(memory: Memory, name: str, ids: Sequence[int], keys: Sequence[OrderKey]) -> list[int]:
    ordered = list(ids)
    for key in reversed(keys):
        values = {found: sort_values(key.expression, memory.nested[name, found]) for found in ordered}
        for place in reversed(range(len(next(iter(values.values()), [])))):
            ordered.sort(
                key=lambda found, values=values, place=place: (
                    values[found][place] is not None,
                    values[found][place] if values[found][place] is not None else 0,
                ),
                reverse=key.descending,
            )
    return ordered


def _entity(memory: Memory, name: str, found: int, wanted: Options) -> dict[str, Any]:
    key = name, found
    expanded = {expand.navigation for expand in wanted.expand}
    entity = _selected(memory, key, wanted.select, expanded)
    for expand in wanted.expand:
        entity |= _inline(memory, key, expand)
    return entity


def _selected(
    memory: Memory, key: tuple[str, int], names: Sequence[str] | None, expanded: set[str]
) -> dict[str, Any]:
    whole, entities = memory.shown[key], SETS[key[0]]
    links = {f"{relation}@iot.navigationLink": relation for relation in entities.relations}
    if names is None:
        return {name: value for name, value in whole.items() if links.get(name) not in expanded}
    chosen = set(names)
    every = "*" in chosen
    kept = {
        name: value
        for name, value in whole.items()
        if (name in entities.by_name and (every or name in chosen))
        or (name == ID and (every or chosen & {"id", ID}))
        or (name == SELF_LINK and (every or name in chosen))
        or (name in links and links[name] in chosen - expanded)
    }
    return kept if every else {**kept, **{name: None for name in memory.nulls[key] if name in chosen}}


def _inline(memory: Memory, key: tuple[str, int], expand: Expand) -> Mapping[str, Any]:
    relation, wanted = expand.navigation, expand.options
    navigation = SETS[key[0]].relations[relation]
    top = (_INNER_TOP if wanted.top is None else wanted.top) if navigation.many else 1
    count, shown, more = _chosen(memory, navigation.target, memory.related[*key, relation], wanted, top)
    if not navigation.many:
        return {relation: shown[0] if shown else None}
    found: dict[str, Any] = {relation: shown}
    if wanted.count:
        found[f"{relation}@iot.count"] = count
    if more:
        found[f"{relation}@iot.nextLink"] = True
    return found


def without_addresses(answer: Any) -> Any:
    """An answer with `True` in place of next links."""
    if isinstance(answer, list):
        return [without_addresses(item) for item in answer]
    if not isinstance(answer, dict):
        return answer
    return {
        name: True if name.endswith("@iot.nextLink") else without_addresses(value)
        for name, value in answer.items()
    }
