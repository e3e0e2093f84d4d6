"""A webhook is told what it asked for, of that what its owner may read, and nothing else."""

from dataclasses import replace
from typing import Any

from fansipan_analytics.webhooks.matching import Public, Subscription, part_for
from fansipan_common.contracts import TopicName

VALUES = TopicName.INDICATOR_VALUES
ALERTS = TopicName.ALERTS
ADMIN = Subscription("a", None, frozenset({"indicator-values", "alerts"}))
ACME = replace(ADMIN, id="b", provider="acme")
NOTHING, OPEN = Public(), Public(frozenset({"air"}), frozenset({"loud"}), reading=True)


def values(*subjects: str, indicator: str = "air") -> dict[str, Any]:
    pairs = [subject.split(":", 1) for subject in subjects]
    count = len(pairs)
    return {
        "indicator": indicator,
        "version": 1,
        "computedAt": "2026-07-01T01:00:00Z",
        "subjectKinds": [kind for kind, _ in pairs],
        "subjectKeys": [key for _, key in pairs],
        "periods": ["hour"] * count,
        "starts": ["2026-07-01T00:00:00Z"] * count,
        "values": [float(place) for place in range(count)],
        "bands": ["good" if place % 2 == 0 else "bad" for place in range(count)],
        "revisions": [1] * count,
        "reasons": ["new-data"] * count,
    }


def alert(**more: Any) -> dict[str, Any]:
    return {
        "rule": "loud",
        "severity": "serious",
        "subjectKind": "area",
        "subject": "02671",
        "areaCode": "02671",
        "cause": {"indicator": "air"},
        "acknowledgedBy": "lan",
        "assignee": "mai",
        "change": {"id": 1, "kind": "acknowledged", "actor": "lan", "note": "đã xem"},
        **more,
    }


def subjects(found: dict[str, Any] | None) -> list[str]:
    return [] if found is None else [figure["subject"] for figure in found["figures"]]


EVERYTHING = values("area:02671", "area:02647", "thing:acme/t1", "thing:acme2/t1", "thing:acme/t2")


def test_the_administration_is_told_everything():
    assert len(subjects(part_for(ADMIN, VALUES, EVERYTHING, NOTHING))) == 5
    assert part_for(ADMIN, ALERTS, alert(rule="internal"), NOTHING) == alert(rule="internal")


def test_a_provider_is_told_of_public_indicators_and_of_its_own_things():
    assert len(subjects(part_for(ACME, VALUES, EVERYTHING, OPEN))) == 5
    assert subjects(part_for(ACME, VALUES, EVERYTHING, NOTHING)) == ["thing:acme/t1", "thing:acme/t2"]
    assert part_for(ACME, VALUES, values("area:02671"), NOTHING) is None


def test_prefixes_let_only_things_through_that_they_cover_whole():
    narrow = replace(ACME, prefixes=("acme/t1/", "acme/t2/pm"))
    assert subjects(part_for(narrow, VALUES, EVERYTHING, NOTHING)) == ["thing:acme/t1"]


def test_alerts_go_to_providers_only_where_all_may_read_and_without_names_of_people():
    assert part_for(ACME, ALERTS, alert(), NOTHING) is None
    assert part_for(ACME, ALERTS, alert(), replace(OPEN, reading=False)) is None
    assert part_for(ACME, ALERTS, alert(rule="internal"), OPEN) is None
    found = part_for(ACME, ALERTS, alert(), OPEN)
    assert found is not None
    assert "lan" not in str(found)
    assert "mai" not in str(found)
    assert "đã xem" not in str(found)


def test_filters_are_joined_by_and():
    wanted = replace(ADMIN, indicators=frozenset({"air"}), areas=frozenset({"02671"}))
    assert subjects(part_for(wanted, VALUES, EVERYTHING, NOTHING)) == ["area:02671"]
    assert part_for(wanted, VALUES, values("area:02671", indicator="rain"), NOTHING) is None
    bad = replace(ADMIN, bands=frozenset({"bad"}), subjects=frozenset({"area:02671", "area:02647"}))
    assert subjects(part_for(bad, VALUES, EVERYTHING, NOTHING)) == ["area:02647"]
    grave = replace(ADMIN, severities=frozenset({"critical"}))
    assert part_for(grave, ALERTS, alert(), NOTHING) is None
    assert part_for(grave, ALERTS, alert(severity="critical"), NOTHING) is not None
    assert part_for(replace(ADMIN, areas=frozenset({"02647"})), ALERTS, alert(), NOTHING) is None
    only = replace(ADMIN, events=frozenset({"alerts"}))
    assert part_for(only, VALUES, EVERYTHING, NOTHING) is None


def test_a_figure_says_its_period_as_the_api_does():
    found = part_for(ADMIN, VALUES, values("area:02671"), NOTHING)
    assert found is not None
    assert found["figures"] == [
        {
            "subject": "area:02671",
            "period": "2026-07-01T07",
            "value": 0.0,
            "band": "good",
            "revision": 1,
            "reason": "new-data",
        }
    ]
