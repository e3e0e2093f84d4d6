"""The quick way for plain requests takes nothing that the full model would refuse, and means the same by it."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fansipan_common.contracts import OBSERVATION_LIST
from fansipan_ingest.domain.parsing import MalformedBody, TooManyItems, parse_json_items
from fansipan_ingest.domain.plain import parse_plain
from fansipan_ingest.domain.rules import unix_ms

GOOD = '{"datastream": "p/t/x", "phenomenonTime": "2026-07-01T08:00:00.5+07:00", "result": 23.4}'

OFFSETS = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
# beyond the years that ingest takes, a double does not hold every microsecond
FIRST, LAST = datetime(1900, 1, 1), datetime(2250, 1, 1)  # noqa: DTZ001 - hypothesis adds the zone
MOMENTS = st.datetimes(FIRST, LAST, timezones=OFFSETS).map(datetime.isoformat)
ODD_TIMES = st.sampled_from(
    [
        "2026-07-01T08:00:00.9999999Z",
        "2026-07-01T08:00:00.999999999999Z",
        "2026-07-01T08:00:00.0015009Z",
        "2026-07-01T08:00:00,5Z",
        "2026-07-01t08:00:00z",
        "2026-07-01 08:00:00Z",
        "2026-07-01T08:00:00+0700",
        "2026-07-01T08:00:00+07",
        "2026-07-01T08:00Z",
        "2026-07-01T08:00:60Z",
        "2026-07-01T24:00:00Z",
        "2026-07-01T08:00:00",
        "2026-07-01",
        "2026-02-30T08:00:00Z",
        "0000-01-01T00:00:00Z",
        "1782867600",
        "",
    ]
)
TIMES = (MOMENTS | ODD_TIMES).map(lambda text: f'"{text}"') | st.sampled_from(["1782867600", "null"])
RESULTS = (
    st.floats().map(repr)
    | st.integers().map(str)
    | st.sampled_from(
        [
            "1e289",
            "1e291",
            "-1e300",
            "1e999",
            "1" + "0" * 400,
            "-0.0",
            "true",
            '"1"',
            "null",
            "{}",
            "NaN",
            "01",
            "1.",
        ]
    )
)
KEYS = st.sampled_from(['"p/t/x"', '"p\\/t/x"', '"\\u0070/t/x"', '""', "1", "true", "null", '"\\ud800"'])
EXTRAS = st.sampled_from(["", "", "", ', "result": 2', ', "resultQuality": "good"', ', "other": 1', ","])
ITEMS = st.builds(
    lambda key, time, result, extra: (
        f'{{"datastream": {key}, "phenomenonTime": {time}, "result": {result}{extra}}}'
    ),
    KEYS,
    TIMES,
    RESULTS,
    EXTRAS,
)
BODIES = st.lists(st.just(GOOD) | ITEMS, max_size=4).map(lambda items: f"[{', '.join(items)}]".encode())


@given(BODIES | ITEMS.map(lambda item: f"[{item}]".encode()))
def test_what_is_taken_quickly_is_what_the_full_model_takes(body: bytes):
    plain = parse_plain(body, max_items=3)
    if plain is None:
        return
    full = parse_json_items(OBSERVATION_LIST, body, max_items=3)
    assert full.rejected == []
    assert [item.datastream for item in full.items] == plain.datastreams
    assert [unix_ms(item.phenomenon_time) for item in full.items] == plain.phenomenon_ms.tolist()
    assert [item.result for item in full.items] == plain.results


@pytest.mark.parametrize("offset", ["+0700", "-0700"])
def test_an_offset_without_colon_is_left_to_the_full_model_which_refuses_it(offset: str):
    body = f"[{GOOD.replace('+07:00', offset)}]".encode()
    assert parse_plain(body, max_items=3) is None
    assert [item.code for item in parse_json_items(OBSERVATION_LIST, body, max_items=3).rejected] == [
        "invalid-item"
    ]


@given(st.lists(MOMENTS, min_size=1, max_size=5))
def test_a_plain_request_is_taken_quickly(moments: list[str]):
    items = [GOOD.replace("2026-07-01T08:00:00.5+07:00", moment) for moment in moments]
    plain = parse_plain(f"[{', '.join(items)}]".encode(), max_items=5)
    assert plain is not None
    assert plain.phenomenon_ms.tolist() == [unix_ms(datetime.fromisoformat(moment)) for moment in moments]


@pytest.mark.parametrize("body", [b"[]", b"", b"{}", b"[" + b"[" * 5000, b"\xff", f"[{GOOD}".encode()])
def test_what_is_not_plain_is_left_to_the_full_model(body: bytes):
    assert parse_plain(body, max_items=3) is None


def test_too_many_items_are_left_to_the_full_model():
    body = f"[{', '.join([GOOD] * 4)}]".encode()
    assert parse_plain(body, max_items=3) is None
    with pytest.raises(TooManyItems):
        parse_json_items(OBSERVATION_LIST, body, max_items=3)


def test_several_objects_without_an_array_are_taken_by_neither():
    body = f"{GOOD}, {GOOD}".encode()
    assert parse_plain(body, max_items=3) is None
    with pytest.raises(MalformedBody):
        parse_json_items(OBSERVATION_LIST, body, max_items=3)
