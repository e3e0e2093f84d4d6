"""How time is cut into intervals of a calendar, what a filter says about time, and what is read for it."""

import bisect
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fansipan_gateway.sensor_things.aggregates.domain import Level, pieces_of
from fansipan_gateway.sensor_things.aggregates.intervals import (
    Interval,
    TooManyIntervals,
    edges_of,
    parse_interval,
)
from fansipan_gateway.sensor_things.aggregates.parameters import parse_wanted
from fansipan_gateway.sensor_things.faults import BadQuery, BadSyntax
from fansipan_gateway.sensor_things.grammar.expressions import parse_filter
from fansipan_gateway.sensor_things.planner.reach import Reach, reach_of

_ZONES = [
    "Asia/Ho_Chi_Minh",
    "UTC",
    "Europe/Paris",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour is repeated
    "America/Havana",  # midnight comes twice
    "America/Asuncion",  # midnight is skipped, and the hour before it comes twice
    "Asia/Kathmandu",
    "America/St_Johns",
    "Pacific/Apia",  # 30 December 2011 is missing
    "Africa/Casablanca",
]
_INTERVALS = [
    "PT5M", "PT10M", "PT15M", "PT30M", "PT1H", "PT2H", "PT3H", "PT6H", "PT12H", "P1D", "P3D", "P1W", "P1M",
    "P3M", "P1Y",
]  # fmt: skip


def _key(moment: datetime, zone: ZoneInfo, interval: Interval) -> Any:
    """Which interval a time is in, by what a clock on the wall shows."""
    local = moment.astimezone(zone)
    if interval.months:
        return (local.year * 12 + local.month - 1) // interval.months
    if interval.days:
        return (local.toordinal() - 1) // interval.days
    again = local.fold
    first, second = local.replace(fold=0).utcoffset(), local.replace(fold=1).utcoffset()
    assert first is not None
    assert second is not None
    if timedelta(seconds=interval.seconds) > first - second:
        again = 0  # longer than what is repeated
    return local.date(), (local.hour * 3600 + local.minute * 60 + local.second) // interval.seconds, again


@settings(max_examples=400, deadline=None)
@given(
    zone=st.sampled_from(_ZONES).map(ZoneInfo),
    interval=st.sampled_from(_INTERVALS).map(parse_interval),
    start=st.integers(0, 22 * 365 * 24 * 60).map(
        lambda m: datetime(2005, 1, 1, tzinfo=UTC) + timedelta(minutes=m)
    ),
    minutes=st.integers(1, 5 * 24 * 60),
    times=st.lists(st.floats(0, 1, exclude_max=True), min_size=2, max_size=60),
)
def test_an_interval_holds_what_a_clock_on_the_wall_says(
    zone: ZoneInfo, interval: Interval, start: datetime, minutes: int, times: list[float]
):
    span = timedelta(minutes=minutes * (1 if interval.seconds else 200))
    end = start + span
    edges = edges_of(interval, zone, start, end, at_most=100_000)
    assert (edges[0], edges[-1]) == (start, end)
    assert edges == sorted(set(edges))
    moments = sorted(start + timedelta(seconds=int(time * span.total_seconds())) for time in times)
    for one, other in itertools.pairwise(moments):
        together = bisect.bisect_right(edges, one) == bisect.bisect_right(edges, other)
        assert together == (_key(one, zone, interval) == _key(other, zone, interval)), (one, other)


def _local(zone: str, interval: str, start: str, end: str) -> list[str]:
    found = edges_of(
        parse_interval(interval),
        ZoneInfo(zone),
        datetime.fromisoformat(start).astimezone(UTC),
        datetime.fromisoformat(end).astimezone(UTC),
        at_most=100,
    )
    return [edge.astimezone(ZoneInfo(zone)).strftime("%dT%H:%M%z") for edge in found]


def test_the_day_clocks_go_back_has_25_hours_and_one_of_them_twice():
    hours = _local("Europe/Paris", "PT1H", "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00")
    assert len(hours) - 1 == 25
    assert hours[2:5] == ["25T02:00+0200", "25T02:00+0100", "25T03:00+0100"]
    assert _local("Europe/Paris", "PT6H", "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00") == [
        "25T00:00+0200", "25T06:00+0100", "25T12:00+0100", "25T18:00+0100", "26T00:00+0100",
    ]  # fmt: skip


def test_the_day_clocks_go_forward_has_23_hours():
    hours = _local("Europe/Paris", "PT1H", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00")
    assert len(hours) - 1 == 23
    assert hours[1:4] == ["29T01:00+0100", "29T03:00+0200", "29T04:00+0200"]


def test_weeks_begin_on_monday_quarters_in_january_and_ends_are_cut():
    assert _local("Asia/Ho_Chi_Minh", "P1W", "2026-07-01T05:00:00+07:00", "2026-07-14T00:00:00+07:00") == [
        "01T05:00+0700", "06T00:00+0700", "13T00:00+0700", "14T00:00+0700",
    ]  # fmt: skip
    quarters = edges_of(
        parse_interval("P3M"),
        UTC,
        datetime(2025, 12, 31, tzinfo=UTC),
        datetime(2026, 8, 1, tzinfo=UTC),
        at_most=9,
    )
    assert [(edge.month, edge.day) for edge in quarters] == [(12, 31), (1, 1), (4, 1), (7, 1), (8, 1)]


def test_too_many_intervals_end_soon():
    with pytest.raises(TooManyIntervals):
        edges_of(
            parse_interval("PT1S"),
            ZoneInfo("Europe/Paris"),
            datetime(1900, 1, 1, tzinfo=UTC),
            datetime(2199, 1, 1, tzinfo=UTC),
            at_most=10_000,
        )


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "P1DT1H", "PT7H", "PT0S", "P0D", "1H", "PT1.5H", "P-1D", "PT36H", "P1Y1M", "P9999Y"],
)
def test_intervals_that_are_none(text: str):
    with pytest.raises(ValueError, match=r".+"):
        parse_interval(text)


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("PT1M", Interval(seconds=60)),
        ("PT1H30M", Interval(seconds=5_400)),
        ("PT24H", Interval(days=1)),
        ("P2W", Interval(days=14)),
        ("P1Y", Interval(months=12)),
    ],
)
def test_intervals(text: str, interval: Interval):
    assert parse_interval(text) == interval


# ---------------------------------------------------------------- what is read
def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


_LEVELS = (Level.DAY, Level.HOUR, Level.MINUTE)


def test_days_of_the_province_are_read_from_days_and_ends_from_finer_ones():
    edges = [_at("2026-07-01T22:58:30+07:00"), _at("2026-07-02T00:00+07:00"), _at("2026-07-03T00:00+07:00"),
             _at("2026-07-03T01:00:00.001+07:00")]  # fmt: skip
    found = [(piece.level, piece.start, piece.end) for piece in pieces_of(edges, _LEVELS)]
    assert found == [
        (Level.RAW, edges[0], _at("2026-07-01T22:59+07:00")),
        (Level.MINUTE, _at("2026-07-01T22:59+07:00"), _at("2026-07-01T23:00+07:00")),
        (Level.HOUR, _at("2026-07-01T23:00+07:00"), edges[1]),
        (Level.DAY, edges[1], edges[2]),
        (Level.HOUR, edges[2], _at("2026-07-03T01:00+07:00")),
        (Level.RAW, _at("2026-07-03T01:00+07:00"), edges[3]),
    ]


@pytest.mark.parametrize(
    ("edges", "level"),
    [
        (["2026-07-01T00:00Z", "2026-07-02T00:00Z", "2026-07-05T00:00Z"], Level.HOUR),  # days elsewhere
        (["2026-07-01T00:15Z", "2026-07-01T00:30Z", "2026-07-01T00:45Z"], Level.MINUTE),
        (["2026-07-01T00:00:00Z", "2026-07-01T00:00:30Z", "2026-07-01T00:01:00Z"], Level.RAW),
    ],
)
def test_an_edge_that_cuts_a_rollup_rules_it_out(edges: list[str], level: Level):
    assert {piece.level for piece in pieces_of([_at(edge) for edge in edges], _LEVELS)} == {level}


@settings(max_examples=200)
@given(
    starts=st.lists(st.integers(0, 400_000), min_size=2, max_size=6, unique=True).map(sorted),
    unit=st.sampled_from([1, 60, 3_600, 86_400]),
)
def test_pieces_are_the_whole_range_without_gaps(starts: list[int], unit: int):
    edges = [_at("2026-06-30T17:00Z") + timedelta(seconds=number * unit) for number in starts]
    pieces = pieces_of(edges, _LEVELS)
    assert (pieces[0].start, pieces[-1].end) == (edges[0], edges[-1])
    assert all(one.end == other.start for one, other in itertools.pairwise(pieces))
    for piece in pieces:
        length = {"rollup_1d": 86_400, "rollup_1h": 3_600, "rollup_1m": 60}.get(piece.level.value, 1)
        assert all((edge - piece.start).total_seconds() % length == 0
                   for edge in edges if piece.start <= edge <= piece.end)  # fmt: skip


# ---------------------------------------------------------------- what a filter says
_NOW = _at("2026-07-10T00:00Z")


@pytest.mark.parametrize(
    ("text", "reach"),
    [
        ("phenomenonTime ge 2026-07-01T00:00:00Z", Reach(_at("2026-07-01T00:00Z"), None)),
        ("phenomenonTime gt '2026-07-01T00:00:00Z'", Reach(_at("2026-07-01T00:00:00.001Z"), None)),
        (
            "2026-07-01T00:00:00Z le phenomenonTime and phenomenonTime le 2026-07-02T00:00:00Z",
            Reach(_at("2026-07-01T00:00Z"), _at("2026-07-02T00:00:00.001Z")),
        ),
        (
            "phenomenonTime gt now() sub duration'P1D' and phenomenonTime lt now()",
            Reach(_at("2026-07-09T00:00:00.001Z"), _NOW),
        ),
        (
            "during(phenomenonTime,2026-07-01T00:00:00Z/2026-07-03T00:00:00Z)"
            " and phenomenonTime lt 2026-07-02T00:00:00Z",
            Reach(_at("2026-07-01T00:00Z"), _at("2026-07-02T00:00Z")),
        ),
        (
            "phenomenonTime ge 2026-07-01T00:00:00Z and result gt 3",
            Reach(_at("2026-07-01T00:00Z"), None, False),
        ),
        ("phenomenonTime ge 2026-07-01T00:00:00Z or result gt 3", Reach(None, None, False)),
        ("not (phenomenonTime ge 2026-07-01T00:00:00Z)", Reach(None, None, False)),
        ("phenomenonTime gt now() sub duration'P999999D'", Reach(None, None, False)),
    ],
)
def test_a_filter_says_from_when_to_when(text: str, reach: Reach):
    assert reach_of(parse_filter(text), _NOW) == reach


@pytest.mark.parametrize(
    "given_",
    [
        {},
        {"interval": "PT7H"},
        {"interval": "PT1H", "functions": "median"},
        {"interval": "PT1H", "functions": ""},
        {"interval": "PT1H", "timeZone": "Mars/Base"},
        {"interval": "PT1H", "timeZone": "../../etc/passwd"},
        {"interval": "PT1H", "timeZone": ""},
        {"interval": "PT1H", "from": "yesterday"},
        {"interval": "PT1H", "from": "2026-07-01T00:00:00"},
        {"interval": "PT1H", "fn": "avg"},
        {"interval": "PT1H", "$top": "0"},
        {"interval": "PT1H", "$expand": "Thing"},
        {"interval": "PT1H", "$resultFormat": "GeoJSON"},
    ],
)
def test_parameters_that_make_no_sense(given_: dict[str, str]):
    with pytest.raises((BadQuery, BadSyntax)):
        parse_wanted(given_.items())


def test_a_zone_whose_plus_was_not_encoded_is_understood():
    assert parse_wanted([("interval", "PT1H"), ("timeZone", "Etc/GMT 7")]).zone == ZoneInfo("Etc/GMT+7")
