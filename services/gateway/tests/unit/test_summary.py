"""Counts of events and of dossiers become one item a key."""

from typing import Any

from fansipan_gateway.service_events.repository import SummaryRows
from fansipan_gateway.service_events.service import merge

_RECEIVED = "vn.fansipan.dossier.received.v1"
_PROCESSED = "vn.fansipan.dossier.processed.v1"
_RATING = "vn.fansipan.rating.submitted.v1"


def _event(key: str | None, event_type: str, count: int, score_sum: int | None = None) -> dict[str, Any]:
    return {"key": key, "type": event_type, "count": count, "score_sum": score_sum, "uses": None}


def _dossier(key: str | None, **figures: int) -> dict[str, Any]:
    zero = dict.fromkeys(("received", "finished", "on_time", "late", "open", "overdue"), 0)
    return {"key": key, **zero, **figures}


def _merge(events: list[dict[str, Any]], dossiers: list[dict[str, Any]], *types: str) -> list[dict[str, Any]]:
    names = {"02671": ("Phường Cam Đường", "Cam Duong Ward"), "UBND-1": ("Ủy ban", None)}
    return merge(SummaryRows(events, dossiers, names), types)  # type: ignore[arg-type]


def test_both_sides_meet_by_key() -> None:
    events = [_event("02671", _RECEIVED, 3), _event("02671", _PROCESSED, 2), _event("02671", _RATING, 4, 18)]
    (item,) = _merge(events, [_dossier("02671", received=3, finished=2, on_time=1, late=1, open=1)])
    assert (item["name"], item["nameEn"]) == ("Phường Cam Đường", "Cam Duong Ward")
    assert (item["received"], item["processed"], item["onTime"], item["late"], item["open"]) == (
        3,
        2,
        1,
        1,
        1,
    )
    assert (item["ratings"], item["ratingMean"]) == (4, 4.5)
    assert item["events"] == {_PROCESSED: 2, _RECEIVED: 3, _RATING: 4}


def test_no_ratings_no_mean() -> None:
    (item,) = _merge([_event("a", _RECEIVED, 1)], [])
    assert item["ratingMean"] is None
    assert item["received"] == 0


def test_types_narrow_only_the_list_of_events() -> None:
    (item,) = _merge([_event("a", _RECEIVED, 1), _event("a", _PROCESSED, 1)], [], _RECEIVED)
    assert item["events"] == {_RECEIVED: 1}
    assert item["processed"] == 1


def test_what_counts_nothing_is_left_out_and_no_key_comes_first() -> None:
    items = _merge(
        [_event("b", _RECEIVED, 1), _event(None, _RATING, 1, 5)], [_dossier("a"), _dossier("c", open=1)]
    )
    assert [item["key"] for item in items] == [None, "b", "c"]


def test_without_an_english_name_it_is_the_vietnamese_one_and_without_any_there_is_none() -> None:
    named, unnamed = _merge([], [_dossier("UBND-1", received=1), _dossier("UBND-2", received=1)])
    assert (named["name"], named["nameEn"]) == ("Ủy ban", "Ủy ban")
    assert (unnamed["key"], unnamed["name"], unnamed["nameEn"]) == ("UBND-2", None, None)
