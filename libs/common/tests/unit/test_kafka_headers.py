"""CloudEvents in Kafka binary mode, and the partition of a key."""

from datetime import UTC, datetime

import pytest
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from fansipan_common.kafka import cloud_event_headers, header_text, partition_of_key
from fansipan_common.telemetry import context_of_headers

TIME = datetime(2026, 7, 1, 1, tzinfo=UTC)


def test_attributes_are_headers():
    headers = cloud_event_headers(event_type="t", source="/s", time=TIME, event_id="1", subject="x")
    assert dict(headers) == {
        "ce_specversion": b"1.0",
        "ce_id": b"1",
        "ce_source": b"/s",
        "ce_type": b"t",
        "ce_time": b"2026-07-01T01:00:00+00:00",
        "content-type": b"application/json",
        "ce_subject": b"x",
    }


def test_without_an_id_each_record_has_its_own():
    ids = {
        header_text(cloud_event_headers(event_type="t", source="/s", time=TIME), "ce_id") for _ in range(3)
    }
    assert len(ids) == 3


def test_the_trace_goes_along_and_comes_back():
    span = SpanContext(trace_id=0xABC, span_id=0xDEF, is_remote=False, trace_flags=TraceFlags(1))
    with trace.use_span(NonRecordingSpan(span)):
        headers = cloud_event_headers(event_type="t", source="/s", time=TIME)
    found = trace.get_current_span(context_of_headers(headers)).get_span_context()
    assert (found.trace_id, found.span_id) == (0xABC, 0xDEF)


def test_a_header_that_is_no_text_is_none():
    assert header_text([("a", b"\xff")], "a") is None
    assert header_text([("a", b"1"), ("a", b"2")], "a") == "1"
    assert header_text([], "a") is None


@pytest.mark.parametrize(
    # computed by Kafka's Java client: Utils.toPositive(Utils.murmur2(key)) % 12
    ("key", "hash_"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"abc", 479470107),
    ],
)
def test_keys_fall_where_every_other_client_puts_them(key: bytes, hash_: int):
    assert partition_of_key(key, 12) == (hash_ & 0x7FFFFFFF) % 12
