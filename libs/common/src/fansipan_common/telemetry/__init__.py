"""OpenTelemetry: traces and metrics of a process, and W3C trace context through Kafka headers."""

from fansipan_common.telemetry.metrics import (
    Metrics,
    metrics_of,
)
from fansipan_common.telemetry.propagation import context_of_headers, traceparent_headers
from fansipan_common.telemetry.setup import configure_telemetry, instrument_app

__all__ = [
    "Metrics",
    "configure_telemetry",
    "context_of_headers",
    "instrument_app",
    "metrics_of",
    "traceparent_headers",
]
