"""Live events: what a client is sent, what waits for it, and who sees what."""

from typing import Any

import orjson
import pytest

from fansipan_common.contracts.live import LiveTopic
from fansipan_gateway.access import domain as access
from fansipan_gateway.access.domain import Kind, Reader
from fansipan_gateway.domain.visibility import Visibility
from fansipan_gateway.limits.domain import TooManyRequests
from fansipan_gateway.live.client import LiveClient
from fansipan_gateway.live.domain import EventId, LiveEvent, Public, Sight, Subscription, parse_event_id
from fansipan_gateway.live.rendering import render
from fansipan_gateway.live.seats import Full, Seats

ANYBODY = Sight.of(access.ANYBODY)
OPERATOR = Sight.of(Reader(Kind.OPERATOR, "mai", "viewer"))
PROVIDER = Sight.of(
    Reader(Kind.API_KEY, "k", visibility=Visibility(provider_id=3, internal=False, own_provider_id=3))
)
PUBLIC = Public(frozenset({"aqi"}), frozenset({"flood"}))
ALERTS = frozenset({LiveTopic.ALERTS})


def alert(rule: str = "flood") -> LiveEvent:
    document = {
        "id": 1,
        "rule": rule,
        "subject": "demo/s1",
        "subjectKind": "thing",
        "areaCode": "02671",
        "acknowledgedBy": "mai",
        "assignee": "nam",
        "change": {"id": 2, "kind": "acknowledged", "at": "…", "actor": "mai", "note": "on my way"},
    }
    return LiveEvent(EventId(5, 0), LiveTopic.ALERTS, document, 100)


def data_of(chunk: bytes | None) -> Any:
    assert chunk is not None
    [line] = [line for line in chunk.split(b"\n") if line.startswith(b"data: ")]
    return orjson.loads(line.removeprefix(b"data: "))


def test_operators_see_who_did_what_to_an_alert_and_others_do_not():
    whole = data_of(render(alert(), Subscription(ALERTS, OPERATOR), PUBLIC))
    assert (whole["acknowledgedBy"], whole["change"]["note"]) == ("mai", "on my way")
    shown = data_of(render(alert(), Subscription(ALERTS, ANYBODY), PUBLIC))
    assert (shown["acknowledgedBy"], shown["assignee"]) == (None, None)
    assert (shown["change"]["actor"], shown["change"]["note"]) == (None, None)
    assert shown["change"]["kind"] == "acknowledged"


def test_alerts_of_internal_rules_are_for_operators():
    assert render(alert("secret"), Subscription(ALERTS, OPERATOR), PUBLIC) is not None
    assert render(alert("secret"), Subscription(ALERTS, ANYBODY), PUBLIC) is None
    assert render(alert(), Subscription(ALERTS, PROVIDER), PUBLIC) is None


def test_alerts_of_the_subjects_that_were_asked_for():
    def chunk(kind: str, key: str) -> bytes | None:
        wanted = Subscription(ALERTS, OPERATOR, subjects=frozenset({(kind, key)}))
        return render(alert(), wanted, PUBLIC)

    assert chunk("thing", "demo/s1") is not None
    assert chunk("thing", "demo/s2") is None
    assert chunk("area", "demo/s1") is None


def test_the_lines_of_an_event():
    chunk = render(alert(), Subscription(ALERTS, OPERATOR), PUBLIC)
    assert chunk is not None
    lines = chunk.decode().split("\n")
    assert lines[0] == "event: alert"
    assert lines[1].startswith("data: {")
    assert lines[2:] == ["id: 5-0", "", ""]


@pytest.mark.parametrize("text", ["", "5", "5-", "x-1", "5-1-2", "-5-1", "9" * 20 + "-1", "٥-1"])
def test_what_is_no_event_id(text: str):
    assert parse_event_id(text) is None


def client(after: EventId | None = None) -> LiveClient:
    return LiveClient(Subscription(ALERTS, OPERATOR), EventId(10, 0), after)


async def test_a_client_gets_in_one_piece_what_waits_and_nothing_twice():
    one = client(after=EventId(12, 0))  # another replica was ahead of this one
    for number in (11, 12, 13, 13, 14):
        one.push(EventId(number, 0), b"%d;" % number)
    assert await one.take(1.0) == b"13;14;"
    assert await one.take(0.0) == b""


async def test_a_client_that_does_not_read_takes_no_more_memory():
    slow = client()
    for number in range(11, 20_000):
        slow.push(EventId(number, 0), b"x" * 1000)
    waiting = await slow.take(1.0)
    assert len(waiting) < 1_100_000
    assert waiting.startswith(b"event: reset\n")
    slow.push(EventId(20_001, 0), b"next")
    assert await slow.take(1.0) == b"next"


async def test_a_client_that_is_let_go_gets_what_waits_first():
    one = client()
    one.push(EventId(11, 0), b"last")
    one.end()
    assert await one.take(5.0) == b"last"
    assert await one.take(5.0) == b""
    assert one.ended


def test_seats_are_counted_for_each_and_in_all():
    seats = Seats(total=3, each=2)
    seats.take("a")
    seats.take("a")
    with pytest.raises(TooManyRequests):
        seats.take("a")
    seats.take("b")
    with pytest.raises(Full):
        seats.take("c")
    seats.give_back("a")
    seats.take("c")


def test_a_limited_operator_gets_figures_of_its_own_and_of_public_indicators():
    def figures(indicator: str, visibility: Visibility) -> list[str]:
        document: dict[str, Any] = {
            "indicator": indicator,
            "version": 1,
            "computedAt": "2026-07-01T00:00:00Z",
            "subjectKinds": ["area", "area", "agency", "area-procedure", "thing"],
            "subjectKeys": ["02647", "02671", "ubnd", "02647|1.001", "demo/s1"],
            "periods": ["day"] * 5,
            "starts": ["2026-06-30T17:00:00Z"] * 5,
            "values": [1.0] * 5,
            "bands": [None] * 5,
            "revisions": [1] * 5,
            "reasons": ["new-data"] * 5,
        }
        sight = Sight.of(Reader(Kind.OPERATOR, "mai", "viewer", visibility=visibility))
        event = LiveEvent(EventId(5, 0), LiveTopic.VALUES, document, 100)
        chunk = render(event, Subscription(frozenset({LiveTopic.VALUES}), sight), PUBLIC)
        return [] if chunk is None else [figure["subject"] for figure in data_of(chunk)["figures"]]

    assert figures("cases", Visibility(areas=("02647",))) == ["area:02647", "area-procedure:02647|1.001"]
    assert figures("cases", Visibility(agencies=("ubnd",))) == ["agency:ubnd"]
    assert len(figures("aqi", Visibility(areas=("02647",)))) == 5
    assert len(figures("cases", Visibility())) == 5


def test_a_limited_operator_gets_alerts_of_its_areas_and_agencies():
    def sees(visibility: Visibility) -> bool:
        sight = Sight.of(Reader(Kind.OPERATOR, "mai", "viewer", visibility=visibility))
        return render(alert(), Subscription(ALERTS, sight), PUBLIC) is not None

    assert sees(Visibility(areas=("02671",)))
    assert not sees(Visibility(areas=("02647",)))
    assert not sees(Visibility(agencies=("ubnd",)))
