"""Which version of a definition judges a period, and whose figures a text names."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from fansipan_common.errors import NotFound
from fansipan_gateway.indicators.domain.boundaries import PresentArea, Succession, unit_of
from fansipan_gateway.indicators.domain.faults import (
    BadPeriod,
    BadSubject,
    NotComputed,
    NotInForce,
)
from fansipan_gateway.indicators.domain.subjects import Subject, chosen_subject, parse_subject
from fansipan_gateway.indicators.domain.timespan import figure_range
from fansipan_gateway.indicators.domain.versions import IndicatorEntry, IndicatorVersion
from fansipan_indicators.definitions import Definition
from fansipan_indicators.periods import PeriodKind

_MONTH = PeriodKind.MONTH


def _version(
    number: int, since: date, until: date | None = None, *, retired: bool = False, **fields: Any
) -> IndicatorVersion:
    definition = Definition.model_validate(
        {
            "id": "x",
            "names": {"vi": "x", "en": "x"},
            "description": {"vi": "x", "en": "x"},
            "group": "public-services",
            "unit": {"symbol": "%"},
            "versions": [
                {
                    "version": number,
                    "effectiveFrom": since,
                    "effectiveTo": until,
                    "periods": ["month"],
                    "subjects": ["commune"],
                    "formula": {"kind": "case-count", "cases": {"set": "received"}},
                    **fields,
                }
            ],
        }
    )
    gone = datetime(2026, 1, 1, tzinfo=UTC) if retired else None
    return IndicatorVersion(number, definition, definition.versions[0], "d", public=True, retired_at=gone)


def _local(year: int, month: int, day: int = 1) -> datetime:
    return datetime(year, month, day, 0, 0, tzinfo=UTC) - (
        datetime(2026, 1, 1, 7, tzinfo=UTC) - datetime(2026, 1, 1, tzinfo=UTC)
    )


def _numbers(
    entry: IndicatorEntry, kind: PeriodKind = _MONTH, **chosen: int
) -> list[tuple[int, datetime, datetime]]:
    found = entry.segments(_local(2026, 1), _local(2027, 1), kind, **chosen)
    return [(one.version.number, one.since, one.until) for one in found]


def test_the_newest_in_force_at_the_local_start_judges() -> None:
    entry = IndicatorEntry(
        "x", (_version(1, date(2020, 1, 1)), _version(2, date(2026, 4, 1), date(2026, 9, 1)))
    )
    assert _numbers(entry) == [
        (1, _local(2026, 1), _local(2026, 4)),
        (2, _local(2026, 4), _local(2026, 9)),
        (1, _local(2026, 9), _local(2027, 1)),
    ]
    assert _numbers(entry, number=1) == [(1, _local(2026, 1), _local(2027, 1))]
    with pytest.raises(NotFound):
        entry.numbered(3)


def test_time_without_a_version_has_no_segment() -> None:
    entry = IndicatorEntry("x", (_version(1, date(2026, 6, 1), date(2026, 7, 1)),))
    assert _numbers(entry) == [(1, _local(2026, 6), _local(2026, 7))]
    assert entry.segments(_local(2026, 7), _local(2026, 7), _MONTH) == []


def test_a_version_judges_only_the_kinds_of_period_that_it_has() -> None:
    entry = IndicatorEntry(
        "x",
        (_version(1, date(2020, 1, 1), periods=["month", "year"]), _version(2, date(2026, 1, 1))),
    )
    assert [number for number, *_ in _numbers(entry)] == [2]
    assert [number for number, *_ in _numbers(entry, PeriodKind.YEAR)] == [1]


def test_a_retired_version_is_shown_only_while_no_other_is_left() -> None:
    retired = _version(2, date(2026, 1, 1), retired=True)
    both = IndicatorEntry("x", (_version(1, date(2020, 1, 1)), retired))
    alone = IndicatorEntry("x", (retired,))
    assert ([n for n, *_ in _numbers(both)], both.retired) == ([1], False)
    assert ([n for n, *_ in _numbers(alone)], alone.retired) == ([2], True)


def test_what_is_not_computed_is_refused_with_what_is() -> None:
    entry = IndicatorEntry("x", (_version(1, date(2020, 1, 1)),))
    with pytest.raises(BadPeriod, match="by month"):
        entry.require_period(PeriodKind.DAY)
    with pytest.raises(NotComputed, match="for commune"):
        entry.require_subject(Subject("area", "15"))
    entry.require_subject(Subject("area", "02671"))


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("02671", Subject("area", "02671")),
        ("15", Subject("area", "15")),
        ("agency:UBND-02671", Subject("agency", "UBND-02671")),
        ("procedure:1.001.A", Subject("procedure", "1.001.A")),
        ("thing:demo/station-1", Subject("thing", "demo/station-1")),
        ("agency-procedure:A|P:1", Subject("agency-procedure", "A|P:1")),
        ("area-procedure:02671|P1", Subject("area-procedure", "02671|P1")),
    ],
)
def test_subjects_are_read_as_they_are_written(text: str, subject: Subject) -> None:
    assert parse_subject(text) == subject
    assert subject.reference == text


@pytest.mark.parametrize(
    "text",
    ["", "026", "agency", "agency:", "thing:demo", "area:02671", "agency-procedure:A", "agency:a b", "x:y"],
)
def test_other_texts_are_no_subject(text: str) -> None:
    with pytest.raises(BadSubject):
        parse_subject(text)


def test_exactly_one_subject_is_named() -> None:
    assert chosen_subject("15", None) == chosen_subject(None, "15")
    for area, subject in ((None, None), ("15", "15")):
        with pytest.raises(BadSubject):
            chosen_subject(area, subject)


def test_a_last_period_is_inside_and_a_last_moment_is_not() -> None:
    now = _local(2026, 11, 21)
    months = figure_range("2026-01", "2026-11", _MONTH, now)
    assert (months.start, months.end) == (_local(2026, 1), _local(2026, 12))
    moments = figure_range("2026-01-01T00:00:00+07:00", "2026-11-01T00:00:00+07:00", _MONTH, now)
    assert (moments.start, moments.end) == (_local(2026, 1), _local(2026, 11))
    assert figure_range(None, None, _MONTH, now).end == _local(2026, 12)
    for wrong in ("2026-1", "yesterday", "2026-01-01T00:00:00"):
        with pytest.raises(BadPeriod):
            figure_range(wrong, None, _MONTH, now)


_MERGED_ON = date(2025, 7, 1)
_LAO_CAI = PresentArea("02647", "Phường Lào Cai", "Lao Cai Ward", _MERGED_ON, None)
_WHOLE = Succession("02635", "Phường Duyên Hải", "02647", "Phường Lào Cai", "whole", _MERGED_ON)
_SAME_CODE = Succession("02647", "Phường Kim Tân", "02647", "Phường Lào Cai", "whole", _MERGED_ON)
_THEN, _SINCE = date(2025, 6, 30), date(2025, 7, 1)


def test_a_merged_unit_has_figures_until_it_was_merged() -> None:
    for boundaries in (None, _THEN):
        unit = unit_of("02635", boundaries, None, [_WHOLE])
        assert (unit.name, unit.until) == ("Phường Duyên Hải", _local(2025, 7))
    with pytest.raises(NotInForce) as caught:
        unit_of("02635", _SINCE, None, [_WHOLE])
    assert [unit["code"] for unit in caught.value.extra["units"]] == ["02647"]


def test_todays_unit_exists_since_it_was_made() -> None:
    for boundaries in (None, _SINCE):
        assert unit_of("02647", boundaries, _LAO_CAI, [_WHOLE, _SAME_CODE]).until is None
    former = unit_of("02647", _THEN, _LAO_CAI, [_WHOLE, _SAME_CODE])
    assert (former.name, former.key) == (_SAME_CODE.old_name, f"02647@{_SAME_CODE.valid_until}")
    with pytest.raises(NotInForce) as caught:
        unit_of("02647", _THEN, _LAO_CAI, [_WHOLE])
    assert [unit["name"] for unit in caught.value.extra["units"]] == ["Phường Duyên Hải"]


def test_a_code_that_never_was_is_not_found() -> None:
    for boundaries in (None, _THEN):
        with pytest.raises(NotFound):
            unit_of("99999", boundaries, None, [])
