"""`compose.yaml` is valid, and agrees with what the services read, serve and need."""

import re
import stat
import subprocess
from pathlib import Path
from typing import Any, Final, get_args
from urllib.parse import urlsplit

import pytest
import yaml
from pydantic import SecretStr
from pydantic_settings import BaseSettings
from tests.support.compose import COMPOSE, ROOT, NoComposeError, NotValidError, Service, find_compose, load

from fansipan_analytics.settings import AnalyticsSettings
from fansipan_cli.settings import CliSettings
from fansipan_common.settings import load_settings
from fansipan_gateway.settings import GatewaySettings
from fansipan_ingest.settings import IngestSettings
from fansipan_local.parts.kafka_config import render_properties

SETTINGS: Final[dict[str, type[BaseSettings]]] = {
    "ingest": IngestSettings,
    "analytics": AnalyticsSettings,
    "gateway": GatewaySettings,
    "migrate": CliSettings,
    "topics": CliSettings,
    "fansipan": CliSettings,
}
SERVICES: Final = ("ingest", "analytics", "gateway")
CORE: Final = {
    "kafka",
    "timescaledb",
    "redis",
    "mosquitto",
    "mosquitto-users",
    "migrate",
    "topics",
    *SERVICES,
}
WATCHING: Final = {"otel-collector", "prometheus", "jaeger", "grafana"}
PREPARE: Final = ROOT / "deploy" / "compose" / "prepare"
_SECRETS: Final = "/run/secrets/"


@pytest.fixture(scope="module")
def compose() -> Path:
    try:
        return find_compose()
    except NoComposeError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def services(compose: Path) -> dict[str, Service]:
    return load(compose, COMPOSE)["services"]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout of nothing but `prepare`, which has run."""
    folder = tmp_path_factory.mktemp("checkout")
    place = folder / "deploy" / "compose"
    place.mkdir(parents=True)
    for name in ("prepare", "env.example"):
        (place / name).write_bytes((PREPARE.parent / name).read_bytes())
    (place / "prepare").chmod(0o755)
    subprocess.run([place / "prepare"], check=True, timeout=30)
    return folder


def variables_of(settings: type[BaseSettings]) -> dict[str, bool]:
    """The names that a class of settings reads, and whether each is a secret."""
    return {
        str(field.validation_alias): field.annotation is SecretStr or SecretStr in get_args(field.annotation)
        for field in settings.model_fields.values()
    }


def secrets_of(service: Service) -> set[str]:
    return {str(secret["source"]) for secret in service.get("secrets", [])}


def test_it_is_valid_with_and_without_what_may_be_set(compose: Path):
    settings = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    names = set(re.findall(r"\$\{(\w+)", COMPOSE.read_text(encoding="utf-8")))
    given = {name: f"{number}" for number, name in enumerate(sorted(names), start=8100)}
    for variables in ({}, given):
        assert load(compose, COMPOSE, variables)["services"].keys() == settings["services"].keys()
    documented = (PREPARE.parent / "env.example").read_text(encoding="utf-8")
    documented += (ROOT / "docs" / "docker.md").read_text(encoding="utf-8")
    unmentioned = {name for name in names if name not in documented}
    assert unmentioned == {"FANSIPAN_VERSION", "FANSIPAN_LOG_LEVEL", "FANSIPAN_INGEST_KEY"}


def test_the_check_sees_a_misspelt_field(compose: Path, tmp_path: Path):
    misspelt = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    misspelt["services"]["ingest"]["mem_limits"] = "512m"
    (tmp_path / "compose.yaml").write_text(yaml.safe_dump(misspelt), encoding="utf-8")
    with pytest.raises(NotValidError, match="mem_limits"):
        load(compose, tmp_path / "compose.yaml")


def test_profiles_are_core_and_what_watches(services: dict[str, Service]):
    by_profile: dict[str, set[str]] = {}
    for name, service in services.items():
        (profile,) = service["profiles"]
        by_profile.setdefault(profile, set()).add(name)
    assert by_profile == {"core": CORE, "observability": WATCHING, "tools": {"fansipan"}}
    for name, service in services.items():
        for other in service.get("depends_on", {}):
            assert services[other]["profiles"] == service["profiles"], f"{name} alone cannot start"


def test_every_variable_is_one_that_is_read(services: dict[str, Service]):
    for name, settings in SETTINGS.items():
        known = variables_of(settings)
        for variable in services[name]["environment"]:
            assert variable.removesuffix("_FILE") in known, f"{name} does not read {variable}"


def test_secrets_are_files_and_each_is_given_to_who_reads_it(services: dict[str, Service]):
    for name, settings in SETTINGS.items():
        values: dict[str, str] = services[name]["environment"]
        hidden = {variable for variable, secret in variables_of(settings).items() if secret}
        plain = hidden & {variable for variable, value in values.items() if value}
        assert not plain, f"{name}: {plain} would be seen by whoever may ask Docker"
        files = {value.removeprefix(_SECRETS) for value in values.values() if value.startswith(_SECRETS)}
        assert files == secrets_of(services[name]), name


def test_prepare_makes_every_secret_once_and_closes_the_folder(prepared: Path, services: dict[str, Service]):
    folder = prepared / "deploy" / "compose" / "secrets"
    made = {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()}
    wanted = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["secrets"]
    assert made.keys() == wanted.keys() == set().union(*(secrets_of(each) for each in services.values()))
    assert {PREPARE.parent / "secrets" / name for name in made} == {
        (ROOT / each["file"]).resolve() for each in wanted.values()
    }
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o444}
    randoms = re.findall(r"[0-9a-f]{64}", "\n".join(made.values()))
    assert len(set(randoms)) == len(made) - 2  # the owner's password and that of Redis are also in an address
    again = subprocess.run(
        [prepared / "deploy" / "compose" / "prepare"], check=True, capture_output=True, text=True, timeout=30
    )
    assert again.stdout == ""
    assert {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()} == made
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {".env", "deploy/compose/secrets/"} <= {*ignored}


@pytest.mark.parametrize("name", SERVICES)
def test_the_services_accept_their_settings(
    services: dict[str, Service], prepared: Path, name: str, monkeypatch: pytest.MonkeyPatch
):
    for settings in SETTINGS.values():
        for variable in variables_of(settings):
            monkeypatch.delenv(variable, raising=False)
            monkeypatch.delenv(f"{variable}_FILE", raising=False)
    folder = prepared / "deploy" / "compose" / "secrets"
    for variable, value in services[name]["environment"].items():
        monkeypatch.setenv(variable, value.replace(_SECRETS, f"{folder}/"))

    accepted: Any = load_settings(SETTINGS[name])

    service = services[name]
    assert accepted.host == "0.0.0.0"
    assert [port["target"] for port in service.get("ports", [])] == [accepted.port] * (name != "analytics")
    assert f":{accepted.port}/readyz" in service["healthcheck"]["test"][-1]
    assert accepted.otlp_endpoint is None
    database = urlsplit(accepted.database_url.get_secret_value())
    assert (database.hostname, database.port, database.username) == ("timescaledb", 5432, f"fansipan_{name}")
    if name != "gateway":
        assert accepted.kafka_bootstrap_servers == "kafka:9092"
    if name != "ingest":
        assert urlsplit(accepted.redis_url.get_secret_value()).hostname == "redis"
    if name != "analytics":
        broker = urlsplit(accepted.mqtt_url.get_secret_value())
        assert (broker.hostname, broker.port, broker.username) == ("mosquitto", 1883, f"fansipan-{name}")
    if name == "gateway":
        for url in (accepted.ingest_url, accepted.analytics_url):
            parts = urlsplit(url)
            other = services[str(parts.hostname)]
            assert other["environment"]["FANSIPAN_PORT"] == str(parts.port)


def test_ours_are_confined_as_pods_are(services: dict[str, Service]):
    manifests = ROOT / "deploy" / "k8s" / "base"
    for name in SETTINGS:
        service = services[name]
        assert service["user"] == "10001:10001", name
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "cap_add" not in service, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    for name in SERVICES:
        documents = yaml.safe_load_all((manifests / f"{name}.yaml").read_text(encoding="utf-8"))
        (pod,) = (each["spec"]["template"]["spec"] for each in documents if each["kind"] == "Deployment")
        limits, service = pod["containers"][0]["resources"]["limits"], services[name]
        assert (
            service["mem_limit"] == service["memswap_limit"] == limits["memory"].removesuffix("i").lower()
        ), name
        assert service["stop_grace_period"] == f"{pod['terminationGracePeriodSeconds']}s", name
        (size,) = (volume["emptyDir"]["sizeLimit"] for volume in pod["volumes"] if "emptyDir" in volume)
        if name == "gateway":  # its files are too large for memory
            assert [each["target"] for each in service["volumes"]] == ["/tmp"]
            assert not service.get("tmpfs")
            continue
        assert re.findall(r"size=(\d+[mg])", service["tmpfs"][0]) == [size.removesuffix("i").lower()], name


def test_others_gain_no_rights(services: dict[str, Service]):
    for name in {*services} - {*SETTINGS}:
        service = services[name]
        assert service["cap_drop"] == ["ALL"], name
        assert "cap_add" not in service, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not {"privileged", "network_mode", "pid", "ipc"} & service.keys(), name
        assert re.search(r":v?\d+\.\d+\.\d+", service["image"]), f"{name}: a whole version"


def test_programs_in_go_free_memory_before_they_are_killed(services: dict[str, Service]):
    for name in ("otel-collector", "jaeger"):
        limit = int(services[name]["mem_limit"].removesuffix("m"))
        wanted = int(services[name]["environment"]["GOMEMLIMIT"].removesuffix("MiB"))
        assert 0.7 * limit < wanted < 0.85 * limit, name


def test_only_loopback_is_published_and_stores_have_no_way_out(services: dict[str, Service]):
    for name, service in services.items():
        for port in service.get("ports", []):
            assert port["host_ip"] == "127.0.0.1", name
    published = {name for name, service in services.items() if service.get("ports")}
    assert published == {"gateway", "ingest", "mosquitto", "prometheus", "jaeger", "grafana"}
    whole = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    assert whole["networks"]["data"] == {"internal": True}
    for name in ("kafka", "timescaledb", "redis", "migrate", "topics", "fansipan"):
        assert {*services[name]["networks"]} == {"data"}, name


def test_services_start_after_what_they_need(services: dict[str, Service]):
    done, well = "service_completed_successfully", "service_healthy"
    for name in SERVICES:
        needs = {other: how["condition"] for other, how in services[name]["depends_on"].items()}
        assert needs["migrate"] == done, name
        assert needs.get("topics") == (None if name == "gateway" else done), name
        assert needs.get("redis") == (None if name == "ingest" else well), name
        assert needs.get("mosquitto-users") == (None if name == "analytics" else done), name
    for name in ("migrate", "topics", "mosquitto-users"):
        assert services[name]["restart"] == "no", name
        assert {how["condition"] for how in services[name]["depends_on"].values()} == {well}, name
    assert {name for name in CORE if services[name].get("healthcheck")} == {
        *SERVICES,
        "kafka",
        "timescaledb",
        "redis",
        "mosquitto",
    }


def test_what_is_mounted_is_there_and_read_only(services: dict[str, Service]):
    for name, service in services.items():
        for mount in service.get("volumes", []):
            if mount["type"] == "bind":
                assert mount["read_only"] is True, name
                assert Path(mount["source"]).exists(), f"{name}: {mount['source']}"


def test_images_are_built_from_our_dockerfiles(services: dict[str, Service]):
    for name in SETTINGS:
        service = services[name]
        image = "cli" if SETTINGS[name] is CliSettings else name
        assert service["image"].startswith(f"fansipan/{image}:"), name
        dockerfile = ROOT / service["build"]["dockerfile"]
        lines = dockerfile.read_text(encoding="utf-8")
        for base, default in service["build"]["args"].items():
            assert f"ARG {base}={default}\n" in lines, f"{name}: as the Dockerfile has it"
        assert set(re.findall(r"^ARG (PYTHON|NODE)=", lines, re.M)) == {*service["build"]["args"]}, name


def test_prometheus_asks_each_service_where_it_listens(services: dict[str, Service]):
    config = yaml.safe_load((PREPARE.parent / "prometheus" / "prometheus.yaml").read_text(encoding="utf-8"))
    asked = {job["job_name"]: job["static_configs"][0]["targets"] for job in config["scrape_configs"]}
    for name in SERVICES:
        assert asked[name] == [f"{name}:{services[name]['environment']['FANSIPAN_PORT']}"]
    mounts = {mount["target"] for mount in services["prometheus"]["volumes"]}
    assert {str(Path(pattern).parent) for pattern in config["rule_files"]} <= mounts
    sources = yaml.safe_load(
        (PREPARE.parent / "grafana" / "datasources" / "fansipan.yaml").read_text(encoding="utf-8")
    )
    for source in sources["datasources"]:
        assert urlsplit(source["url"]).hostname in services


def test_kafka_is_set_as_the_local_stacks_is():
    def properties(text: str) -> dict[str, str]:
        return dict(line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#"))

    ours = properties((PREPARE.parent / "kafka" / "server.properties").read_text(encoding="utf-8"))
    local = properties(render_properties(Path("/var/lib/kafka/data"), 9092, 9093))
    assert ours.keys() <= local.keys()
    assert {name for name in ours if ours[name] != local[name]} == {
        "listeners",
        "advertised.listeners",
        "controller.quorum.voters",
    }
    assert ours["advertised.listeners"] == "PLAINTEXT://kafka:9092"
