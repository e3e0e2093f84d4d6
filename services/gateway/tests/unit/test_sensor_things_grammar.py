"""Reading paths and query options: what they mean, and where it is said that they mean nothing."""

from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fansipan_gateway.sensor_things.faults import BadSyntax
from fansipan_gateway.sensor_things.grammar.expressions import parse_filter, parse_orderby
from fansipan_gateway.sensor_things.grammar.options import parse_options
from fansipan_gateway.sensor_things.grammar.paths import parse_path, split_query
from fansipan_gateway.sensor_things.grammar.syntax import (
    Call,
    Expression,
    Geometry,
    Literal,
    Not,
    Operation,
    Options,
    Path,
    Period,
    ResultFormat,
)

_NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def _path(text: str) -> Path:
    return Path(tuple(text.split("/")))


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("result gt 5", Operation("gt", _path("result"), Literal(5))),
        ("result gt '3'", Operation("gt", _path("result"), Literal("3"))),
        ("result eq -2.5e3", Operation("eq", _path("result"), Literal(-2500.0))),
        ("name eq 'it''s'", Operation("eq", _path("name"), Literal("it's"))),
        ("resultTime eq null", Operation("eq", _path("resultTime"), Literal(None))),
        ("properties/on eq true", Operation("eq", _path("properties/on"), Literal(True))),
        ("properties/2020/a-b eq 1", Operation("eq", _path("properties/2020/a-b"), Literal(1))),
        ("phenomenonTime ge 2026-07-01T12:00:00Z", Operation("ge", _path("phenomenonTime"), Literal(_NOON))),
        (
            "phenomenonTime ge 2026-07-01T19:00:00+07:00",
            Operation("ge", _path("phenomenonTime"), Literal(_NOON)),
        ),
        (
            "phenomenonTime lt 2026-07-01T12:00:00Z/2026-07-01T13:00:00Z",
            Operation("lt", _path("phenomenonTime"), Literal(Period(_NOON, _NOON + timedelta(hours=1)))),
        ),
        (
            "phenomenonTime sub duration'P1DT2H' gt now()",
            Operation(
                "gt",
                Operation("sub", _path("phenomenonTime"), Literal(timedelta(days=1, hours=2))),
                Call("now", ()),
            ),
        ),
        (
            "date(time) eq 2026-07-01",
            Operation("eq", Call("date", (_path("time"),)), Literal(date(2026, 7, 1))),
        ),
        ("time(time) eq 12:30:00", Operation("eq", Call("time", (_path("time"),)), Literal(time(12, 30)))),
        (
            "geo.intersects(location, geography'POINT (104 22)')",
            Call("geo.intersects", (_path("location"), Literal(Geometry("POINT (104 22)")))),
        ),
        (
            "a eq 1 or b eq 2 and c eq 3",
            Operation(
                "or",
                Operation("eq", _path("a"), Literal(1)),
                Operation(
                    "and", Operation("eq", _path("b"), Literal(2)), Operation("eq", _path("c"), Literal(3))
                ),
            ),
        ),
        (
            "a sub 1 sub 2 mul 3 eq 0",
            Operation(
                "eq",
                Operation(
                    "sub",
                    Operation("sub", _path("a"), Literal(1)),
                    Operation("mul", Literal(2), Literal(3)),
                ),
                Literal(0),
            ),
        ),
        (
            "not (a eq 1) and b eq 2",
            Operation(
                "and",
                Not(Operation("eq", _path("a"), Literal(1))),
                Operation("eq", _path("b"), Literal(2)),
            ),
        ),
        (
            "id in (1,2)",
            Operation(
                "or", Operation("eq", _path("id"), Literal(1)), Operation("eq", _path("id"), Literal(2))
            ),
        ),
        ("@iot.id EQ 7", Operation("eq", _path("@iot.id"), Literal(7))),
    ],
)
def test_an_expression_is_read(text: str, meaning: Expression):
    assert parse_filter(text) == meaning


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("result gt", 10, "is wanted here, not the end"),
        ("result gt 5 5", 13, "and, or, a comparison or the end"),
        ("name eq 'open", 9, "does not end"),
        ("(result gt 5", 13, ") is wanted"),
        ("result # 5", 8, "'# 5' is not understood"),
        ("time ge 2026-02-31T00:00:00Z", 9, "day is out of range"),
        ("time ge 2026-07-01T00:00:00", 9, "append Z"),
        ("time lt 2026-07-02T00:00:00Z/2026-07-01T00:00:00Z", 9, "ends before it begins"),
        ("a eq duration'1 day'", 6, "a duration looks like"),
        ("a eq color'red'", 6, "there are no constants color"),
        ("(" * 50 + "a", 41, "nested deeper"),
        (" and ".join(["a eq 1"] * 150), None, "simplify"),
        ("a eq " + "9" * 60, 6, "too long"),
    ],
)
def test_a_mistake_is_shown_where_it_is(text: str, position: int | None, says: str):
    with pytest.raises(BadSyntax) as caught:
        parse_filter(text)
    assert says in caught.value.detail
    if position is not None:
        assert caught.value.extra["position"] == position
        assert f"character {position}:" in caught.value.detail


def test_sort_keys_are_read_with_their_directions():
    keys = parse_orderby("phenomenonTime DESC, properties/a asc,length(name)")
    assert [(key.expression, key.descending) for key in keys] == [
        (_path("phenomenonTime"), True),
        (_path("properties/a"), False),
        (Call("length", (_path("name"),)), False),
    ]


def _read(**given: str) -> Options:
    return parse_options([(f"${name}", value) for name, value in given.items()])


def test_options_of_a_request_are_read():
    options = _read(top="5", skip="2", count="TRUE", select="name,@iot.id", resultFormat="geojson")
    assert (options.top, options.skip, options.count) == (5, 2, True)
    assert options.select == ("name", "@iot.id")
    assert options.result_format is ResultFormat.GEO_JSON


def test_nested_expands_are_read_with_their_options():
    options = _read(
        expand="Things($select=name;$expand=Datastreams($top=10;$orderby=id desc;$expand=Observations("
        "$filter=result gt 5 and startswith(parameters/a,'x;(');$count=true)))"
    )
    (things,) = options.expand
    (datastreams,) = things.options.expand
    (observations,) = datastreams.options.expand
    assert [things.navigation, datastreams.navigation, observations.navigation] == [
        "Things",
        "Datastreams",
        "Observations",
    ]
    assert things.options.select == ("name",)
    assert datastreams.options.top == 10
    assert observations.options.count
    assert isinstance(observations.options.filter, Operation)


def test_slashes_expand_inside_and_what_they_share_is_expanded_once():
    options = _read(expand="Thing/Locations,Thing/Datastreams,Sensor")
    assert [(e.navigation, [i.navigation for i in e.options.expand]) for e in options.expand] == [
        ("Thing", ["Locations", "Datastreams"]),
        ("Sensor", []),
    ]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"top": "-1"}, "a whole number"),
        ({"top": "many"}, "a whole number"),
        ({"count": "perhaps"}, "true or false"),
        ({"resultFormat": "xml"}, "one of JSON, dataArray, CSV, GeoJSON"),
        ({"fliter": "a eq 1"}, "there is no option '$fliter'"),
        ({"expand": "Things($top=1"}, "is not closed"),
        ({"expand": "Things(top=1)"}, "an option is wanted here"),
        ({"expand": "Things($skiptoken=x)"}, "there is no option '$skiptoken'"),
        ({"expand": "A/B/C/D/E/F"}, "deeper than 5"),
        ({"expand": "Things($top=1),Things($top=2)"}, "expanded twice"),
        ({"expand": ",".join(f"A{i}" for i in range(30))}, "at most 25"),
        ({"select": "name,,id"}, "names of properties"),
        ({"filter": "a eq 1" + " " * 9000}, "longer than"),
    ],
)
def test_options_that_mean_nothing_are_refused(given: dict[str, str], says: str):
    with pytest.raises(BadSyntax) as caught:
        _read(**given)
    assert says in caught.value.detail


def test_an_option_given_twice_is_refused_and_what_is_no_option_is_left_alone():
    assert parse_options([("top", "5"), ("token", "x")]) == Options()
    with pytest.raises(BadSyntax, match="twice"):
        parse_options([("$top", "5"), ("$top", "6")])


def test_a_mistake_inside_an_expand_is_shown_in_the_whole_text():
    with pytest.raises(BadSyntax) as caught:
        _read(expand="Things($expand=Datastreams($filter=name eq ))")
    assert caught.value.extra == {"option": "$expand", "position": 44}


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", []),
        ("Things", [("Things", None)]),
        (
            "/Things(1)/Datastreams(2)/Observations/",
            [("Things", 1), ("Datastreams", 2), ("Observations", None)],
        ),
        (
            "Things('demo/it''s (1)')/name/$value",
            [("Things", "demo/it's (1)"), ("name", None), ("$value", None)],
        ),
        ("Observations(9223372036854775807)", [("Observations", 9223372036854775807)]),
    ],
)
def test_a_path_is_read(text: str, segments: list[tuple[str, Any]]):
    assert [(segment.name, segment.id) for segment in parse_path(text)] == segments


@pytest.mark.parametrize(
    "text", ["Things(", "Things(1)x", "Things(a)", "Things//name", "Things('a)", "a/" * 13 + "a"]
)
def test_what_is_no_path_is_refused(text: str):
    with pytest.raises(BadSyntax):
        parse_path(text)


def test_a_forgotten_question_mark_is_forgiven():
    assert split_query("Things('a&b')/Datastreams&$top=1&$skip=2") == (
        "Things('a&b')/Datastreams",
        "$top=1&$skip=2",
    )
    assert split_query("Things") == ("Things", "")


_SIGNS = st.sampled_from(list("()',/;=#é\\5"))
_WORDS = st.sampled_from(
    ["name", "result", "-1.5", "and", "or", "not", "eq", "in", "add", "geo.length", "$top=1"]
)
_CONSTANTS = st.sampled_from(["duration'P1D'", "2026-07-01T00:00:00Z", "null"])


@given(st.lists(_SIGNS | _WORDS | _CONSTANTS, max_size=20).map(" ".join))
def test_whatever_is_sent_is_read_or_refused(text: str):
    for read in (
        lambda: parse_filter(text),
        lambda: parse_orderby(text),
        lambda: parse_path(text),
        lambda: _read(expand=text),
        lambda: _read(select=text),
    ):
        with suppress(BadSyntax):
            read()
