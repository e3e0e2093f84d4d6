"""A collector: takes OTLP over HTTP and keeps the spans and what metrics said last."""

import asyncio
import gzip
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass(frozen=True)
class Seen:
    """A span and the service that exported it."""

    service: str
    span: Span

    @property
    def trace_id(self) -> str:
        """32 hex digits."""
        return self.span.trace_id.hex()

    @property
    def link_ids(self) -> list[tuple[str, str]]:
        """(trace id, span id) of each link."""
        return [(link.trace_id.hex(), link.span_id.hex()) for link in self.span.links]

    @property
    def attributes(self) -> dict[str, str | int]:
        """Texts and numbers."""
        return {
            each.key: each.value.int_value if each.value.HasField("int_value") else each.value.string_value
            for each in self.span.attributes
        }


@dataclass
class Collector:
    """What has been exported so far. Use as a context manager."""

    spans: list[Seen] = field(default_factory=list[Seen])
    metrics: dict[tuple[str, str], Metric] = field(default_factory=dict[tuple[str, str], Metric])
    _server: ThreadingHTTPServer | None = None

    @property
    def endpoint(self) -> str:
        """For OTEL_EXPORTER_OTLP_ENDPOINT."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "Collector":
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                if self.path == "/v1/traces":
                    collector.take(body)
                elif self.path == "/v1/metrics":
                    collector.take_metrics(body)
                self.send_response(200)
                self.send_header("content-type", "application/x-protobuf")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in the base class
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()

    def take(self, body: bytes) -> None:
        """Keep the spans of one export."""
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            names = {each.key: each.value.string_value for each in resource.resource.attributes}
            self.spans += [
                Seen(names["service.name"], span) for scope in resource.scope_spans for span in scope.spans
            ]

    def take_metrics(self, body: bytes) -> None:
        """Keep the metrics of one export, by service and name, instead of those before it."""
        for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
            names = {each.key: each.value.string_value for each in resource.resource.attributes}
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    self.metrics[names["service.name"], metric.name] = metric

    async def metric(self, service: str, name: str, timeout: float = 20.0) -> Metric:
        """What a service said last of a metric, waiting until it has said something."""
        until = time.monotonic() + timeout
        while (service, name) not in self.metrics:
            assert time.monotonic() < until, f"{service} does not export {name} within {timeout} s"
            await asyncio.sleep(0.1)
        return self.metrics[service, name]

    async def first(self, wanted: Callable[[Seen], bool], timeout: float = 20.0) -> Seen:
        """The first span that is wanted, waiting until it is exported."""
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            for seen in list(self.spans):
                if wanted(seen):
                    return seen
            await asyncio.sleep(0.1)
        names = sorted({f"{seen.service}: {seen.span.name}" for seen in self.spans})
        raise AssertionError(f"no such span within {timeout} s; there are {names}")
