"""What Prometheus scrapes, and the exemplars in it."""

import math

import pytest
from opentelemetry.context import Context
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as parse_text

from fansipan_common.telemetry.exposition import ScrapedMetrics
from fansipan_common.telemetry.registry import COMMIT_DURATION, CONSUMER_LAG, PUBLISH_IN_FLIGHT, STORED

pytestmark = pytest.mark.unit
TRACE, SPAN = 0x0AF7651916CD43DD8448EB211C80319C, 0xB7AD6B7169203331


@pytest.fixture
def scraped() -> CollectorRegistry:
    registry = CollectorRegistry()
    meter = MeterProvider(metric_readers=[ScrapedMetrics(registry)]).get_meter("test")
    STORED.counter(meter).add(3, {"fansipan.target": "observations", "fansipan.outcome": "inserted"})
    STORED.counter(meter).add(1, {"fansipan.target": 'a "quoted"\nvalue'})
    PUBLISH_IN_FLIGHT.up_down_counter(meter).add(-5)
    CONSUMER_LAG.observed(meter).watch(lambda: [(7.0, {"messaging.destination.name": "observations.v1"})])
    traced = set_span_in_context(NonRecordingSpan(SpanContext(TRACE, SPAN, False, TraceFlags(1))), Context())
    duration = COMMIT_DURATION.histogram(meter)
    duration.record(0.02, context=traced)
    duration.record(0.3, context=Context())
    duration.record(100.0, context=Context())
    return registry


def test_all_kinds_are_text_of_prometheus(scraped: CollectorRegistry):
    families = {family.name: family for family in parse_text(generate_latest(scraped).decode())}
    stored = families["fansipan_store_rows"]
    assert stored.type == "counter"
    assert [(sample.name, sample.labels, sample.value) for sample in stored.samples] == [
        (
            "fansipan_store_rows_total",
            {"fansipan_target": "observations", "fansipan_outcome": "inserted"},
            3.0,
        ),
        ("fansipan_store_rows_total", {"fansipan_target": 'a "quoted"\nvalue'}, 1.0),
    ]
    assert families["fansipan_ingest_publish_in_flight_bytes"].samples[0].value == -5.0
    assert families["fansipan_consumer_lag"].samples[0].value == 7.0
    assert families["target_info"].samples[0].labels["telemetry_sdk_language"] == "python"
    buckets = {
        float(sample.labels["le"]): sample.value
        for sample in families["fansipan_store_commit_duration_seconds"].samples
        if sample.name.endswith("_bucket")
    }
    assert buckets[0.01] == 0
    assert buckets[0.025] == 1
    assert buckets[0.5] == 2
    assert buckets[10.0] == 2
    assert buckets[math.inf] == 3


def test_openmetrics_has_the_trace_of_a_value_beside_its_bucket(scraped: CollectorRegistry):
    text = generate_openmetrics(scraped).decode()
    [family] = [
        family
        for family in text_string_to_metric_families(text)
        if family.name == "fansipan_store_commit_duration_seconds"
    ]
    exemplars = {sample.labels["le"]: sample.exemplar for sample in family.samples if sample.exemplar}
    assert list(exemplars) == ["0.025"]
    assert exemplars["0.025"].labels == {"trace_id": format(TRACE, "032x"), "span_id": format(SPAN, "016x")}
    assert exemplars["0.025"].value == 0.02


def test_nothing_is_left_after_shutdown():
    registry = CollectorRegistry()
    provider = MeterProvider(metric_readers=[ScrapedMetrics(registry)])
    STORED.counter(provider.get_meter("test")).add(1)
    assert b"fansipan_store_rows" in generate_latest(registry)
    provider.shutdown()
    assert generate_latest(registry) == b""
