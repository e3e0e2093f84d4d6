"""Functions that are a pattern of SQL. `{0}` is the first argument."""

from dataclasses import dataclass
from typing import Final

from fansipan_gateway.sensor_things.model.entity import Kind

_TEXT: Final = Kind.TEXT
_NUMBER: Final = Kind.NUMBER
_AT_UTC: Final = "({0} AT TIME ZONE 'UTC')"
# positions and lengths that fit, whatever was computed
_COUNT: Final = "least(greatest(floor(({{{0}}})::float8), 0), 1000000000)::int"
_SECOND: Final = f"extract(second FROM {_AT_UTC})"


@dataclass(frozen=True, slots=True)
class Function:
    """A function: what it takes, gives, and how it is written."""

    takes: tuple[Kind, ...]
    gives: Kind
    sql: str


def _part(field: str) -> Function:
    return Function((Kind.INSTANT,), _NUMBER, f"extract({field} FROM {_AT_UTC})::int")


FUNCTIONS: Final[dict[str, tuple[Function, ...]]] = {
    "substringof": (Function((_TEXT, _TEXT), Kind.BOOL, "(strpos({1}, {0}) > 0)"),),
    "contains": (Function((_TEXT, _TEXT), Kind.BOOL, "(strpos({0}, {1}) > 0)"),),
    "startswith": (Function((_TEXT, _TEXT), Kind.BOOL, "starts_with({0}, {1})"),),
    "endswith": (Function((_TEXT, _TEXT), Kind.BOOL, "(right({0}, length({1})) = {1})"),),
    "length": (Function((_TEXT,), _NUMBER, "length({0})"),),
    "indexof": (Function((_TEXT, _TEXT), _NUMBER, "(strpos({0}, {1}) - 1)"),),
    "substring": (
        Function((_TEXT, _NUMBER), _TEXT, f"substr({{0}}, {_COUNT.format(1)} + 1)"),
        Function(
            (_TEXT, _NUMBER, _NUMBER), _TEXT, f"substr({{0}}, {_COUNT.format(1)} + 1, {_COUNT.format(2)})"
        ),
    ),
    "tolower": (Function((_TEXT,), _TEXT, "lower({0})"),),
    "toupper": (Function((_TEXT,), _TEXT, "upper({0})"),),
    "trim": (Function((_TEXT,), _TEXT, "btrim({0})"),),
    "concat": (Function((_TEXT, _TEXT), _TEXT, "({0} || {1})"),),
    "round": (Function((_NUMBER,), _NUMBER, "round(({0})::float8)"),),
    "floor": (Function((_NUMBER,), _NUMBER, "floor(({0})::float8)"),),
    "ceiling": (Function((_NUMBER,), _NUMBER, "ceiling(({0})::float8)"),),
    "year": (_part("year"), Function((Kind.DATE,), _NUMBER, "extract(year FROM {0})::int")),
    "month": (_part("month"), Function((Kind.DATE,), _NUMBER, "extract(month FROM {0})::int")),
    "day": (_part("day"), Function((Kind.DATE,), _NUMBER, "extract(day FROM {0})::int")),
    "hour": (_part("hour"), Function((Kind.TIME,), _NUMBER, "extract(hour FROM {0})::int")),
    "minute": (_part("minute"), Function((Kind.TIME,), _NUMBER, "extract(minute FROM {0})::int")),
    "second": (
        Function((Kind.INSTANT,), _NUMBER, f"floor({_SECOND})::int"),
        Function((Kind.TIME,), _NUMBER, "floor(extract(second FROM {0}))::int"),
    ),
    "fractionalseconds": (Function((Kind.INSTANT,), _NUMBER, f"({_SECOND} % 1)::float8"),),
    "date": (Function((Kind.INSTANT,), Kind.DATE, f"{_AT_UTC}::date"),),
    "time": (Function((Kind.INSTANT,), Kind.TIME, f"{_AT_UTC}::time"),),
    "totaloffsetminutes": (Function((Kind.INSTANT,), _NUMBER, "(CASE WHEN {0} IS NOT NULL THEN 0 END)"),),
}

# Each of two times or periods, by where they begin and end: {a} to {b}, and {c} to {d}. A period holds its begin and
# not its end; where both are periods they may end together.
RELATIONS_IN_TIME: Final = {
    "before": "({b} < {c})",
    "after": "({a} > {d})",
    "meets": "({b} = {c} OR {d} = {a})",
    "starts": "({a} = {c})",
    "finishes": "({b} = {d})",
    "during": "({a} >= {c} AND ({b} < {d} OR ({b} = {d} AND {a} < {b})))",
    "overlaps": "(({a} < {d} AND {c} < {b}) OR ({a} = {b} AND {a} >= {c} AND {a} < {d})"
    " OR ({c} = {d} AND {c} >= {a} AND {c} < {b}) OR ({a} = {b} AND {c} = {d} AND {a} = {c}))",
}
NAMES: Final = frozenset({*FUNCTIONS, *RELATIONS_IN_TIME, "now", "mindatetime", "maxdatetime"})
