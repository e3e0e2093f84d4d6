"""Which cases a micro-batch touches."""

from datetime import UTC, datetime
from typing import Any

from fansipan_analytics.domain.changed_case import changed_single_events, touched_cases
from fansipan_analytics.domain.service_event import EventFacts, StoredKey

TIME = datetime(2026, 7, 1, tzinfo=UTC)


def facts(kind: str, subject: str, **data: Any) -> EventFacts:
    return EventFacts(f"vn.fansipan.{kind}.v1", TIME, subject, data)


def key(name: str) -> StoredKey:
    return (1, "/s", name)


def test_a_rating_touches_what_was_rated_and_is_a_case_itself():
    inserted = {
        key("a"): facts("rating.submitted", "x", dossierId="x", petitionId=None),
        key("b"): facts("rating.submitted", "x", petitionId="x"),
        key("c"): facts("usage.counted", "portal"),
    }
    assert touched_cases(inserted, {}, {}) == {("dossier", 1, "x"): False, ("petition", 1, "x"): False}
    assert changed_single_events(inserted, {}, {}) == {
        ("rating", 1, "/s a"): False,
        ("rating", 1, "/s b"): False,
        ("usage", 1, "/s c"): False,
    }


def test_a_correction_touches_what_the_event_told_of_before():
    updates = {key("a"): facts("dossier.paid", "new")}
    existing = {key("a"): facts("dossier.paid", "old"), key("same"): facts("dossier.paid", "untouched")}
    inserted = {key("b"): facts("dossier.paid", "old"), key("c"): facts("dossier.paid", "other")}
    assert touched_cases(inserted, updates, existing) == {
        ("dossier", 1, "old"): True,
        ("dossier", 1, "new"): True,
        ("dossier", 1, "other"): False,
    }


def test_an_event_that_becomes_another_kind_is_counted_anew_as_both():
    updates = {key("a"): facts("usage.counted", "portal")}
    existing = {key("a"): facts("rating.submitted", "d", dossierId="d")}
    assert touched_cases({}, updates, existing) == {("dossier", 1, "d"): True}
    assert changed_single_events({}, updates, existing) == {
        ("rating", 1, "/s a"): True,
        ("usage", 1, "/s a"): True,
    }
