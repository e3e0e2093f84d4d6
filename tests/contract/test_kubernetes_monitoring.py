"""What the components for monitoring name is what the services have, and what the rules expect."""

import json
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from tests.support.kustomize import (
    MANIFESTS,
    Manifest,
    NoKustomizeError,
    find_kustomize,
    of_kind,
    pod_templates,
    render,
)
from tests.support.promql import Use, uses

from fansipan_observability.backups import DATABASE_JOB
from fansipan_observability.brokers import BROKER_METRICS, BROKERS_JOB
from fansipan_observability.promql import SERVICES

pytestmark = pytest.mark.contract
RULES: Final = MANIFESTS.parent / "observability" / "rules"
DASHBOARDS: Final = MANIFESTS.parent / "observability" / "dashboards"
SCRAPE: Final = Path(__file__).parents[1] / "support" / "brokers.prom"
STORES: Final = MANIFESTS.parent / "observability" / "stores"


def rendered(name: str) -> list[Manifest]:
    try:
        kustomize = find_kustomize()
    except NoKustomizeError as error:
        pytest.skip(str(error))
    return render(kustomize, MANIFESTS / "tests" / name)


@pytest.fixture(scope="module")
def watched() -> list[Manifest]:
    return rendered("watched")


@pytest.fixture(scope="module")
def with_kafka() -> list[Manifest]:
    return rendered("scaled")


def test_every_service_is_scraped_under_its_name(watched: list[Manifest]):
    monitor = of_kind(watched, "ServiceMonitor")["fansipan"]["spec"]
    [expression] = monitor["selector"]["matchExpressions"]
    assert sorted(expression["values"]) == sorted(SERVICES)  # the rules ask for jobs of these names
    services = of_kind(watched, "Service")
    [endpoint] = monitor["endpoints"]
    for name in expression["values"]:
        labels = services[name]["metadata"]["labels"]
        assert labels[expression["key"]] == labels[monitor["jobLabel"]] == name
        assert endpoint["port"] in {port["name"] for port in services[name]["spec"]["ports"]}


def test_rules_and_dashboards_are_those_of_the_folder(watched: list[Manifest]):
    groups = of_kind(watched, "PrometheusRule")["fansipan"]["spec"]["groups"]
    expected = [group for path in RULES.iterdir() for group in _yaml(path)["groups"]]
    assert sorted(groups, key=_name) == sorted(expected, key=_name)
    dashboards = of_kind(watched, "ConfigMap")["fansipan-dashboards"]
    assert dashboards["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert dashboards["data"] == {
        path.name: path.read_text(encoding="utf-8") for path in DASHBOARDS.iterdir()
    }
    for text in dashboards["data"].values():
        assert json.loads(text)["uid"].startswith("fansipan-")


def test_rules_and_dashboard_of_the_stores_are_those_of_the_folder(with_kafka: list[Manifest]):
    groups = of_kind(with_kafka, "PrometheusRule")["fansipan-stores"]["spec"]["groups"]
    expected = [group for path in STORES.glob("*.yaml") for group in _yaml(path)["groups"]]
    assert sorted(groups, key=_name) == sorted(expected, key=_name)
    dashboards = of_kind(with_kafka, "ConfigMap")["kafka-dashboard"]
    assert dashboards["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert dashboards["data"] == {"brokers.json": (STORES / "brokers.json").read_text(encoding="utf-8")}


def questions_to_brokers() -> list[Use]:
    """What rules and dashboard ask Kafka's nodes for."""
    expressions = [
        rule["expr"] for group in _yaml(STORES / "brokers.yaml")["groups"] for rule in group["rules"]
    ]
    for panel in json.loads((STORES / "brokers.json").read_text(encoding="utf-8"))["panels"]:
        expressions += [target["expr"] for target in panel.get("targets", [])]
    return [use for expression in expressions for use in uses(expression)]


def test_the_brokers_show_what_is_asked_and_no_more(with_kafka: list[Manifest]):
    names = {metric.series: metric.name for metric in BROKER_METRICS}
    asked = {names[use.metric] for use in questions_to_brokers()}
    reporter = of_kind(with_kafka, "Kafka")["fansipan"]["spec"]["kafka"]["metricsConfig"]
    assert reporter["type"] == "strimziMetricsReporter"
    assert sorted(reporter["values"]["allowList"]) == sorted(asked) == sorted(names.values())


def test_strimzis_reporter_has_answered_all_that_is_asked():
    """By a scrape that was kept."""
    text = SCRAPE.read_text(encoding="utf-8")
    shown: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            shown.setdefault(sample.name, set()).update(sample.labels)
    for use in questions_to_brokers():
        assert use.metric in shown
        assert use.labels <= shown[use.metric] | {"job", "instance"}, use.metric


def test_the_stores_are_scraped_under_the_jobs_of_the_rules(with_kafka: list[Manifest]):
    monitor = of_kind(with_kafka, "PodMonitor")["kafka"]["spec"]
    assert monitor["selector"]["matchLabels"] == {
        "strimzi.io/cluster": of_kind(with_kafka, "Kafka")["fansipan"]["metadata"]["name"]
    }
    [nodes] = [each for each in monitor["podMetricsEndpoints"] if each["port"] == "tcp-prometheus"]
    labels = {each["targetLabel"]: each for each in nodes["relabelings"]}
    assert labels["job"]["replacement"] == BROKERS_JOB
    assert labels["instance"]["sourceLabels"] == ["__meta_kubernetes_pod_name"]
    [instances] = of_kind(with_kafka, "PodMonitor")["postgres"]["spec"]["podMetricsEndpoints"]
    labels = {each["targetLabel"]: each for each in instances["relabelings"]}
    assert labels["job"]["replacement"] == DATABASE_JOB


def test_traces_go_to_the_collector_and_on(watched: list[Manifest]):
    name = "opentelemetry-collector"
    maps = of_kind(watched, "ConfigMap")
    [config] = [each["data"]["config.yaml"] for each in maps.values() if "config.yaml" in each["data"]]
    collector = yaml.safe_load(config)
    [container] = dict(pod_templates(watched))[name]["spec"]["containers"]
    ports = {port["containerPort"] for port in container["ports"]}
    address = collector["receivers"]["otlp"]["protocols"]["http"]["endpoint"]
    listening = int(address.rpartition(":")[2])
    assert listening in ports
    for service in SERVICES:
        [settings] = [each["data"] for key, each in maps.items() if key.startswith(f"{service}-")]
        endpoint = urlsplit(settings["OTEL_EXPORTER_OTLP_ENDPOINT"])
        assert (endpoint.hostname, endpoint.port) == (name, listening)
    [settings] = [each["data"] for key, each in maps.items() if key.startswith(f"{name}-settings-")]
    assert collector["exporters"]["otlp_http"]["endpoint"] == "${env:OTLP_ENDPOINT}"
    onward = urlsplit(settings["OTLP_ENDPOINT"])
    for pipeline in collector["service"]["pipelines"].values():
        assert {*pipeline["receivers"]} <= collector["receivers"].keys()
        assert {*pipeline["processors"]} <= collector["processors"].keys()
        assert {*pipeline["exporters"]} <= collector["exporters"].keys()
        assert pipeline["processors"][0] == "memory_limiter"
    policies = of_kind(watched, "NetworkPolicy")
    assert _ports(policies[name], "ingress") == {listening, 8888}
    assert _ports(policies[name], "egress") == {onward.port}
    assert _ports(policies[f"to-{name}"], "egress") == {listening}
    probes = {container[probe]["httpGet"]["port"] for probe in ("livenessProbe", "readinessProbe")}
    named = {port["name"]: port["containerPort"] for port in container["ports"]}
    health = int(collector["extensions"]["health_check"]["endpoint"].rpartition(":")[2])
    assert {named[port] for port in probes} == {health}


def _ports(policy: Manifest, direction: str) -> set[int]:
    return {port["port"] for rule in policy["spec"][direction] for port in rule["ports"]}


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _name(group: dict[str, Any]) -> str:
    return group["name"]
