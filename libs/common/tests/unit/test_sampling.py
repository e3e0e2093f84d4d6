"""What belongs to a request is recorded, and no statement by itself."""

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, TraceFlags

from fansipan_common.telemetry.sampling import without_root_statements

pytestmark = pytest.mark.unit


def recorded(*kinds: SpanKind, caller: TraceFlags | None = None) -> list[SpanKind]:
    """The kinds that are recorded of spans, each below the one before, the first below that of a caller if any."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(sampler=without_root_statements())
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("test")
    context = None
    if caller is not None:
        context = trace.set_span_in_context(
            NonRecordingSpan(SpanContext(1, 2, is_remote=True, trace_flags=caller))
        )
    spans: list[trace.Span] = []
    for kind in kinds:
        spans.append(tracer.start_span("a", context, kind=kind))
        context = trace.set_span_in_context(spans[-1])
    for span in spans:
        span.end()
    return [span.kind for span in exporter.get_finished_spans()]


@pytest.mark.parametrize("kind", [SpanKind.SERVER, SpanKind.CONSUMER, SpanKind.PRODUCER, SpanKind.INTERNAL])
def test_a_statement_is_recorded_without_root_statements_for_it(kind: SpanKind):
    assert recorded(kind, SpanKind.CLIENT) == [kind, SpanKind.CLIENT]


def test_a_statement_by_itself_is_not():
    assert recorded(SpanKind.CLIENT) == []


def test_a_caller_decides_about_its_trace():
    sampled, unsampled = TraceFlags(TraceFlags.SAMPLED), TraceFlags(TraceFlags.DEFAULT)
    for kind in (SpanKind.SERVER, SpanKind.CLIENT):
        assert recorded(kind, caller=sampled) == [kind]
        assert recorded(kind, caller=unsampled) == []
