"""What a broker shows of itself, under the names that Strimzi's Metrics Reporter gives: by the reporter, or by JMX."""

import csv
import io
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import httpx
from prometheus_client.parser import text_string_to_metric_families

_SECONDS: Final = 30.0
_ATTEMPTS: Final = 3
_BEANS: Final = (
    "kafka.controller:type=KafkaController,name=*",
    "kafka.controller:type=ControllerStats,name=*",
    "kafka.log:type=Log,name=Size,*",
    "kafka.log:type=LogManager,name=*",
    "kafka.network:type=RequestMetrics,name=TotalTimeMs,*",
    "kafka.server:type=BrokerTopicMetrics,*",
    "kafka.server:type=KafkaRequestHandlerPool,name=*",
    "kafka.server:type=KafkaServer,name=BrokerState",
    "kafka.server:type=ReplicaManager,name=*",
)
"""All that rules and dashboard ask for, and more of their kinds."""
_BEAN: Final = re.compile(r"(?P<domain>kafka\.\w+):(?P<keys>.*):(?P<attribute>\w+)")
# Of Kafka's own kinds of metrics: gauges have `Value`; meters count; timers and histograms have quantiles, too.
_QUANTILES: Final = {
    "50thPercentile": "0.5",
    "75thPercentile": "0.75",
    "95thPercentile": "0.95",
    "98thPercentile": "0.98",
    "99thPercentile": "0.99",
    "999thPercentile": "0.999",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """A series of a broker, and its value."""

    series: str
    labels: tuple[tuple[str, str], ...]
    value: float


class Reader(Protocol):
    """Reads what a broker shows now."""

    def read(self) -> list[Sample]: ...


class ReporterReader:
    """A scrape, as Prometheus makes it.

    Args:
        port: where the reporter listens.
    """

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/metrics"

    def read(self) -> list[Sample]:
        """Every series of the scrape."""
        answer = httpx.get(self._url, timeout=_SECONDS).raise_for_status()
        return [
            Sample(sample.name, tuple(sorted(sample.labels.items())), sample.value)
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        ]


class JmxReader:
    """Kafka's JmxTool, with the names that the reporter would give.

    Args:
        java: the command.
        tools: folder with the jars of Kafka's tools.
        port: where the broker's JVM listens for JMX.
    """

    def __init__(self, java: str, tools: Path, port: int) -> None:
        self._command = [
            *(java, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", f"{tools}/*"),
            *("org.apache.kafka.tools.JmxTool", "--one-time"),
            *("--jmx-url", f"service:jmx:rmi:///jndi/rmi://127.0.0.1:{port}/jmxrmi"),
            *(part for bean in _BEANS for part in ("--object-name", bean)),
        ]

    def read(self) -> list[Sample]:
        """Every metric of these kinds."""
        output = self._run()
        lines = output[output.index('"time"') :]  # what its logging says comes before
        names, values = list(csv.reader(io.StringIO(lines)))[:2]
        beans: dict[str, dict[str, str]] = {}
        for name, value in zip(names[1:], values[1:], strict=True):
            if found := _BEAN.fullmatch(name):
                beans.setdefault(f"{found['domain']}:{found['keys']}", {})[found["attribute"]] = value
        return [sample for bean, attributes in beans.items() for sample in _samples(bean, attributes)]

    def _run(self) -> str:
        """Again when it fails: it lists the metrics first, and does not bear that one goes (a log on a lost disk)."""
        for attempt in range(1, _ATTEMPTS + 1):
            done = subprocess.run(
                self._command, capture_output=True, text=True, timeout=_SECONDS, check=False
            )
            if done.returncode == 0:
                return done.stdout
            assert attempt < _ATTEMPTS, done.stdout[-1000:] + done.stderr[-2000:]
        raise AssertionError("no attempt was made")


def _samples(bean: str, attributes: dict[str, str]) -> list[Sample]:
    domain, _, rest = bean.partition(":")
    pairs = [part.partition("=") for part in rest.split(",")]
    keys = {name: value for name, _, value in pairs}
    if "type" not in keys or "name" not in keys:
        return []
    words = (domain, keys.pop("type"), keys.pop("name"))
    series = re.sub(r"[^a-z0-9_]", "_", "_".join(words).lower())
    labels = tuple(sorted(keys.items()))
    if "Value" in attributes:
        try:
            return [Sample(series, labels, float(attributes["Value"]))]
        except ValueError:  # a text: the reporter makes an `…_info` of it
            return []
    quantiles = [
        Sample(series, tuple(sorted([*labels, ("quantile", quantile)])), float(attributes[name]))
        for name, quantile in _QUANTILES.items()
        if name in attributes
    ]
    suffix = "_count" if quantiles else "_total"
    return [*quantiles, Sample(series + suffix, labels, float(attributes["Count"]))]
