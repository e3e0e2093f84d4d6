"""From Kafka records to what a transaction stores: what is unusable is poison, with the reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import pytest

from fansipan_analytics.domain.records import Poison, prepare_observations, prepare_service_event

OBSERVATIONS = {"datastreamId": [1], "phenomenonTime": [1], "result": [1]}
DATA = {"dossierId": "d-1", "agency": "a", "procedure": "p", "channel": "online"}
EVENT_HEADERS = {
    "ce_specversion": "1.0",
    "ce_id": "e-1",
    "ce_source": "/s",
    "ce_type": "vn.fansipan.dossier.received.v1",
    "ce_time": "2026-07-01T08:00:00.123456+07:00",
    "ce_provider": "acme",
}


@dataclass
class FakeRecord:
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    topic: str = "t"
    partition: int = 0
    offset: int = 0
    timestamp: int = 0


def record(value: Any, **headers: str) -> FakeRecord:
    data = value if isinstance(value, bytes) or value is None else orjson.dumps(value)
    return FakeRecord(data, [(name, text.encode()) for name, text in headers.items()])


def test_observations():
    prepared = prepare_observations(record(OBSERVATIONS, ce_type="vn.fansipan.observations.v1"))
    assert prepared.rows == 1
    assert len(prepared.batches) == 1


@pytest.mark.parametrize(
    ("value", "kind", "reason"),
    [
        (OBSERVATIONS, "vn.fansipan.observations.v2", "ce_type is 'vn.fansipan.observations.v2'"),
        (OBSERVATIONS, "", "ce_type is ''"),
        (None, "vn.fansipan.observations.v1", "not JSON"),
        (b"\x80garbage", "vn.fansipan.observations.v1", "not JSON"),
        (OBSERVATIONS | {"phenomenonTime": [-5]}, "vn.fansipan.observations.v1", "phenomenonTime"),
    ],
)
def test_a_record_that_is_no_observations(value: Any, kind: str, reason: str):
    with pytest.raises(Poison, match=reason):
        prepare_observations(record(value, ce_type=kind))


def test_a_service_event():
    prepared = prepare_service_event(record(DATA, **EVENT_HEADERS))
    [(key, facts)] = prepared.events
    assert key == ("acme", "/s", "e-1")
    assert (facts.type, facts.subject, facts.data) == (EVENT_HEADERS["ce_type"], "d-1", DATA)
    assert facts.time.microsecond == 123_000


@pytest.mark.parametrize(
    ("value", "change", "reason"),
    [
        (DATA, {"ce_provider": ""}, "ce_provider is missing"),
        (DATA, {"ce_type": "other"}, "not a service event"),
        (DATA, {"ce_time": "soon"}, "not a service event"),
        (DATA | {"name": "x"}, {}, "name"),
        (DATA | {"dueAt": 5}, {}, "dueAt"),
        (b"{", {}, "not a service event"),
        (None, {}, "not a service event"),
        ([], {}, "not a service event"),
    ],
)
def test_a_record_that_is_no_service_event(value: Any, change: dict[str, str], reason: str):
    with pytest.raises(Poison, match=reason):
        prepare_service_event(record(value, **(EVENT_HEADERS | change)))
