"""One observation from door to page, as an operator sees it: spans, links, metrics and logs."""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Callable, Generator

import asyncpg
import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from prometheus_client.parser import text_string_to_metric_families
from tests.conftest import Addresses
from tests.integration.conftest import Pipeline
from tests.support.otlp_receiver import Collector, Seen
from tests.support.processes import ServiceProcess
from tests.support.providers import make_key
from tests.support.sending import Sender

from fansipan_common.security import Scope
from fansipan_common.telemetry.names import OF_SPANS
from fansipan_common.telemetry.registry import (
    ACCEPTED,
    COMMIT_AGE,
    CONSUMER_LAG,
    CONSUMER_LAG_AGE,
    HTTP_DURATION,
    INSTRUMENTS,
    STORED,
)

OBSERVATIONS = "/v1/observations"


@pytest.fixture
def collector() -> Generator[Collector]:
    with Collector() as collector:
        yield collector


async def test_one_observation_from_door_to_page(
    pipeline: Pipeline,
    collector: Collector,
    own: "asyncpg.Connection",
    http: httpx.AsyncClient,
    addresses: Addresses,
):
    export = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint, "OTEL_METRIC_EXPORT_INTERVAL": "1000"}
    ingest = pipeline.processes.start("ingest", **export)
    analytics = pipeline.processes.start("analytics", FANSIPAN_LOG_LEVEL="debug", **export)
    gateway = pipeline.processes.start(
        "gateway", REDIS_URL=addresses.redis, FANSIPAN_REDIS_PREFIX=pipeline.prefix, **export
    )
    for service in (ingest, analytics, gateway):
        await service.ready()
    key = make_key(pipeline.database, "acme", scopes=(Scope.WRITE, Scope.READ))
    sender = Sender(http, ingest.url, key.key)
    caller, page = "0af7651916cd43dd8448eb211c80319c", "5bd66ef5095369c7b0d1f8f4bd33716a"
    items = [{"datastream": "acme/t/x", "phenomenonTime": "2026-07-01T08:00:00Z", "result": 1}]
    answer = await sender.observations(
        items, headers={"traceparent": f"00-{caller}-b7ad6b7169203331-01"}, wait="stored"
    )
    assert answer.json() == {"accepted": 1, "duplicatesPossible": False, "rejected": [], "stored": True}
    assert await own.fetchval("SELECT count(*) FROM observation") == 1
    answer = await http.get(
        f"{gateway.url}{OBSERVATIONS}",
        params={"datastream": "acme/t/x"},
        headers={"traceparent": f"00-{page}-b7ad6b7169203331-01", "authorization": f"Bearer {key.key}"},
    )
    assert answer.status_code == 200, answer.text

    commit = await check_spans_of_the_way_in(collector, caller, f"{pipeline.prefix}observations.v1")
    await check_spans_of_the_page(collector, page)
    await check_metrics(collector, caller)
    answer = await http.get(f"{ingest.url}/metrics", headers={"accept": "application/openmetrics-text"})
    assert f'trace_id="{caller}"' in answer.text
    [line] = [
        line
        for line in map(json.loads, analytics.log.splitlines())
        if line["event"] == "micro-batch committed" and line["rows"] == 1
    ]
    assert (line["trace_id"], line["span_id"]) == (commit.trace_id, commit.span.span_id.hex())
    assert not [
        seen
        for seen in collector.spans
        if not seen.span.parent_span_id and seen.span.kind == Span.SPAN_KIND_CLIENT
    ], "a statement is no trace"
    ours = {
        name
        for seen in collector.spans
        for name in seen.attributes
        if name.startswith(("fansipan.", "messaging."))
    }
    assert ours <= {attribute.name for attribute in OF_SPANS}

    async with own.transaction():
        await own.execute("LOCK TABLE consumer_offset IN ACCESS EXCLUSIVE MODE")  # the store has to wait
        answer = await sender.observations([items[0] | {"phenomenonTime": "2026-07-01T09:00:00Z"}])
        assert answer.json()["accepted"] == 1
        await until_behind(http, analytics, lambda records, seconds: records == 1 and seconds > 1.0)
    await until_behind(http, analytics, lambda records, seconds: records == seconds == 0)


async def until_behind(
    http: httpx.AsyncClient, analytics: ServiceProcess, enough: Callable[[float, float], bool]
) -> None:
    """Wait until analytics says so many records, and seconds of the oldest, that it is behind."""
    deadline = time.monotonic() + 20.0
    while True:
        found: defaultdict[str, list[float]] = defaultdict(list)
        for family in text_string_to_metric_families((await http.get(f"{analytics.url}/metrics")).text):
            for sample in family.samples:
                found[sample.name].append(sample.value)
        records, seconds = sum(found[CONSUMER_LAG.prometheus]), max(found[CONSUMER_LAG_AGE.prometheus])
        if enough(records, seconds):
            return
        assert time.monotonic() < deadline, f"{records} records, {seconds} s"
        await asyncio.sleep(0.2)


async def check_spans_of_the_way_in(collector: Collector, caller: str, topic: str) -> Seen:
    """Request, send, process, commit, statements: each where it belongs; returns the commit."""
    request = await collector.first(
        lambda seen: seen.service == "fansipan-ingest" and seen.span.kind == Span.SPAN_KIND_SERVER
    )
    assert request.span.name == "POST /v1/observations"
    assert request.attributes["http.route"] == "/v1/observations"
    assert request.attributes["http.response.status_code"] == 202
    send = await collector.first(lambda seen: seen.span.name == f"send {topic}")
    assert send.span.kind == Span.SPAN_KIND_PRODUCER
    assert send.span.parent_span_id == request.span.span_id
    assert send.attributes == {
        "messaging.system": "kafka",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.destination.name": topic,
        "messaging.batch.message_count": 1,
    }
    process = await collector.first(lambda seen: seen.span.name == f"process {topic}")
    assert request.trace_id == send.trace_id == process.trace_id == caller
    assert process.service == "fansipan-analytics"
    assert process.span.kind == Span.SPAN_KIND_CONSUMER
    assert process.span.parent_span_id == request.span.span_id
    assert process.attributes["messaging.destination.name"] == topic

    [(trace_id, span_id)] = process.link_ids
    commit = await collector.first(lambda seen: seen.span.span_id.hex() == span_id)
    assert (commit.span.name, commit.trace_id) == ("commit micro-batch", trace_id)
    assert commit.trace_id != caller
    assert (caller, process.span.parent_span_id.hex()) in commit.link_ids
    assert commit.attributes["fansipan.rows"] == 1
    assert int(commit.attributes["messaging.batch.message_count"]) >= 1
    statements = [seen for seen in collector.spans if seen.span.parent_span_id == commit.span.span_id]
    assert {seen.attributes["db.system.name"] for seen in statements} == {"postgresql"}
    assert any("consumer_offset" in str(seen.attributes["db.query.text"]) for seen in statements)
    return commit


async def check_spans_of_the_page(collector: Collector, page: str) -> None:
    """What a reader asks for is one trace, too: the request, and the statements below it."""
    request = await collector.first(
        lambda seen: seen.trace_id == page and seen.span.kind == Span.SPAN_KIND_SERVER
    )
    assert request.service == "fansipan-gateway"
    assert request.span.name == f"GET {OBSERVATIONS}"
    assert request.attributes["http.response.status_code"] == 200
    stores = {
        seen.attributes["db.system.name"]
        for seen in collector.spans
        if seen.trace_id == page and seen.span.kind == Span.SPAN_KIND_CLIENT
    }
    assert stores == {"postgresql", "redis"}


async def check_metrics(collector: Collector, caller: str) -> None:
    """The same is counted, and the duration of the request leads to its trace."""
    accepted = await collector.metric("fansipan-ingest", ACCEPTED.name)
    [point] = accepted.sum.data_points
    assert point.as_int == 1
    stored = await collector.metric("fansipan-analytics", STORED.name)
    [point] = stored.sum.data_points
    assert {each.key: each.value.string_value for each in point.attributes} == {
        "fansipan.target": "observations",
        "fansipan.outcome": "inserted",
    }
    durations = await collector.metric("fansipan-ingest", HTTP_DURATION.name)
    exemplars = {e.trace_id.hex() for each in durations.histogram.data_points for e in each.exemplars}
    assert caller in exemplars
    durations = await collector.metric("fansipan-gateway", HTTP_DURATION.name)
    routes = {
        each.value.string_value
        for point in durations.histogram.data_points
        for each in point.attributes
        if each.key == "http.route"
    }
    assert OBSERVATIONS in routes
    age = await collector.metric("fansipan-analytics", COMMIT_AGE.name)
    [histogram] = age.histogram.data_points
    assert histogram.count == 1
    assert {name for _, name in collector.metrics} <= {instrument.name for instrument in INSTRUMENTS}


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
