"""The way back of a dead letter to its door."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from fansipan_common.contracts.doors import WAYS, Door, PayloadUnfit, way_back

AT = datetime(2026, 7, 1, 1, 0, 0, 251_999, tzinfo=UTC)


def test_every_door_has_a_way_back():
    assert set(WAYS) == set(Door)
    assert len({way.path for way in WAYS.values()}) == len(WAYS)


def test_text_goes_as_it_is_with_what_was_said_beside_it():
    back = way_back(
        Door.INFLUX,
        'air,place=Sa\\ Pả note="mưa" 5',
        {"precision": "s", "org": "not asked for"},
        arrived=AT,
        query={"strict": "true"},
    )
    address = urlsplit(back.target)
    assert address.path == "/api/v2/write"
    assert parse_qs(address.query) == {"precision": ["s"], "arrived": ["1782867600251"], "strict": ["true"]}
    assert back.body.decode() == 'air,place=Sa\\ Pả note="mưa" 5'
    assert back.headers == {"Content-Type": "text/plain; charset=utf-8"}


@pytest.mark.parametrize("payload", [5, None, ["a f=1"], "", " \n", "# comment\n\n  # another"])
def test_what_is_no_text_or_holds_no_point_does_not_fit(payload: object):
    with pytest.raises(PayloadUnfit):
        way_back(Door.INFLUX, payload, {}, arrived=AT, query={})


def test_a_record_becomes_a_pack_and_a_pack_stays_one():
    for payload in ({"n": "a", "v": 1}, [{"n": "a", "v": 1}]):
        back = way_back(Door.SENML, payload, {}, arrived=AT, query={})
        assert back.body == b'[{"n": "a", "v": 1}]'
    assert way_back(Door.CLOUD_EVENTS, {"id": "1"}, {}, arrived=AT, query={}).body == b'{"id": "1"}'


def test_headers_and_topics_are_said_again():
    context = {"fiware-service": "laocai", "fiware-servicepath": "/air", "authorization": "never"}
    back = way_back(Door.NGSI_V2, {}, context, arrived=AT, query={})
    assert back.headers == {
        "Content-Type": "application/json",
        "fiware-service": "laocai",
        "fiware-servicepath": "/air",
    }
    back = way_back(Door.MQTT, 10**30, {"topic": "fansipan/demo/Sa Pả/x&y"}, arrived=AT, query={})
    assert parse_qs(urlsplit(back.target).query)["topic"] == ["fansipan/demo/Sa Pả/x&y"]
    assert back.body == b"1" + b"0" * 30
