"""Generated texts of `$filter` and `$orderby` about observations: well typed ones, and anything."""

from datetime import timedelta

from hypothesis import strategies as st
from tests.support.sensor_things_world import START

Texts = st.SearchStrategy[str]


def _call(name: str, *arguments: Texts) -> Texts:
    return st.tuples(*arguments).map(lambda given: f"{name}({','.join(given)})")


def _infix(left: Texts, operators: list[str], right: Texts) -> Texts:
    return st.tuples(left, st.sampled_from(operators), right).map(lambda given: f"({' '.join(given)})")


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


_COMPARISONS = ["eq", "ne", "gt", "ge", "lt", "le"]
_JSON_NUMBERS = st.sampled_from(
    ["result", "Datastream/properties/rank", "Datastream/Thing/properties/height", "parameters/battery"]
)
_JSON_TEXTS = st.sampled_from(["result", "Datastream/unitOfMeasurement/symbol", "parameters/mode"])
_PLAIN_TEXTS = st.sampled_from(
    [
        "resultQuality",
        "Datastream/name",
        "Datastream/Thing/name",
        "Datastream/Sensor/name",
        "FeatureOfInterest/name",
    ]
)
_NUMBERS = st.one_of(
    st.integers(-20, 20).map(str),
    st.integers(-200, 200).map(lambda tenths: str(tenths / 10)),
    st.just("100.5"),
)
_TEXTS = st.sampled_from(
    ["", "a", "m", "Nắng", "it's (ok)", "7.5", "10", "3", "true", "good", "Trạm", "here", " x ", "Rich", "1"]
).map(_quote)
_MOMENTS = st.integers(-3, 70).map(
    lambda days: (START + timedelta(hours=7 * days)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
)
_DURATIONS = st.sampled_from(["duration'PT1H'", "duration'P1DT30M'", "duration'-PT0.137S'", "duration'P9D'"])
_TIMES = st.sampled_from(["phenomenonTime", "resultTime"])
_PERIODS = st.tuples(_MOMENTS, _MOMENTS).map(lambda both: "/".join(sorted(both)))

texts: Texts = st.recursive(
    st.one_of(_PLAIN_TEXTS, _TEXTS),
    lambda inner: st.one_of(
        _call("tolower", inner),
        _call("toupper", inner),
        _call("trim", inner),
        _call("concat", st.one_of(inner, _JSON_TEXTS), inner),
        _call("substring", inner, _NUMBERS),
        _call("substring", inner, _NUMBERS, st.integers(-2, 5).map(str)),
    ),
    max_leaves=4,
)
times: Texts = st.one_of(
    _TIMES,
    _MOMENTS,
    _infix(_TIMES, ["add", "sub"], _DURATIONS),
)
numbers: Texts = st.recursive(
    st.one_of(
        _JSON_NUMBERS,
        _NUMBERS,
        _call("length", st.one_of(texts, _JSON_TEXTS)),
        _call("indexof", texts, _TEXTS),
        *(_call(name, times) for name in ("year", "month", "day", "hour", "minute", "second")),
        _call("fractionalseconds", _TIMES),
        _call("totaloffsetminutes", _TIMES),
    ),
    lambda inner: st.one_of(
        _infix(inner, ["add", "sub", "mul", "div", "mod"], inner),
        *(_call(name, inner) for name in ("round", "floor", "ceiling")),
    ),
    max_leaves=4,
)
_flags: Texts = st.one_of(
    st.sampled_from(["true", "false", "Datastream/Thing/properties/on", "result eq true", "result ne false"]),
    _infix(numbers, _COMPARISONS, numbers),
    _infix(st.one_of(texts, _JSON_TEXTS), _COMPARISONS, texts),
    _infix(texts, _COMPARISONS, _JSON_TEXTS),
    _infix(times, _COMPARISONS, times),
    _infix(_TIMES, _COMPARISONS, _PERIODS),
    _infix(st.just("Datastream/phenomenonTime"), _COMPARISONS, st.one_of(_MOMENTS, _PERIODS, _TIMES)),
    _infix(_infix(_TIMES, ["sub"], _TIMES), _COMPARISONS, _DURATIONS),
    _infix(_call("date", times), _COMPARISONS, st.sampled_from(["2026-07-01", "2026-07-03", "2020-02-29"])),
    _infix(_call("date", _TIMES), _COMPARISONS, st.sampled_from(["2026-07-01", "2026-07-05", "2026-07-20"])),
    _infix(_call("year", _TIMES), _COMPARISONS, st.sampled_from(["2026", "2025", "2026.5"])),
    _infix(st.sampled_from(["2026", "2027"]), _COMPARISONS, _call("year", _TIMES)),
    _infix(_call("time", times), _COMPARISONS, st.sampled_from(["00:00:00", "05:00:00", "12:30:01.5"])),
    _infix(st.one_of(_JSON_NUMBERS, _JSON_TEXTS, _PLAIN_TEXTS, _TIMES), ["eq", "ne"], st.just("null")),
    _infix(
        st.just("id"), _COMPARISONS, st.sampled_from(["6180910511104", "14977003533312", "0", "-1", "1e30"])
    ),
    *(
        _call(
            name, st.one_of(times, _PERIODS, st.just("Datastream/phenomenonTime")), st.one_of(_PERIODS, times)
        )
        for name in ("before", "after", "meets", "during", "overlaps", "starts", "finishes")
    ),
    *(_call(name, st.one_of(texts, _JSON_TEXTS), _TEXTS) for name in ("startswith", "endswith", "contains")),
    _call("substringof", _TEXTS, st.one_of(texts, _JSON_TEXTS)),
)
filters: Texts = st.recursive(
    _flags,
    lambda inner: st.one_of(_infix(inner, ["and", "or"], inner), inner.map(lambda one: f"not ({one})")),
    max_leaves=6,
)
orders: Texts = st.lists(
    st.tuples(
        st.one_of(
            numbers.filter(lambda text: any(c.isalpha() for c in text)),
            _PLAIN_TEXTS,
            _TIMES,
            _JSON_TEXTS,
            st.just("id"),
        ),
        st.sampled_from(["", " asc", " desc"]),
    ).map("".join),
    min_size=1,
    max_size=3,
).map(",".join)

_ATOMS = st.one_of(
    _NUMBERS, _TEXTS, _MOMENTS, _PERIODS, _DURATIONS, _TIMES, _PLAIN_TEXTS, _JSON_TEXTS, st.just("null"),
    st.sampled_from(["Datastream", "Datastream/Thing", "unknown", "result/a/b", "geography'POINT (1 2)'", "now()"]),
    st.sampled_from(["9" * 30, "1e300", "-1e-300", "0", "geography'nonsense'", "FeatureOfInterest/feature"]),
)  # fmt: skip
anything: Texts = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        _infix(inner, [*_COMPARISONS, "and", "or", "add", "sub", "mul", "div", "mod"], inner),
        inner.map(lambda one: f"not ({one})"),
        *(
            _call(name, inner, inner)
            for name in (
                "startswith",
                "substring",
                "year",
                "during",
                "geo.distance",
                "st_within",
                "concat",
                "x",
            )
        ),
        *(_call(name, inner) for name in ("round", "length", "tolower", "date", "geo.length", "now")),
    ),
    max_leaves=8,
)
"""Most of it makes no sense."""
