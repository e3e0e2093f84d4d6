"""OpenTelemetry: traces and metrics of a process, and W3C trace context through Kafka headers."""

from fansipan_common.telemetry.metrics import (
    Metrics,
    metrics_of,
)
from fansipan_common.telemetry.propagation import context_of_headers, traceparent_headers
from fansipan_common.telemetry.setup import app_telemetry, configure_telemetry

__all__ = [
    "Metrics",
    "app_telemetry",
    "configure_telemetry",
    "context_of_headers",
    "metrics_of",
    "traceparent_headers",
]
