"""The stores that components of `deploy/k8s` bring agree with the code: topics, rights, roles, who talks to whom."""

import base64
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from tests.support.kubernetes_schemas import KubernetesSchemas
from tests.support.kustomize import (
    MANIFESTS,
    Manifest,
    combine,
    of_kind,
    pod_templates,
    render,
    secrets_of,
)
from tests.support.network_policies import Peer, flows

import fansipan_db
from fansipan_analytics.settings import AnalyticsSettings
from fansipan_common.connections import MOST_CONNECTIONS
from fansipan_common.contracts import TopicName, topic_specs
from fansipan_local.parts.mosquitto import Mosquitto

_DOCS: Final = Path(__file__).parents[2] / "docs"
STORES: Final = (
    "network-policies",
    "mqtt",
    "kafka-strimzi",
    "keda",
    "redis",
    "mosquitto",
    "external-secrets",
    "external-secrets-stores",
    "cert-manager-mosquitto",
    "stores-monitoring",
)


def rendered(kustomize: Path, folder: Path, *names: str) -> list[Manifest]:
    combine(folder.resolve(), [MANIFESTS / "components" / name for name in names])
    return render(kustomize, folder.resolve())


@pytest.fixture(scope="module")
def large(kustomize: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Manifest]:
    return rendered(kustomize, tmp_path_factory.mktemp("large"), *STORES, "postgres-cloudnativepg")


@pytest.fixture(scope="module")
def small(kustomize: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Manifest]:
    return rendered(kustomize, tmp_path_factory.mktemp("small"), *STORES, "postgres")


def test_kafka_has_the_topics_of_the_contracts(large: list[Manifest]) -> None:
    made = {
        name: (
            topic["spec"]["partitions"],
            {key: str(value) for key, value in topic["spec"]["config"].items()},
        )
        for name, topic in of_kind(large, "KafkaTopic").items()
    }
    assert made == {spec.name: (spec.partitions, spec.config) for spec in topic_specs()}
    kafka = of_kind(large, "Kafka")["fansipan"]["spec"]["kafka"]
    assert kafka["config"]["auto.create.topics.enable"] is False
    copies = {topic["spec"]["replicas"] for topic in of_kind(large, "KafkaTopic").values()}
    nodes = of_kind(large, "KafkaNodePool")["nodes"]["spec"]["replicas"]
    assert copies == {3}
    assert kafka["config"]["min.insync.replicas"] < 3 <= nodes
    assert "topics" not in of_kind(large, "Job")


def test_whoever_uses_kafka_may_do_that_and_no_more(large: list[Manifest]) -> None:
    rights: dict[str, dict[str, set[str]]] = {}
    for name, user in of_kind(large, "KafkaUser").items():
        rights[name] = {}
        for acl in user["spec"]["authorization"]["acls"]:
            resource = acl["resource"]
            assert acl.get("type", "allow") == "allow"
            rights[name][resource["name"]] = {*acl["operations"]}
    observations, events, dead = TopicName.OBSERVATIONS, TopicName.SERVICE_EVENTS, TopicName.DEAD_LETTER
    assert rights == {
        "kafka-ingest": {topic: {"Describe", "Write"} for topic in (observations, events, dead)},
        "kafka-analytics": {
            observations: {"Describe", "Read"},
            events: {"Describe", "Read"},
            dead: {"Describe", "Read", "Write"},
            TopicName.INDICATOR_VALUES: {"Describe", "Write"},
            TopicName.ALERTS: {"Describe", "Write"},
            "fansipan-": {"Read"},
        },
        "kafka-keda": {
            observations: {"Describe"},
            events: {"Describe"},
            AnalyticsSettings.model_fields["kafka_group"].default: {"Describe"},
        },
        "kafka-cli": {topic: {"Describe", "Read"} for topic in (observations, events, dead)},
    }
    (listener,) = of_kind(large, "Kafka")["fansipan"]["spec"]["kafka"]["listeners"]
    assert listener["tls"] is True  # nobody comes in without a name and a password
    assert listener["authentication"] == {"type": "scram-sha-512"}


def test_analytics_is_scaled_by_its_own_lag(large: list[Manifest]) -> None:
    spec = of_kind(large, "ScaledObject")["analytics"]["spec"]
    group = AnalyticsSettings.model_fields["kafka_group"].default
    lags = [trigger["metadata"] for trigger in spec["triggers"] if trigger["type"] == "kafka"]
    assert {lag["topic"] for lag in lags} == {TopicName.OBSERVATIONS, TopicName.SERVICE_EVENTS}
    assert {lag["consumerGroup"] for lag in lags} == {group}
    (servers,) = {lag["bootstrapServers"] for lag in lags}
    settings = next(
        each["data"] for name, each in of_kind(large, "ConfigMap").items() if name.startswith("fansipan-")
    )
    assert settings["KAFKA_BOOTSTRAP_SERVERS"] == servers
    assert "analytics" not in of_kind(large, "HorizontalPodAutoscaler")
    # What KEDA takes from nowhere else.
    access = of_kind(large, "TriggerAuthentication")["kafka-keda"]["spec"]
    (name,), secret = access["configMapTargetRef"], access["secretTargetRef"]
    assert name["parameter"] == "username"
    assert of_kind(large, "ConfigMap")[name["name"]]["data"][name["key"]] in of_kind(large, "KafkaUser")
    assert {each["parameter"]: each["key"] for each in secret} == {"password": "password", "ca": "ca.crt"}


def database_roles() -> set[str]:
    script = Path(fansipan_db.__file__).parent / "repeatable" / "020_roles.sql"
    (listed,) = re.findall(r"FOREACH wanted IN ARRAY ARRAY\[(.*?)\]", script.read_text(encoding="utf-8"))
    return {*re.findall(r"'(\w+)'", listed)}


def test_the_database_has_the_roles_of_the_migrations(large: list[Manifest], small: list[Manifest]) -> None:
    spec = of_kind(large, "Cluster")["postgres"]["spec"]
    managed = {role["name"]: role for role in spec["managed"]["roles"]}
    assert managed.keys() == database_roles()
    for name, role in managed.items():
        assert role == {
            "name": name,
            "login": True,
            "passwordSecret": {"name": "postgres-" + name.removeprefix("fansipan_")},
        }
    assert "timescaledb" in spec["postgresql"]["shared_preload_libraries"]
    script = next(
        each["data"]["make-roles.sh"]
        for each in of_kind(small, "ConfigMap").values()
        if "make-roles.sh" in each["data"]
    )
    (services,) = re.findall(r"for service in (.*); do", script)
    assert {f"fansipan_{service}" for service in services.split()} == database_roles()


def test_the_database_takes_all_connections(large: list[Manifest], small: list[Manifest]) -> None:
    """The connections of each service, times the replicas there may be, and ten for people."""
    most = {
        name: scaler["spec"].get("maxReplicas", scaler["spec"].get("maxReplicaCount"))
        for name, scaler in (
            of_kind(large, "HorizontalPodAutoscaler") | of_kind(large, "ScaledObject")
        ).items()
    }
    taken = sum(count * most[name] for name, count in MOST_CONNECTIONS.items())
    needed = taken + 10
    each = ", ".join(f"{name} {count}" for name, count in MOST_CONNECTIONS.items())
    for page in ("kubernetes.md", "scaling.md"):
        said = (_DOCS / page).read_text(encoding="utf-8")
        assert each in said, page
        assert f" {taken}" in said, page
    parameters = of_kind(large, "Cluster")["postgres"]["spec"]["postgresql"]["parameters"]
    assert needed <= int(parameters["max_connections"])
    (container,) = of_kind(small, "StatefulSet")["postgres"]["spec"]["template"]["spec"]["containers"]
    assert f"--max_connections={parameters['max_connections']}" in container["args"]


def test_backups_go_where_the_cluster_writes_its_log(large: list[Manifest]) -> None:
    (plugin,) = of_kind(large, "Cluster")["postgres"]["spec"]["plugins"]
    assert plugin["isWALArchiver"] is True
    assert plugin["parameters"]["barmanObjectName"] in of_kind(large, "ObjectStore")
    (schedule,) = of_kind(large, "ScheduledBackup").values()
    assert schedule["spec"]["cluster"]["name"] in of_kind(large, "Cluster")
    assert schedule["spec"]["pluginConfiguration"]["name"] == plugin["name"]


@pytest.mark.parametrize("size", ["large", "small"])
def test_pods_of_stores_are_restricted(size: str, request: pytest.FixtureRequest) -> None:
    manifests: list[Manifest] = request.getfixturevalue(size)
    accounts = of_kind(manifests, "ServiceAccount")
    for name, template in pod_templates(manifests):
        pod = template["spec"]
        assert accounts[pod["serviceAccountName"]]["automountServiceAccountToken"] is False, name
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name
            assert container["resources"]["requests"].keys() == container["resources"]["limits"].keys(), name
            assert (
                "livenessProbe" in container
                or template["metadata"]["labels"].get("app.kubernetes.io/component") == "setup"
            ), name


def strimzi_pods(manifests: list[Manifest]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Pod and container security of each template that Strimzi makes pods by."""
    kafka = of_kind(manifests, "Kafka")["fansipan"]["spec"]
    nodes = of_kind(manifests, "KafkaNodePool")["nodes"]["spec"]["template"]
    operator, exporter = kafka["entityOperator"]["template"], kafka["kafkaExporter"]["template"]
    return [
        (nodes["pod"], nodes["kafkaContainer"]),
        (operator["pod"], operator["topicOperatorContainer"]),
        (operator["pod"], operator["userOperatorContainer"]),
        (exporter["pod"], exporter["container"]),
    ]


def test_pods_of_strimzi_are_restricted(large: list[Manifest]) -> None:
    for pod, container in strimzi_pods(large):
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        }


@pytest.mark.parametrize("size", ["large", "small"])
def test_every_secret_comes_from_somewhere(size: str, request: pytest.FixtureRequest) -> None:
    manifests: list[Manifest] = request.getfixturevalue(size)
    from_outside = {*of_kind(manifests, "ExternalSecret")}
    made = from_outside | {*of_kind(manifests, "KafkaUser")} | {"fansipan-cluster-ca-cert"}
    made |= {each["spec"]["secretName"] for each in of_kind(manifests, "Certificate").values()}
    needed = {name for _, template in pod_templates(manifests) for name in secrets_of(template["spec"])}
    if size == "large":
        made |= {"postgres-ca"}
        cluster = of_kind(manifests, "Cluster")["postgres"]["spec"]
        needed |= {role["passwordSecret"]["name"] for role in cluster["managed"]["roles"]}
        needed |= {cluster["bootstrap"]["initdb"]["secret"]["name"]}
        store = of_kind(manifests, "ObjectStore")["postgres-backups"]["spec"]["configuration"]
        needed |= {reference["name"] for reference in store["s3Credentials"].values()}
    assert needed <= made
    unused = from_outside - needed
    assert unused <= ({"postgres-backups"} if size == "small" else set())


@pytest.mark.parametrize("size", ["large", "small"])
def test_the_stores_can_be_made_first(size: str, request: pytest.FixtureRequest) -> None:
    """`kubectl apply -l app.kubernetes.io/component=stores` makes all that their pods refer to, and no service."""
    manifests: list[Manifest] = request.getfixturevalue(size)
    first = [
        each
        for each in manifests
        if each["metadata"].get("labels", {}).get("app.kubernetes.io/component") == "stores"
    ]
    pods = dict(pod_templates(first))
    assert pods.keys() == {"redis", "mosquitto"} | ({"postgres"} if size == "small" else set())
    made = {*of_kind(first, "ExternalSecret")}
    made |= {each["spec"]["secretName"] for each in of_kind(first, "Certificate").values()}
    for name, template in pods.items():
        pod = template["spec"]
        assert pod["serviceAccountName"] in of_kind(first, "ServiceAccount"), name
        assert secrets_of(pod).keys() <= made, name
        for volume in pod["volumes"]:
            assert "configMap" not in volume or volume["configMap"]["name"] in of_kind(first, "ConfigMap")
        assert name in of_kind(first, "Service")
    kinds = {each["kind"] for each in first}
    assert {"Kafka", "KafkaNodePool", "KafkaTopic", "KafkaUser"} <= kinds
    assert size == "small" or {"Cluster", "ObjectStore", "ScheduledBackup"} <= kinds


@pytest.mark.parametrize("size", ["large", "small"])
def test_what_makes_secrets_makes_all_that_are_named(size: str, request: pytest.FixtureRequest) -> None:
    manifests: list[Manifest] = request.getfixturevalue(size)
    command = [sys.executable, str(MANIFESTS / "make_secrets.py"), *(["--small"] if size == "small" else [])]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    made = {each["metadata"]["name"]: each for each in json.loads(done.stdout)["items"]}
    assert made.keys() == {*of_kind(manifests, "ExternalSecret")} - {"postgres-backups"}
    KubernetesSchemas().check(made.values())
    for _, template in pod_templates(manifests):
        for name, keys in secrets_of(template["spec"]).items():
            assert name not in made or keys <= made[name]["stringData"].keys()
    for name, secret in made.items():
        outside = of_kind(manifests, "ExternalSecret")[name]["spec"]["target"]
        assert secret["type"] == outside.get("template", {}).get("type", "Opaque")

    hosts: set[tuple[str | None, int | None]] = set()
    for name in ("ingest", "analytics", "gateway", "migrate"):
        url = urlsplit(made[f"{name}-secrets"]["stringData"]["DATABASE_URL"])
        role = made["postgres-owner" if name == "migrate" else f"postgres-{name}"]["stringData"]
        assert (url.username, url.password) == (role["username"], role["password"])
        assert ("sslmode=verify-full" in url.query) == (size == "large")
        hosts.add((url.hostname, url.port))
    # CloudNativePG calls the Service of the first instance so.
    assert hosts == {("postgres-rw" if size == "large" else "postgres", 5432)}
    assert size == "large" or "postgres" in of_kind(manifests, "Service")
    users = {
        client["username"]: client
        for client in json.loads(made["mosquitto"]["stringData"]["dynamic-security.json"])["clients"]
    }
    for name in ("ingest", "gateway"):
        url = urlsplit(made[f"{name}-secrets"]["stringData"]["MQTT_URL"])
        user = users[str(url.username)]
        salt, password = base64.b64decode(user["salt"]), str(url.password).encode()
        digest = hashlib.pbkdf2_hmac("sha512", password, salt, user["iterations"])
        assert base64.b64encode(digest).decode() == user["password"]
        assert url.hostname in of_kind(manifests, "Service")


OURS: Final = {
    **{
        name: {"app.kubernetes.io/name": name}
        for name in ("ingest", "analytics", "gateway", "migrate", "topics", "redis", "mosquitto")
    },
    "kafka": {"strimzi.io/cluster": "fansipan", "strimzi.io/name": "fansipan-kafka"},
    "kafka operator": {"strimzi.io/cluster": "fansipan", "strimzi.io/name": "fansipan-entity-operator"},
    "kafka exporter": {"strimzi.io/cluster": "fansipan", "strimzi.io/name": "fansipan-kafka-exporter"},
}
OTHERS: Final = {
    **{role: Peer(namespace={"fansipan.vn/role": role}) for role in ("operators", "monitoring", "ingress")},
    "somebody": Peer(labels={"app.kubernetes.io/name": "ingest"}, namespace={"team": "another"}),
    "world": Peer(address="203.0.113.7"),
}
PORTS: Final = {
    "kafka": (9090, 9091, 9093),
    "postgres": (5432, 8000, 9187),
    "redis": (6379,),
    "mosquitto": (1883, 8883),
    "world": (443, 6443, 80),
}


def strimzi_policy(kafka: Mapping[str, Any]) -> Manifest:
    """What Strimzi itself writes for the nodes: the peers of the listener, and its own pods."""
    (listener,) = kafka["spec"]["kafka"]["listeners"]
    own = [
        {"podSelector": {"matchLabels": OURS[name]}} for name in ("kafka", "kafka operator", "kafka exporter")
    ]
    operator = {"namespaceSelector": {"matchLabels": {"fansipan.vn/role": "operators"}}}
    return {
        "spec": {
            "podSelector": {"matchLabels": OURS["kafka"]},
            "policyTypes": ["Ingress"],
            "ingress": [
                {"from": [own[0], operator], "ports": [{"protocol": "TCP", "port": 9090}]},
                {"from": [*own, operator], "ports": [{"protocol": "TCP", "port": 9091}]},
                {
                    "from": listener["networkPolicyPeers"],
                    "ports": [{"protocol": "TCP", "port": listener["port"]}],
                },
            ],
        }
    }


@pytest.mark.parametrize("size", ["large", "small"])
def test_only_needed_flows_reach_the_stores(size: str, request: pytest.FixtureRequest) -> None:
    manifests: list[Manifest] = request.getfixturevalue(size)
    policies = [*of_kind(manifests, "NetworkPolicy").values()]
    policies.append(strimzi_policy(of_kind(manifests, "Kafka")["fansipan"]))
    postgres = {"cnpg.io/cluster": "postgres"} if size == "large" else {"app.kubernetes.io/name": "postgres"}
    peers = {name: Peer(labels) for name, labels in {**OURS, "postgres": postgres}.items()} | OTHERS
    between = {
        (source, target, port)
        for source in peers
        for target, ports in PORTS.items()
        for port in ports
        if {source, target} & {*OURS, "postgres"} and flows(policies, peers[source], peers[target], port)
    }
    expected = {
        *(
            ("ingest", store, port)
            for store, port in (("kafka", 9093), ("postgres", 5432), ("mosquitto", 1883))
        ),
        *(
            ("analytics", store, port)
            for store, port in (("kafka", 9093), ("postgres", 5432), ("redis", 6379))
        ),
        *(
            ("gateway", store, port)
            for store, port in (("postgres", 5432), ("redis", 6379), ("mosquitto", 1883))
        ),
        ("migrate", "postgres", 5432),
        ("world", "mosquitto", 8883),  # devices
        ("operators", "kafka", 9093),  # KEDA
        *(("kafka", "kafka", port) for port in (9090, 9091)),
        *(("operators", "kafka", port) for port in (9090, 9091)),
        *((name, "kafka", 9091) for name in ("kafka operator", "kafka exporter")),
        *(("kafka operator", "world", port) for port in (443, 6443)),  # the API of Kubernetes
    }
    if size == "large":
        expected |= {
            *(("postgres", "postgres", port) for port in (5432, 8000)),
            *(("operators", "postgres", port) for port in (5432, 8000)),
            ("monitoring", "postgres", 9187),
            *(("postgres", "world", port) for port in (443, 6443)),  # the API of Kubernetes, the object store
        }
    assert between == expected


def test_the_first_settings_of_mosquitto_are_those_of_the_local_stack(large: list[Manifest]) -> None:
    ours = next(
        each["data"]["mosquitto.conf"]
        for each in of_kind(large, "ConfigMap").values()
        if "mosquitto.conf" in each["data"]
    )
    local = Mosquitto(Path(), 1883, "a", "b").render_config(Path("/usr/lib/mosquitto_dynamic_security.so"))
    elsewhere = (
        "listener",
        "certfile",
        "keyfile",
        "tls_version",
        "plugin_opt_config_file",
        "persistence_location",
    )

    def bounds(text: str) -> set[str]:
        lines = (line for line in text.splitlines() if line and not line.startswith("#"))
        return {line for line in lines if line.split()[0] not in elsewhere}

    assert bounds(ours) == bounds(local)
