"""The manifests of `deploy/k8s` are rendered, valid, and agree with what the services read, serve and need."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, get_args
from urllib.parse import urlsplit

import kubernetes_validate
import pytest
from pydantic import SecretStr
from pydantic_settings import BaseSettings
from tests.support.certificates import make_certificates
from tests.support.kubernetes_schemas import KubernetesSchemas
from tests.support.kustomize import (
    MANIFESTS,
    Manifest,
    environment_of,
    files_of,
    kustomizations,
    of_kind,
    pod_templates,
    render,
)
from tests.support.network_policies import Peer, flows

from fansipan_analytics.settings import AnalyticsSettings
from fansipan_cli.settings import CliSettings
from fansipan_common.contracts import topic_specs
from fansipan_common.kafka import KafkaConnection
from fansipan_common.settings import load_settings
from fansipan_gateway.settings import GatewaySettings
from fansipan_ingest.settings import IngestSettings

SETTINGS: Final[dict[str, type[BaseSettings]]] = {
    "ingest": IngestSettings,
    "analytics": AnalyticsSettings,
    "gateway": GatewaySettings,
    "migrate": CliSettings,
    "topics": CliSettings,
}
SERVICES: Final = ("ingest", "analytics", "gateway")
_SECRETS: Final = "/run/secrets/"
_SECRET_FILES: Final = "/run/secrets/fansipan/"
_DATABASE_CERTIFICATE: Final = "/run/postgres-ca/ca.crt"
_REQUESTS_END_SECONDS: Final = 15  # fansipan_common.server: timeout_graceful_shutdown
_TASKS_END_SECONDS: Final = 15  # analytics: release_timeout_seconds + 5; the others take 10, ingest's MQTT 5
_POOLS_CLOSE_SECONDS: Final = 10  # five for each of the gateway's two
EXAMPLES: Final = {
    "DATABASE_URL": "postgresql://somebody:a-password@postgres.example:5432/fansipan",
    "REDIS_URL": "redis://:a-password@redis.example:6379/0",
    "MQTT_URL": "mqtts://ingest:a-password@mosquitto.example:8883",
    "FANSIPAN_INTERNAL_SECRET": "i" * 64,
    "FANSIPAN_SESSION_SECRET": "s" * 64,
    "FANSIPAN_WEBHOOK_ROOT_KEY": "w" * 64,
    "password": "a-password",
}


@pytest.fixture(
    scope="module", params=kustomizations(), ids=lambda folder: str(folder.relative_to(MANIFESTS))
)
def manifests(request: pytest.FixtureRequest, kustomize: Path) -> list[Manifest]:
    return render(kustomize, request.param)


@pytest.fixture(scope="module")
def prod(kustomize: Path) -> list[Manifest]:
    return render(kustomize, MANIFESTS / "overlays" / "prod")


def services_of(manifests: Sequence[Manifest]) -> dict[str, Manifest]:
    """The Deployments of our own services, by name."""
    return {name: each for name, each in of_kind(manifests, "Deployment").items() if name in SERVICES}


def our_pods(manifests: Sequence[Manifest]) -> Iterator[tuple[str, Manifest]]:
    """Name and pod template of what runs our own code."""
    return ((name, template) for name, template in pod_templates(manifests) if name in SETTINGS)


def variables_of(settings: type[BaseSettings]) -> dict[str, bool]:
    """The names that a class of settings reads, and whether each is a secret."""
    return {
        str(field.validation_alias): field.annotation is SecretStr or SecretStr in get_args(field.annotation)
        for field in settings.model_fields.values()
    }


def test_every_kustomization_is_valid(manifests: list[Manifest], schemas: KubernetesSchemas) -> None:
    assert {*services_of(manifests)} == {*SERVICES}
    # Where Strimzi makes the topics, nobody else does.
    topics = set[str]() if of_kind(manifests, "KafkaTopic") else {"topics"}
    assert {*of_kind(manifests, "Job")} == {"migrate"} | topics
    schemas.check(manifests)


def test_the_schema_check_sees_a_misspelt_field(
    manifests: list[Manifest], schemas: KubernetesSchemas
) -> None:
    deployment = of_kind(manifests, "Deployment")["ingest"]
    spec = deployment["spec"]
    misspelt = deployment | {"spec": {**spec, "progressDeadlineSecond": 60}}
    with pytest.raises(kubernetes_validate.ValidationError):
        schemas.check([misspelt])


def test_pods_are_restricted(manifests: list[Manifest]) -> None:
    accounts = of_kind(manifests, "ServiceAccount")
    (namespace,) = of_kind(manifests, "Namespace").values()
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    for name, template in pod_templates(manifests):
        pod = template["spec"]
        assert accounts[pod["serviceAccountName"]]["automountServiceAccountToken"] is False, name
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["enableServiceLinks"] is False, name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys(), name
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["runAsUser"] > 0, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in pod["containers"] + pod.get("initContainers", []):
            security = container["securityContext"]
            assert security["allowPrivilegeEscalation"] is False, name
            assert security["readOnlyRootFilesystem"] is True, name
            assert security["capabilities"] == {"drop": ["ALL"]}, name
        kinds = {kind for volume in pod["volumes"] for kind in volume if kind != "name"}
        assert kinds <= {"secret", "projected", "configMap", "emptyDir"}, name
        assert all(volume["emptyDir"]["sizeLimit"] for volume in pod["volumes"] if "emptyDir" in volume), name


def test_containers_have_bounds_and_a_version(manifests: list[Manifest]) -> None:
    for name, template in pod_templates(manifests):
        for container in template["spec"]["containers"]:
            resources = container["resources"]
            assert resources["requests"].keys() == resources["limits"].keys() == {"cpu", "memory"}, name
            _, _, tag = container["image"].partition(":")
            assert tag not in ("", "latest"), name


def test_probes_ask_what_the_service_answers(manifests: list[Manifest]) -> None:
    for name, deployment in services_of(manifests).items():
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        paths = {
            probe: container[probe]["httpGet"]
            for probe in ("startupProbe", "livenessProbe", "readinessProbe")
        }
        # What is away must never restart a service: only readiness asks for others.
        assert [where["path"] for where in paths.values()] == ["/healthz", "/healthz", "/readyz"], name
        named = {port["name"] for port in container["ports"]}
        assert {where["port"] for where in paths.values()} <= named, name
        assert container["readinessProbe"]["timeoutSeconds"] > 2, name  # as long as its own checks take


def test_the_gateway_stays_reachable_while_it_answers_from_memory(manifests: list[Manifest]) -> None:
    template = of_kind(manifests, "Deployment")["gateway"]["spec"]["template"]
    probe = template["spec"]["containers"][0]["readinessProbe"]
    patience = probe["periodSeconds"] * probe["failureThreshold"]
    assert patience == GatewaySettings.model_fields["stale_seconds"].default


def test_services_may_finish_what_they_do(manifests: list[Manifest]) -> None:
    release = AnalyticsSettings.model_fields["release_timeout_seconds"].default
    assert release + 5 <= _TASKS_END_SECONDS
    for name, deployment in services_of(manifests).items():
        pod = deployment["spec"]["template"]["spec"]
        hook = pod["containers"][0].get("lifecycle", {}).get("preStop", {}).get("sleep", {"seconds": 0})
        variables = environment_of(manifests, pod["containers"][0])
        parting = float(variables.get("FANSIPAN_PARTING_SECONDS", 0.5))
        needed = hook["seconds"] + parting + _REQUESTS_END_SECONDS + _TASKS_END_SECONDS + _POOLS_CLOSE_SECONDS
        assert pod["terminationGracePeriodSeconds"] > needed, name
        assert (hook["seconds"] > 0) == (name != "analytics"), name  # nobody sends requests to analytics
        assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0, name


def test_every_variable_is_one_that_is_read(manifests: list[Manifest]) -> None:
    for name, template in our_pods(manifests):
        known = variables_of(SETTINGS[name])
        for container in template["spec"]["containers"]:
            for variable in environment_of(manifests, container):
                assert {variable, variable.removesuffix("_FILE")} & known.keys(), (
                    f"{name} does not read {variable}"
                )


def test_secrets_are_only_referred_to(manifests: list[Manifest]) -> None:
    assert not of_kind(manifests, "Secret")
    secret = {
        name for settings in SETTINGS.values() for name, hidden in variables_of(settings).items() if hidden
    }
    assert {*EXAMPLES} - {"password"} < secret
    for name, manifest in of_kind(manifests, "ConfigMap").items():
        assert not secret & manifest["data"].keys(), name
    for name, template in our_pods(manifests):
        for container in template["spec"]["containers"]:
            values = environment_of(manifests, container)
            assert not secret & values.keys(), name
            named = {value for value in values.values() if value.startswith(_SECRETS)}
            # (where the database's certificate is, DATABASE_URL says)
            assert named == files_of(template["spec"], container) - {_DATABASE_CERTIFICATE}, name


@pytest.mark.parametrize("name", SERVICES)
def test_the_services_accept_their_settings(
    manifests: list[Manifest], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pod = of_kind(manifests, "Deployment")[name]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    authority = make_certificates(tmp_path / "tls").authority
    for settings in SETTINGS.values():
        for variable in variables_of(settings):
            monkeypatch.delenv(variable, raising=False)
            monkeypatch.delenv(f"{variable}_FILE", raising=False)
    for variable, value in environment_of(manifests, container).items():
        if value.startswith(_SECRETS):
            key = value.rpartition("/")[2]
            file = authority if key == "ca.crt" else tmp_path / key
            if key != "ca.crt":
                file.write_text(EXAMPLES[key], encoding="utf-8")
            monkeypatch.setenv(variable, str(file))
        else:
            monkeypatch.setenv(variable, value)

    settings: Any = load_settings(SETTINGS[name])

    services = of_kind(manifests, "Service")
    assert settings.host == "0.0.0.0"  # the pod's own address cannot be known before
    assert [port["containerPort"] for port in container["ports"]] == [settings.port]
    assert [port["port"] for port in services[name]["spec"]["ports"]] == [settings.port]
    assert settings.database_url.get_secret_value() == EXAMPLES["DATABASE_URL"]
    kafka = KafkaConnection.of(settings.kafka_bootstrap_servers, settings)
    if of_kind(manifests, "Kafka") and name != "gateway":  # (which never talks to Kafka)
        assert kafka.username in of_kind(manifests, "KafkaUser")
        assert kafka.username == f"kafka-{name}"
        assert kafka.tls is not None
    if name != "analytics":
        assert settings.internal_secret.get_secret_value() == EXAMPLES["FANSIPAN_INTERNAL_SECRET"]
    if name != "ingest":
        assert settings.webhook_root_key.get_secret_value() == EXAMPLES["FANSIPAN_WEBHOOK_ROOT_KEY"]
    if name == "gateway":
        for url in (settings.ingest_url, settings.analytics_url):
            parts = urlsplit(url)
            assert parts.port == services[parts.hostname]["spec"]["ports"][0]["port"]


def test_what_refers_to_pods_finds_them(manifests: list[Manifest]) -> None:
    deployments = services_of(manifests)
    services = of_kind(manifests, "Service")
    budgets = of_kind(manifests, "PodDisruptionBudget")
    scalers = of_kind(manifests, "HorizontalPodAutoscaler") | of_kind(manifests, "ScaledObject")
    assert deployments.keys() == budgets.keys() == scalers.keys()
    assert deployments.keys() <= services.keys()
    for name, deployment in deployments.items():
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        pod = deployment["spec"]["template"]["spec"]
        for selector in (
            deployment["spec"]["selector"]["matchLabels"],
            services[name]["spec"]["selector"],
            budgets[name]["spec"]["selector"]["matchLabels"],
            *(spread["labelSelector"]["matchLabels"] for spread in pod["topologySpreadConstraints"]),
        ):
            assert selector == {"app.kubernetes.io/name": name}
            assert selector.items() <= labels.items()
        assert scalers[name]["spec"]["scaleTargetRef"]["name"] == name
        assert "replicas" not in deployment["spec"], name  # else each apply undoes what the autoscaler did
    for ingress in of_kind(manifests, "Ingress").values():
        for rule in ingress["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                assert path["backend"]["service"]["name"] in services


def test_analytics_has_a_partition_for_each_replica(manifests: list[Manifest]) -> None:
    scalers = of_kind(manifests, "HorizontalPodAutoscaler") | of_kind(manifests, "ScaledObject")
    spec = scalers["analytics"]["spec"]
    partitions = {topic.name: topic.partitions for topic in topic_specs()}
    assert spec.get("maxReplicas", spec.get("maxReplicaCount")) <= partitions["observations.v1"]


def test_the_jobs_can_be_made_before_the_services(prod: list[Manifest]) -> None:
    """`kubectl apply -l app.kubernetes.io/component=setup` makes everything they need, but no service."""
    first = [
        each
        for each in prod
        if each["metadata"].get("labels", {}).get("app.kubernetes.io/component") == "setup"
    ]
    assert {*of_kind(first, "Job")} == {"migrate", "topics"}
    assert not of_kind(first, "Deployment")
    for name, template in pod_templates(first):
        assert template["spec"]["serviceAccountName"] in of_kind(first, "ServiceAccount")
        for container in template["spec"]["containers"]:
            assert environment_of(first, container), name


def test_only_needed_flows_are_let_through(prod: list[Manifest]) -> None:
    policies = [*of_kind(prod, "NetworkPolicy").values()]
    deny = of_kind(prod, "NetworkPolicy")["default-deny"]["spec"]
    assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    pods = {name: Peer({"app.kubernetes.io/name": name}) for name in SETTINGS}
    namespaces = {
        role: Peer(namespace={"fansipan.vn/role": role})
        for role in ("data", "ingress", "monitoring", "other")
    }
    ports = {
        name: service["spec"]["ports"][0]["port"]
        for name, service in of_kind(prod, "Service").items()
        if name in SERVICES
    }

    into = {
        (source, target)
        for source, peer in (pods | namespaces).items()
        for target, port in ports.items()
        if flows(policies, peer, pods[target], port, "http")
    }
    assert into == {
        ("gateway", "ingest"),
        ("gateway", "analytics"),
        *(("ingress", name) for name in ("ingest", "gateway")),
        *(("monitoring", name) for name in SERVICES),
    }

    stores = {"kafka": 9092, "postgres": 5432, "redis": 6379, "mqtt": 8883}
    reached = {
        name: {store for store, port in stores.items() if flows(policies, pod, namespaces["data"], port)}
        for name, pod in pods.items()
    }
    assert reached == {
        "ingest": {"kafka", "postgres", "mqtt"},
        "analytics": {"kafka", "postgres", "redis"},
        "gateway": {"postgres", "redis", "mqtt"},  # never Kafka
        "migrate": {"postgres"},
        "topics": {"kafka"},
    }
    telemetry = {name for name, pod in pods.items() if flows(policies, pod, namespaces["monitoring"], 4318)}
    assert telemetry == {*SERVICES}
    assert not any(
        flows(policies, pod, peer, port)
        for pod in pods.values()
        for peer in (namespaces["other"], Peer(address="203.0.113.7"))
        for port in (80, 443, *stores.values())
    )


def test_each_image_is_made_for_its_pods(manifests: list[Manifest]) -> None:
    for name, template in our_pods(manifests):
        pod = template["spec"]
        for container in pod["containers"]:
            image = container["image"].rpartition(":")[0].rpartition("/")[2]
            place = MANIFESTS.parents[1] / ("libs" if image == "cli" else "services") / image
            lines = (place / "Dockerfile").read_text(encoding="utf-8").splitlines()
            user, group = pod["securityContext"]["runAsUser"], pod["securityContext"]["runAsGroup"]
            assert f"USER {user}:{group}" in lines, name
            exposed = [int(line.split()[1]) for line in lines if line.startswith("EXPOSE")]
            assert exposed == [port["containerPort"] for port in container.get("ports", [])], name
            given = re.findall(r"\bFANSIPAN_[A-Z_]+(?==)", "\n".join(lines))
            assert {*given} <= variables_of(SETTINGS[name]).keys(), name
            (entry,) = (line for line in lines if line.startswith("ENTRYPOINT"))
            assert (f'"fansipan_{name}"' in entry) == (image == name), name
