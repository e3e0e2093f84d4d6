"""Whatever JSON a door gets, it has readings or reasons: nothing else is raised."""

from typing import Any

import pydantic_core
from hypothesis import given
from hypothesis import strategies as st

from fansipan_ingest.domain.parsing import MalformedBody
from fansipan_ingest.domain.rules import Rejection
from fansipan_ingest.doors.cloud_events.sorting import sort_events
from fansipan_ingest.doors.fiware import notifications
from fansipan_ingest.doors.lorawan import uplinks
from fansipan_ingest.doors.readings import Readings
from fansipan_ingest.doors.senml.mapping import readings_of
from fansipan_ingest.doors.senml.packs import resolve

WORDS = st.sampled_from(
    [
        "id",
        "type",
        "value",
        "unit",
        "unitCode",
        "metadata",
        "observedAt",
        "dateObserved",
        "TimeInstant",
        "datasetId",
        "@value",
        "data",
        "notifiedAt",
        "deviceInfo",
        "devEui",
        "time",
        "object",
        "deduplicationId",
        "end_device_ids",
        "uplink_message",
        "decoded_payload",
        "received_at",
        "dev_eui",
        "device_id",
        "application_ids",
        "application_id",
        "correlation_ids",
        "simulated",
        "specversion",
        "source",
        "subject",
        "data_base64",
        "datacontenttype",
        "n",
        "bn",
        "u",
        "v",
        "vs",
        "vb",
        "vd",
        "t",
        "bt",
        "s",
        "ut",
        "bver",
    ]
)
TEXTS = st.sampled_from(
    [
        "",
        "1.0",
        "0004A30B001C0530",
        "2026-07-01T08:00:00.5Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "Number",
        "Property",
        "vn.fansipan.observation.v1",
        "acme/t/x",
        "Cel",
        "V",
        "e30=",
        "\0",
    ]
) | st.text(max_size=3)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES = st.recursive(
    SCALARS | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | TEXTS, inner, max_size=5),
    max_leaves=10,
)


def is_answerable(readings: Readings) -> None:
    """All that a service does with readings before it publishes them."""
    readings.plain()
    parsed = readings.items()
    for place in range(len(parsed.items)):
        pydantic_core.to_json(parsed.sent(place))


@given(st.dictionaries(WORDS, VALUES, max_size=4) | VALUES, st.sampled_from(["ngsi-v2", "ngsi-ld"]))
def test_notifications(body: Any, dialect: notifications.Dialect):
    for sent in (body, {"data": [body, body]}):
        try:
            readings = notifications.readings_of(
                sent, dialect=dialect, provider="acme", scope="", arrival_ms=0, max_readings=50
            )
        except (MalformedBody, Rejection):
            continue
        is_answerable(readings)


@given(VALUES)
def test_uplinks(decoded: Any):
    message = {
        "deduplicationId": "a",
        "time": "2026-07-01T08:00:00Z",
        "deviceInfo": {"devEui": "0004A30B001C0530"},
        "object": decoded,
    }
    is_answerable(uplinks.readings_of("acme", uplinks.chirpstack_uplink(message), message))


@given(st.dictionaries(WORDS, VALUES, max_size=6) | VALUES)
def test_messages_of_network_servers(message: Any):
    for read in (uplinks.chirpstack_uplink, uplinks.things_stack_message, uplinks.things_stack_uplink):
        try:
            found = read(message)
        except MalformedBody:
            continue
        assert found


@given(st.lists(st.dictionaries(WORDS, VALUES, max_size=6) | VALUES, max_size=3))
def test_events(events: list[Any]):
    found = sort_events(events)
    places = {*found.observations.indexes, *found.service_events.indexes}
    places |= {item.index for item in found.observations.rejected + found.service_events.rejected}
    empty = {
        place for place, event in enumerate(events) if isinstance(event, dict) and event.get("data") == []
    }
    assert places | empty >= set(range(len(events)))


@given(st.lists(st.dictionaries(WORDS, VALUES, max_size=6) | VALUES, max_size=3))
def test_packs(pack: list[Any]):
    try:
        records, wrong = resolve(pack, 0.0)
    except MalformedBody:
        return
    is_answerable(readings_of("acme", pack, records, wrong))
