"""W3C trace context as Kafka headers."""

from collections.abc import Iterable

from opentelemetry.context import Context
from opentelemetry.propagate import extract, inject


def traceparent_headers() -> list[tuple[str, bytes]]:
    """Kafka headers that carry the current trace; empty when there is none."""
    carrier: dict[str, str] = {}
    inject(carrier)
    return [(name, value.encode()) for name, value in carrier.items()]


def context_of_headers(headers: Iterable[tuple[str, bytes]]) -> Context:
    """The context of whoever produced a record."""
    return extract(
        {
            name: value.decode("ascii", "replace")
            for name, value in headers
            if name in ("traceparent", "tracestate")
        }
    )
