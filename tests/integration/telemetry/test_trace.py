"""One trace goes from the request at ingest through Kafka to the commit in analytics, as an operator would see it."""

import json
from collections.abc import Generator

import asyncpg
import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.integration.conftest import Pipeline
from tests.integration.telemetry.collector import Collector
from tests.support.providers import make_key
from tests.support.sending import Sender


@pytest.fixture
def collector() -> Generator[Collector]:
    with Collector() as collector:
        yield collector


async def test_a_trace_spans_ingest_kafka_and_the_commit(
    pipeline: Pipeline, collector: Collector, own: "asyncpg.Connection", http: httpx.AsyncClient
):
    export = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint}
    ingest = pipeline.processes.start("ingest", **export)
    analytics = pipeline.processes.start("analytics", **export)
    await ingest.ready()
    await analytics.ready()
    key = make_key(pipeline.database, "acme")
    sender = Sender(http, ingest.url, key.key)
    caller = "0af7651916cd43dd8448eb211c80319c"
    items = [{"datastream": "acme/t/x", "phenomenonTime": "2026-07-01T08:00:00Z", "result": 1}]
    answer = await sender.observations(
        items, headers={"traceparent": f"00-{caller}-b7ad6b7169203331-01"}, wait="stored"
    )
    assert answer.json() == {"accepted": 1, "duplicatesPossible": False, "rejected": [], "stored": True}
    assert await own.fetchval("SELECT count(*) FROM observation") == 1

    topic = f"{pipeline.prefix}observations.v1"
    request = await collector.first(
        lambda seen: seen.service == "fansipan-ingest" and seen.span.kind == Span.SPAN_KIND_SERVER
    )
    process = await collector.first(lambda seen: seen.span.name == f"process {topic}")
    assert request.trace_id == process.trace_id == caller
    assert process.service == "fansipan-analytics"
    assert process.span.kind == Span.SPAN_KIND_CONSUMER
    in_trace = {
        seen.span.span_id
        for seen in collector.spans
        if seen.trace_id == caller and seen.service == "fansipan-ingest"
    }
    assert process.span.parent_span_id in in_trace

    [(trace_id, span_id)] = process.link_ids
    commit = await collector.first(lambda seen: seen.span.span_id.hex() == span_id)
    assert (commit.span.name, commit.trace_id) == ("commit micro-batch", trace_id)
    assert commit.trace_id != caller
    assert (caller, process.span.parent_span_id.hex()) in commit.link_ids
    attributes = {each.key: each.value for each in commit.span.attributes}
    assert attributes["fansipan.rows"].int_value == 1
    assert attributes["messaging.batch.message_count"].int_value >= 1
    assert any(  # the statements of the transaction lie below the commit
        seen.span.parent_span_id == commit.span.span_id for seen in collector.spans
    )


async def test_log_lines_carry_the_ids_of_their_trace_and_the_last_spans_are_sent_on_shutdown(
    pipeline: Pipeline, collector: Collector, http: httpx.AsyncClient
):
    ingest = pipeline.processes.start(
        "ingest",
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint,
        KAFKA_TOPIC_PREFIX="nowhere.",
        FANSIPAN_ACK_TIMEOUT_SECONDS="1",
    )
    await ingest.ready()
    key = make_key(pipeline.database, "acme")
    caller = "4bf92f3577b34da6a3ce929d0e0e4736"
    answer = await Sender(http, ingest.url, key.key).observations(
        [{"datastream": "acme/t/x", "phenomenonTime": "2026-07-01T08:00:00Z", "result": 1}],
        headers={"traceparent": f"00-{caller}-00f067aa0ba902b7-01"},
    )
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert await ingest.terminate() == 0
    request = await collector.first(
        lambda seen: seen.trace_id == caller and seen.span.kind == Span.SPAN_KIND_SERVER, timeout=1.0
    )
    lines = [json.loads(line) for line in ingest.log.splitlines()]
    [fault] = [line for line in lines if line["event"] == "server fault"]
    assert (fault["trace_id"], fault["code"]) == (caller, "broker-away")
    assert fault["span_id"] == request.span.span_id.hex()
