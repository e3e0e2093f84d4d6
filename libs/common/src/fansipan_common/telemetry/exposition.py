"""Metrics for Prometheus, with exemplars: OpenTelemetry's own exporter leaves the trace ids of histograms out."""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable
from typing import Any, Final

from opentelemetry.sdk.metrics import (
    Counter,
    Histogram,
    ObservableCounter,
    ObservableGauge,
    ObservableUpDownCounter,
    UpDownCounter,
)
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    HistogramDataPoint,
    Metric,
    MetricReader,
    MetricsData,
    NumberDataPoint,
    Sum,
)
from prometheus_client import Metric as Family
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.registry import Collector, CollectorRegistry
from prometheus_client.samples import Exemplar

from fansipan_common.telemetry.instrument import prometheus_name

_KINDS: Final[tuple[type[Any], ...]] = (
    Counter,
    UpDownCounter,
    Histogram,
    ObservableCounter,
    ObservableUpDownCounter,
    ObservableGauge,
)


class ScrapedMetrics(MetricReader):
    """Reads all instruments whenever a registry of Prometheus is read.

    A counter's name ends with `_total`, seconds and bytes are named, dots become underscores; instrumentation scopes
    are left out, for each instrument is one by its name.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(preferred_temporality=dict.fromkeys(_KINDS, AggregationTemporality.CUMULATIVE))
        self._registry = registry
        self._collector = _Families(self)
        self._data: deque[MetricsData] = deque()
        registry.register(self._collector)

    def _receive_metrics(
        self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: object
    ) -> None:
        self._data.append(metrics_data)

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: object) -> None:
        """Leave the registry."""
        self._registry.unregister(self._collector)

    def families(self) -> Iterable[Family]:
        """All series, as they are now."""
        self.collect()
        families: dict[str, Family] = {}
        while self._data:
            for resource in self._data.popleft().resource_metrics:
                about = {_label(key): str(value) for key, value in resource.resource.attributes.items()}
                families.setdefault("target", InfoMetricFamily("target", "What is scraped", value=about))
                for scope in resource.scope_metrics:
                    for metric in scope.metrics:
                        _add(families, metric)
        return families.values()


class _Families(Collector):
    """What the registry asks; it knows names only when there are values."""

    def __init__(self, reader: ScrapedMetrics) -> None:
        self._reader = reader

    def describe(self) -> Iterable[Family]:
        return ()

    def collect(self) -> Iterable[Family]:
        return self._reader.families()


def _add(families: dict[str, Family], metric: Metric) -> None:
    name = prometheus_name(metric.name, metric.unit or "")
    data = metric.data
    if name not in families:
        is_counter = isinstance(data, Sum) and data.is_monotonic
        is_histogram = any(isinstance(point, HistogramDataPoint) for point in data.data_points)
        kind = (
            CounterMetricFamily
            if is_counter
            else HistogramMetricFamily
            if is_histogram
            else GaugeMetricFamily
        )
        families[name] = kind(name, metric.description or "", labels=())
    family = families[name]
    for point in data.data_points:
        labels = {_label(key): str(value) for key, value in (point.attributes or {}).items()}
        if isinstance(point, HistogramDataPoint):
            _add_histogram(family, name, labels, point)
        elif isinstance(point, NumberDataPoint):
            suffix = "_total" if isinstance(family, CounterMetricFamily) else ""
            family.add_sample(name + suffix, labels, point.value)


def _add_histogram(family: Family, name: str, labels: dict[str, str], point: HistogramDataPoint) -> None:
    exemplars: dict[int, Exemplar] = {}
    for seen in point.exemplars:
        if seen.trace_id and seen.span_id:
            ids = {"trace_id": format(seen.trace_id, "032x"), "span_id": format(seen.span_id, "016x")}
            bucket = bisect_left(point.explicit_bounds, seen.value)
            exemplars[bucket] = Exemplar(ids, float(seen.value), seen.time_unix_nano / 1e9)
    total = 0
    bounds = [*(str(float(bound)) for bound in point.explicit_bounds), "+Inf"]
    for place, (bound, count) in enumerate(zip(bounds, point.bucket_counts, strict=True)):
        total += count
        family.add_sample(f"{name}_bucket", {**labels, "le": bound}, total, exemplar=exemplars.get(place))
    family.add_sample(f"{name}_count", labels, total)
    family.add_sample(f"{name}_sum", labels, point.sum)


def _label(name: str) -> str:
    return prometheus_name(name, "")
