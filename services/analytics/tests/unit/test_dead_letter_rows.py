"""What is kept of a dead letter: one row an item, bounded, whatever the record holds."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from fansipan_analytics.domain.dead_letter import MAX_PAYLOAD_CHARACTERS, UNREADABLE, rows_of


@dataclass
class FakeRecord:
    offset: int
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()
    topic: str = "dead-letter.v1"
    partition: int = 1
    timestamp: int = 1_782_867_600_000


def _letter(*items: dict[str, Any], **more: Any) -> bytes:
    return orjson.dumps(
        {
            "origin": "http",
            "target": "observations",
            "receivedAt": "2026-07-01T08:00:00+07:00",
            "provider": "demo",
            "items": [
                {"index": 7 + i, "code": "result-type", "detail": "no", **item}
                for i, item in enumerate(items)
            ],
        }
        | more
    )


def test_each_item_is_a_row_with_what_was_sent():
    record = FakeRecord(
        5, _letter({"payload": {"a": "\0"}}, {"payload": None}), headers=[("traceparent", b"00-x")]
    )
    first, second = rows_of(record)
    assert (first.item, first.kind, first.provider, first.code) == (0, "observation", "demo", "result-type")
    assert first.received_at == datetime(2026, 7, 1, 1, tzinfo=UTC)
    assert (first.payload, first.payload_format, first.payload_complete) == ('{"a":"\\u0000"}', "json", True)
    assert (second.item, second.payload, second.traceparent) == (1, "null", "00-x")


def test_numbers_of_any_size_are_kept_as_they_were_sent():
    (row,) = rows_of(
        FakeRecord(5, _letter({"payload": 1}).replace(b'"payload":1', b'"payload":' + b"9" * 40))
    )
    assert (row.payload, row.payload_complete) == ("9" * 40, True)


def test_large_payloads_are_cut_and_say_so():
    (row,) = rows_of(
        FakeRecord(5, _letter({"payload": "x" * MAX_PAYLOAD_CHARACTERS, "detail": "y\0" * 5000}))
    )
    assert (len(row.payload), row.payload_complete) == (MAX_PAYLOAD_CHARACTERS, False)
    assert len(row.detail) == 2000
    assert "\0" not in row.detail


def test_a_record_that_analytics_could_not_use_says_where_it_lies():
    value = _letter(
        {"payloadBase64": base64.b64encode(b"\xff").decode()},
        origin="kafka",
        provider=None,
        topic="observations.v1",
        partition=2,
        offset=9,
    )
    (row,) = rows_of(FakeRecord(5, value))
    assert (row.kind, row.provider, row.place) == ("record", None, "observations.v1/2/9")
    assert (row.payload, row.payload_format) == ("/w==", "base64")


def test_what_is_no_dead_letter_becomes_a_row_too():
    for value in (None, b"\xff", b"[]", _letter()):
        (row,) = rows_of(FakeRecord(5, value))
        assert (row.code, row.kind, row.provider) == (UNREADABLE, "record", None)
        assert base64.b64decode(row.payload) == (value or b"")


def test_the_door_and_what_was_said_beside_the_payload_are_kept_as_far_as_a_door_says_them():
    context = {"precision": "s", "topic": "a\0b"}
    own, many, long = rows_of(
        FakeRecord(
            5,
            _letter(
                {"payload": "a f=", "door": "influx", "context": context},
                {"payload": 1, "door": "mqtt", "context": {str(number): "x" for number in range(21)}},
                {"payload": 1, "door": "mqtt", "context": {"topic": "x" * 2_001}},
            ),
        )
    )
    assert (own.door, own.context) == ("influx", {"precision": "s", "topic": "a\ufffdb"})
    assert (many.context, long.context) == (None, None)
    (plain,) = rows_of(FakeRecord(5, _letter({"payload": 1})))
    assert (plain.door, plain.context) == (None, None)
