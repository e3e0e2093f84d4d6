"""Start and stop of telemetry. Traces leave the process only when an OTLP endpoint is set."""

import os
from collections.abc import Callable

from fastapi.telemetry import TelemetryConfig
from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
from opentelemetry.instrumentation.redis import RedisInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from prometheus_client import REGISTRY
from starlette.types import Scope

from fansipan_common.telemetry.exposition import ScrapedMetrics
from fansipan_common.telemetry.sampling import without_root_statements


def configure_telemetry(service: str, *, otlp_endpoint: str | None) -> Callable[[], None]:
    """Install the process's providers; returns what flushes and stops them.

    Metrics are always readable at `/metrics`. With `otlp_endpoint`, traces and metrics are also exported there
    (OTLP over HTTP), and the database and Redis clients are instrumented. OTEL_TRACES_SAMPLER decides which traces,
    or `without_root_statements`.
    """
    resource = Resource.create({"service.name": f"fansipan-{service}", "service.namespace": "fansipan"})
    readers: list[MetricReader] = [ScrapedMetrics(REGISTRY)]
    if otlp_endpoint:
        readers.append(PeriodicExportingMetricReader(OTLPMetricExporter()))
    meter_provider = MeterProvider(resource=resource, metric_readers=readers)
    metrics.set_meter_provider(meter_provider)
    if not otlp_endpoint:
        return meter_provider.shutdown
    sampler = None if "OTEL_TRACES_SAMPLER" in os.environ else without_root_statements()
    tracer_provider = TracerProvider(sampler, resource)
    tracer_provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(), schedule_delay_millis=1000))
    trace.set_tracer_provider(tracer_provider)
    # Without it their spans have the names of before OpenTelemetry's conventions for databases were stable.
    os.environ.setdefault("OTEL_SEMCONV_STABILITY_OPT_IN", "database")
    AsyncPGInstrumentor().instrument()
    RedisInstrumentor().instrument()

    def shutdown() -> None:
        tracer_provider.shutdown()
        meter_provider.shutdown()

    return shutdown


def app_telemetry() -> TelemetryConfig:
    """FastAPI's own telemetry: a server span and the HTTP server metrics of each request, health checks left out.

    Spans only appear when `configure_telemetry` was given an endpoint.
    """
    return {"exclude": _is_health_check, "operation_spans": False, "logs": False, "auto_configure": False}


def _is_health_check(scope: Scope) -> bool:
    return scope.get("path") in ("/healthz", "/readyz", "/metrics")
