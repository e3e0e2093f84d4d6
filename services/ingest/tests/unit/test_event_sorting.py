"""Events by what they carry: observations take what their event implies, each kind is held to its own contract."""

import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from fansipan_ingest.doors.cloud_events.sorting import sort_events

EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "1",
    "source": "/s",
    "type": "vn.fansipan.observation.v1",
    "time": "2026-07-01T08:00:00+07:00",
    "subject": "acme/t/x",
    "data": {"result": 1.5},
}
DOSSIER = {
    "specversion": "1.0",
    "id": "2",
    "source": "/s",
    "type": "vn.fansipan.dossier.received.v1",
    "time": "2026-07-01T08:00:00+07:00",
    "data": {"dossierId": "d-1", "agency": "a", "procedure": "p", "channel": "online"},
}
TIME = datetime(2026, 7, 1, 1, tzinfo=UTC)


def test_subject_and_time_of_the_event_stand_for_what_its_data_leave_out():
    own = {"datastream": "acme/t/y", "phenomenonTime": "2026-07-01T02:00:00Z", "result": 2}
    found = sort_events([EVENT, EVENT | {"data": [own, {"result": True}]}]).observations
    assert found.rejected == []
    assert [(item.datastream, item.phenomenon_time, item.result) for item in found.items] == [
        ("acme/t/x", TIME, 1.5),
        ("acme/t/y", datetime(2026, 7, 1, 2, tzinfo=UTC), 2.0),
        ("acme/t/x", TIME, True),
    ]
    assert list(found.indexes) == [0, 1, 1]
    assert found.sent(0) == {"datastream": "acme/t/x", "phenomenonTime": EVENT["time"], "result": 1.5}


def test_kinds_are_kept_apart_with_their_places():
    found = sort_events([DOSSIER, EVENT, DOSSIER | {"data": {}}, EVENT | {"data": {"result": None}}])
    assert [event.id for event in found.service_events.items] == ["2"]
    assert list(found.service_events.indexes) == [0]
    assert [item.index for item in found.service_events.rejected] == [2]
    assert list(found.observations.indexes) == [1]
    assert [item.index for item in found.observations.rejected] == [3]


def test_data_in_base64():
    packed = base64.b64encode(b'{"result": 7}').decode()
    event = {name: value for name, value in EVENT.items() if name != "data"} | {"data_base64": packed}
    assert [item.result for item in sort_events([event]).observations.items] == [7.0]


@pytest.mark.parametrize(
    ("change", "code", "detail"),
    [
        ({"type": "x"}, "event-type-unknown", "'x'"),
        ({"type": None}, "event-type-unknown", "None"),
        ({"type": ["a"]}, "event-type-unknown", "a"),
        ({"specversion": "0.3"}, "invalid-item", "specversion"),
        ({"id": ""}, "invalid-item", "id"),
        ({"source": 5}, "invalid-item", "source"),
        ({"datacontenttype": "text/xml"}, "invalid-item", "datacontenttype"),
        ({"data_base64": "e30="}, "invalid-item", "once"),
        ({"data": None}, "invalid-item", "item"),
        ({"data": {"result": 1, "more": 1}}, "invalid-item", "more"),
        ({"time": "yesterday"}, "invalid-item", "phenomenonTime"),
        ({"subject": None}, "invalid-item", "datastream"),
    ],
)
def test_what_is_no_such_event_has_its_reason(change: dict[str, Any], code: str, detail: str):
    found = sort_events([EVENT, EVENT | change])
    assert len(found.observations.items) == 1
    [refused] = found.observations.rejected
    assert (refused.index, refused.code) == (1, code)
    assert detail in refused.detail


@pytest.mark.parametrize("packed", ["%", "bm8=", 5])
def test_base64_that_is_none(packed: Any):
    event = {name: value for name, value in EVENT.items() if name != "data"} | {"data_base64": packed}
    [refused] = sort_events([event]).observations.rejected
    assert "data_base64" in refused.detail


def test_nothing_is_nothing():
    found = sort_events([])
    assert found.observations.items == []
    assert found.service_events.rejected == []
