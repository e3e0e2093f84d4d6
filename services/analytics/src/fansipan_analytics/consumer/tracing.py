"""Spans of a micro-batch: one for the transaction, linked to every producer, and one in each producer's own trace."""

import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Final

from opentelemetry import trace
from opentelemetry.trace import Link, SpanKind, StatusCode

from fansipan_analytics.domain.records import Record
from fansipan_common.telemetry import context_of_headers

_MAX_LINKS: Final = 128
_tracer = trace.get_tracer("fansipan_analytics")


@contextmanager
def commit_span(records: Sequence[Record], rows: int) -> Generator[None]:
    """A consumer span around the commit of some records.

    A batch has many producers, so its span cannot be a child of all: it links to them. To be found from a producer's
    trace as well, each sampled record gets a `process` span there, which links back to the commit.
    """
    contexts = [
        (record, context)
        for record in records[:_MAX_LINKS]
        if any(name == "traceparent" for name, _ in record.headers)
        for context in [context_of_headers(record.headers)]
        if trace.get_current_span(context).get_span_context().trace_flags.sampled
    ]
    links = [Link(trace.get_current_span(context).get_span_context()) for _, context in contexts]
    attributes = {
        "messaging.system": "kafka",
        "messaging.operation.type": "process",
        "messaging.operation.name": "commit",
        "messaging.batch.message_count": len(records),
        "fansipan.rows": rows,
    }
    began = time.time_ns()
    with _tracer.start_as_current_span(
        "commit micro-batch", kind=SpanKind.CONSUMER, links=links, attributes=attributes
    ) as span:
        yield
    ended = time.time_ns()
    for record, context in contexts:
        child = _tracer.start_span(
            f"process {record.topic}",
            context=context,
            kind=SpanKind.CONSUMER,
            links=[Link(span.get_span_context())],
            start_time=began,
            attributes={
                "messaging.system": "kafka",
                "messaging.operation.type": "process",
                "messaging.operation.name": "process",
                "messaging.destination.name": record.topic,
                "messaging.destination.partition.id": str(record.partition),
                "messaging.kafka.offset": record.offset,
            },
        )
        child.set_status(StatusCode.OK)
        child.end(ended)
