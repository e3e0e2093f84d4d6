"""Times and numbers as agencies write them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fansipan_bulk.columns.layouts import read_layout
from fansipan_bulk.columns.numbers import NumberReader
from fansipan_bulk.columns.times import AMBIGUOUS, INVALID, MISSING, NONEXISTENT, OK, TimeReader
from fansipan_bulk.columns.written_times import Written, read_written
from fansipan_bulk.mapping import NumberFormat, TimeColumns, TimeFormat


def read(texts: list[str], hours: list[str] | None = None, **written: str) -> list[str | int]:
    """Each as UTC, or its state."""
    reader = TimeReader(TimeColumns.model_validate({"column": "t", **written}))
    found = reader.read(pa.array(texts), None if hours is None else pa.array(hours))
    return [
        datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S") if state == OK else int(state)
        for ms, state in zip(found.ms.tolist(), found.state.tolist(), strict=True)
    ]


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("31/12/2025 23:00", "2025-12-31 16:00:00"),
        ("31/12/2025 24:00", "2025-12-31 17:00:00"),
        ("31/12/2025 23:00:30", "2025-12-31 16:00:30"),
        ("1/2/2025 7:05", "2025-02-01 00:05:00"),
        ("01-02-2025 7h30", "2025-02-01 00:30:00"),
        ("01.02.2025", "2025-01-31 17:00:00"),
        ("01/02/2025 11:30 CH", "2025-02-01 16:30:00"),
        ("01/02/2025 12:30 SA", "2025-01-31 17:30:00"),
        ("23:00 31/12/2025", "2025-12-31 16:00:00"),
        ("2025-12-31T23:00:00+07:00", "2025-12-31 16:00:00"),
        ("2025-12-31 23:00:00Z", "2025-12-31 23:00:00"),
        ("20251231 23:00", "2025-12-31 16:00:00"),
        ("  31/12/2025 23:00\u00a0", "2025-12-31 16:00:00"),
    ],
)
def test_times_with_the_day_first(text: str, utc: str) -> None:
    assert read([text], format="day-first") == [utc]


@pytest.mark.parametrize(
    "text",
    [
        "29/02/2025",
        "31/12/2025 24:01",
        "31/12/2025 25:00",
        "12/31/2025",
        "1/1/25",
        "13:00 PM 1/1/2025",
        "soon",
    ],
)
def test_what_is_no_time_is_invalid(text: str) -> None:
    assert read([text], format="day-first") == [INVALID]


def test_without_being_told_no_day_is_taken_for_a_month() -> None:
    assert read(["01/02/2025", "2025-02-01", ""]) == [INVALID, "2025-01-31 17:00:00", MISSING]
    assert read(["01/02/2025"], format="month-first") == ["2025-01-01 17:00:00"]


def test_date_and_hour_in_two_columns() -> None:
    hours = ["23", "24", "7h30", "0", "", "25", "x"]
    assert read(["31/12/2025"] * 7, hours, format="day-first") == [
        "2025-12-31 16:00:00",
        "2025-12-31 17:00:00",
        "2025-12-31 00:30:00",
        "2025-12-30 17:00:00",
        MISSING,
        INVALID,
        INVALID,
    ]
    assert read(["31/12/2025 01:00"], ["23"], format="day-first") == [INVALID]


def test_numbers_as_times() -> None:
    assert read(["46022.958333333336", "46022,5", "x", "2025-12-31 23:00:00"], format="excel") == [
        "2025-12-31 16:00:00",
        "2025-12-31 05:00:00",
        INVALID,
        "2025-12-31 16:00:00",
    ]
    assert read(["1767196800"], format="unix-s") == ["2025-12-31 16:00:00"]
    assert read(["1767196800123"], format="unix-ms") == ["2025-12-31 16:00:00"]
    assert read(["1767196800123"], format="unix-s") == [INVALID]


def test_clock_changes_are_a_fault_or_what_the_mapping_says() -> None:
    times = ["2025-03-30 02:30", "2025-10-26 02:30", "2025-07-01 12:00"]
    zone = "Europe/Berlin"
    assert read(times, zone=zone) == [NONEXISTENT, AMBIGUOUS, "2025-07-01 10:00:00"]
    assert read(times, zone=zone, ambiguous="earlier", nonexistent="next")[:2] == [
        "2025-03-30 01:00:00",
        "2025-10-26 00:30:00",
    ]
    assert read(times, zone=zone, ambiguous="later")[1] == "2025-10-26 01:30:00"
    assert read(times, zone="+01:00")[:2] == ["2025-03-30 01:30:00", "2025-10-26 01:30:00"]


WALL_CLOCK = st.integers(315_532_800, 2_114_380_800).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
)


@given(WALL_CLOCK, st.sampled_from(["Asia/Ho_Chi_Minh", "Europe/Paris"]))
def test_the_wall_clock_is_that_of_the_time_zone_database(wall: datetime, zone: str) -> None:
    moments = {wall.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1)}
    expected: list[str | int] = [moment.strftime("%Y-%m-%d %H:%M:%S") for moment in moments]
    if len(moments) == 2:
        there = any(m.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == wall for m in moments)
        expected = [AMBIGUOUS if there else NONEXISTENT]
    assert read([wall.isoformat()], zone=zone) == expected


LAYOUTS = [
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%SZ",
    "%d/%m/%Y",
    "%d/%m/%Y %H:%M",
]
TEXTS = st.one_of(
    st.builds(
        lambda days, layout: (datetime(2000, 1, 1) + timedelta(days=days)).strftime(layout),  # noqa: DTZ001 - a wall clock has no zone
        st.floats(-200_000, 200_000),
        st.sampled_from(LAYOUTS),
    ),
    st.from_regex(r"\d\d/\d\d/\d{4} \d\d:\d\d", fullmatch=True),
    st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d\d\d)?([+-]\d\d:\d\d|Z)", fullmatch=True),
)


@given(st.lists(TEXTS, min_size=1, max_size=20), st.sampled_from(["iso", "day-first", "month-first"]))
def test_the_fast_way_reads_what_the_careful_way_reads(texts: list[str], written: TimeFormat) -> None:
    ms, known, done = read_layout(pa.array(texts), written)

    for place, text in enumerate(texts):
        if done[place]:
            assert read_written(text, written) == Written(int(ms[place]), bool(known[place])), text


@pytest.mark.parametrize(
    ("written", "cells", "values"),
    [
        ({}, ["1.5", " 2 ", "+3", "1e3", ".5"], [1.5, 2.0, 3.0, 1000.0, 0.5]),
        ({}, ["1,5", "inf", "0x10", "1.2.3", "١"], ["?"] * 5),
        ({}, ["", "-", "NA", "nan", "null"], [None] * 5),
        ({"decimal": ","}, ["1,5", "-0,25", "7"], [1.5, -0.25, 7.0]),
        ({"decimal": ","}, ["1.5", "1.000"], ["?", "?"]),
        ({"decimal": ",", "thousands": "."}, ["1.234.567,8", "1.234", "12"], [1234567.8, 1234.0, 12.0]),
        ({"decimal": ",", "thousands": "."}, ["1.5", "12.34", "1234.567"], ["?"] * 3),
        ({"thousands": " "}, ["1 234.5", "1\u00a0234", "1 23"], [1234.5, 1234.0, "?"]),
        ({"missing": ["-9999", "KPH"]}, ["-9999", "-9999.0", "kph", "-"], [None, None, None, "?"]),
        ({}, ["1e300"], ["too large"]),
    ],
)
def test_numbers(written: dict[str, object], cells: list[str], values: list[object]) -> None:
    read = NumberReader(NumberFormat.model_validate(written)).read(pa.array(cells))

    assert [
        "too large"
        if read.too_large[place]
        else "?"
        if read.invalid[place]
        else None
        if read.missing[place]
        else float(read.values[place])
        for place in range(len(cells))
    ] == values


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e200, max_value=1e200), min_size=1)
)
def test_numbers_are_what_python_reads(numbers: list[float]) -> None:
    read = NumberReader(NumberFormat()).read(pa.array([repr(number) for number in numbers]))
    assert read.values.tolist() == numbers
