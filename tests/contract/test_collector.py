"""The real Collector reads our configurations, and does with what our services send as they say.

Its program: `tests/support/opentelemetry_collector`.
"""

import asyncio
import json
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Final

import httpx
import pytest
import yaml
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from prometheus_client.parser import text_string_to_metric_families
from tests.support.compose import COMPOSE
from tests.support.kustomize import (
    MANIFESTS,
    Manifest,
    environment_of,
    kustomizations,
    pod_templates,
    render,
)
from tests.support.opentelemetry_collector import (
    BUILD_SECONDS,
    VERSION,
    Collector,
    Configuration,
    NoCollectorError,
    find_collector,
    validate,
)
from tests.support.otlp_receiver import Collector as Receiver

ROOT: Final = Path(__file__).parents[2]
POD: Final = MANIFESTS / "components" / "opentelemetry-collector" / "config.yaml"
CONTAINER: Final = ROOT / "deploy" / "compose" / "collector" / "config.yaml"
NAME: Final = "opentelemetry-collector"
MEBIBYTE: Final = 1024 * 1024
SECONDS: Final = 40.0
pytestmark = pytest.mark.timeout(BUILD_SECONDS + 100)


@pytest.fixture(scope="module")
def command() -> Path:
    try:
        return find_collector()
    except NoCollectorError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def watched(kustomize: Path) -> list[Manifest]:
    return render(kustomize, MANIFESTS / "tests" / "watched")


@pytest.fixture(scope="module")
def container(watched: list[Manifest]) -> Manifest:
    [container] = dict(pod_templates(watched))[NAME]["spec"]["containers"]
    return container


@pytest.fixture
def receiver() -> Generator[Receiver]:
    """What the traces are sent on to."""
    with Receiver() as receiver:
        yield receiver


def read(path: Path) -> Configuration:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def in_the_pod(container: Manifest) -> Configuration:
    """The configuration with the bound in bytes that its percentages come to in the pod; here they would be of the
    whole machine."""
    configuration = read(POD)
    limiter = configuration["processors"]["memory_limiter"]
    bytes_ = mebibytes(container["resources"]["limits"]["memory"])
    limiter["limit_mib"] = bytes_ * limiter.pop("limit_percentage") // 100
    limiter["spike_limit_mib"] = bytes_ * limiter.pop("spike_limit_percentage") // 100
    return configuration


def mebibytes(quantity: str) -> int:
    assert quantity.endswith("Mi")
    return int(quantity.removesuffix("Mi"))


async def send(endpoint: str, requests: Mapping[str, int]) -> None:
    """A service of ours answers so many requests to each path, and tells of it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.opentelemetry_collector.send", json.dumps(requests)),
        cwd=ROOT,
        env={**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint},
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(SECONDS):
        _, log = await process.communicate()
    assert (process.returncode, log.decode()) == (0, "")


async def until(enough: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not enough():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)


def kept(receiver: Receiver) -> Counter[str]:
    """How many traces of each path have come through, each with all its spans, and none of them twice."""
    traces: defaultdict[str, list[Span]] = defaultdict(list)
    for seen in receiver.spans:
        traces[seen.trace_id].append(seen.span)
    counted: Counter[str] = Counter()
    for spans in traces.values():
        [request] = [span for span in spans if span.kind == Span.SPAN_KIND_SERVER]
        [work] = [span for span in spans if span.kind == Span.SPAN_KIND_INTERNAL]
        assert work.parent_span_id == request.span_id
        counted[request.name.removeprefix("GET ")] += 1
    return counted


async def own_metrics(collector: Collector, http: httpx.AsyncClient) -> Counter[str]:
    """The Collector's own counters."""
    text = (await http.get(f"http://{collector.address(8888)}/metrics")).text
    counted: Counter[str] = Counter()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            counted[sample.name] += int(sample.value)
    return counted


def test_the_version_is_the_one_that_is_deployed(kustomize: Path):
    compose = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]["otel-collector"]
    assert compose["image"] == f"otel/opentelemetry-collector:{VERSION}"
    images: set[str] = set()
    for folder in (*kustomizations(), MANIFESTS / "tests" / "watched"):
        pods = dict(pod_templates(render(kustomize, folder)))
        if NAME in pods:
            images |= {each["image"] for each in pods[NAME]["spec"]["containers"]}
    assert images == {f"otel/opentelemetry-collector-contrib:{VERSION}"}


def test_the_configurations_are_valid(
    command: Path, watched: list[Manifest], container: Manifest, tmp_path: Path
):
    assert validate(command, POD, environment_of(watched, container)) == ""
    assert validate(command, CONTAINER, {}) == ""
    (tmp_path / "wrong.yaml").write_text(POD.read_text(encoding="utf-8").replace("policies", "polices"))
    assert "polices" in validate(command, tmp_path / "wrong.yaml", environment_of(watched, container))


async def test_in_kubernetes_what_failed_or_was_slow_is_kept_and_a_tenth_of_the_others(
    command: Path,
    watched: list[Manifest],
    container: Manifest,
    receiver: Receiver,
    http: httpx.AsyncClient,
    tmp_path: Path,
):
    environment = {**environment_of(watched, container), "OTLP_ENDPOINT": receiver.endpoint}
    with Collector(command, in_the_pod(container), environment, tmp_path) as collector:
        assert collector.listens == {each["containerPort"] for each in container["ports"]}
        [health] = [each["containerPort"] for each in container["ports"] if each["name"] == "health"]
        path = container["readinessProbe"]["httpGet"]["path"]
        answer = await collector.answers(f"http://{collector.address(health)}{path}", http)
        assert answer.status_code == 200, answer.text
        sent = {"/failed": 30, "/slow": 30, "/quick": 2000, "/wrong": 100}
        await send(f"http://{collector.address(4318)}", sent)
        await until(lambda: kept(receiver)["/failed"] == kept(receiver)["/slow"] == 30)
        await until(lambda: len(receiver.spans) >= 2 * 200)
        counted = await own_metrics(collector, http)
        assert counted["otelcol_receiver_accepted_spans_total"] == 2 * sum(sent.values())
        assert counted["otelcol_receiver_accepted_metric_points_total"] > 0
        assert counted["otelcol_receiver_refused_spans_total"] == 0
        assert collector.stop() == 0
        assert collector.complaints == []
    found = kept(receiver)
    assert found["/failed"] == found["/slow"] == 30
    # A tenth of 2100, and some more where the machine is so busy that they are slow.
    assert 120 < found["/quick"] + found["/wrong"] < 340
    assert receiver.metrics == {}


async def test_in_kubernetes_what_does_not_fit_is_refused_for_a_while(
    command: Path,
    watched: list[Manifest],
    container: Manifest,
    receiver: Receiver,
    http: httpx.AsyncClient,
    tmp_path: Path,
):
    environment = {**environment_of(watched, container), "OTLP_ENDPOINT": receiver.endpoint}
    large = Span(trace_id=b"1" * 16, span_id=b"1" * 8, name="x" * MEBIBYTE)
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.append(large)
    with Collector(command, in_the_pod(container), environment, tmp_path) as collector:
        await collector.answers(f"http://{collector.address(13133)}/", http)

        async def answer() -> int:
            post = await http.post(
                f"http://{collector.address(4318)}/v1/traces",
                content=request.SerializeToString(),
                headers={"content-type": "application/x-protobuf"},
            )
            return post.status_code

        taken = 0
        while (status := await answer()) == 200:
            taken += 1
            assert taken < 512
            await asyncio.sleep(0.01)  # it looks once a second how much there is
        assert status == 503  # which OTLP says to send again
        assert taken > 100
        assert collector.peak_memory < mebibytes(container["resources"]["limits"]["memory"]) * MEBIBYTE
        async with asyncio.timeout(SECONDS):
            while await answer() != 200:
                await asyncio.sleep(0.5)
        assert collector.stop() == 0


async def test_with_docker_all_traces_go_to_jaeger(
    command: Path, receiver: Receiver, http: httpx.AsyncClient, tmp_path: Path
):
    jaeger: Configuration = {
        "receivers": {"otlp": {"protocols": {"grpc": {"endpoint": "0.0.0.0:4317"}}}},
        "exporters": {"otlp_http": {"endpoint": receiver.endpoint}},
        "service": {
            "pipelines": {"traces": {"receivers": ["otlp"], "exporters": ["otlp_http"]}},
            "telemetry": {"metrics": {"level": "none"}},
        },
    }
    service = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]["otel-collector"]
    configuration = read(CONTAINER)
    (folder := tmp_path / "jaeger").mkdir()
    with Collector(command, jaeger, {}, folder) as onward:
        exporter = configuration["exporters"]["otlp_grpc/jaeger"]
        assert exporter["endpoint"] == "jaeger:4317"
        exporter["endpoint"] = onward.address(4317)
        with Collector(command, configuration, service["environment"], tmp_path) as collector:
            assert collector.listens == {4317, 4318, 8888}
            await collector.answers(f"http://{collector.address(8888)}/metrics", http)
            sent = {"/failed": 10, "/slow": 10, "/quick": 500}
            await send(f"http://{collector.address(4318)}", sent)
            await until(lambda: len(receiver.spans) == 2 * sum(sent.values()))
            counted = await own_metrics(collector, http)
            assert counted["otelcol_receiver_accepted_metric_points_total"] > 0
            assert collector.stop() == 0
            assert collector.complaints == []
    assert kept(receiver) == sent
    assert receiver.metrics == {}
