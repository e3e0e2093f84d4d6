"""What `deploy/k8s` gives to images of others, run by real servers of the same kind."""

import asyncio
import json
import os
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import psycopg
import pytest
import redis
import yaml
from psycopg import sql
from tests.conftest import Addresses
from tests.support.certificates import ServerFiles, make_certificates
from tests.support.kustomize import MANIFESTS
from tests.support.processes import free_port

from fansipan_common.db import Database
from fansipan_db.migrate import current_revision
from fansipan_local.debian import program

COMPONENTS: Final = MANIFESTS / "components"
_PATIENCE_SECONDS: Final = 20.0


def made_secrets() -> dict[str, dict[str, str]]:
    """Secrets as `make_secrets.py` prints them: name → key → value."""
    command = [sys.executable, str(MANIFESTS / "make_secrets.py")]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    return {each["metadata"]["name"]: each["stringData"] for each in json.loads(done.stdout)["items"]}


def await_true(condition: Any, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until a condition holds; the process may not end meanwhile."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not condition():
        assert process.poll() is None, log.read_text(encoding="utf-8", errors="replace")
        assert time.monotonic() < deadline, log.read_text(encoding="utf-8", errors="replace")
        time.sleep(0.05)


@dataclass(frozen=True, slots=True)
class Broker:
    """Mosquitto, started as the pod starts it."""

    process: "subprocess.Popen[bytes]"
    port: int
    tls_port: int
    folder: Path
    secrets: Mapping[str, Mapping[str, str]]
    log: Path

    def publish(self, user: str, password: str, topic: str, *, tls: bool) -> str:
        """What the broker says to a message, nothing when it takes it."""
        where = ["-h", "localhost", "-p", str(self.tls_port if tls else self.port)]
        where += ["--cafile", str(self.folder / "tls" / "ca.pem")] if tls else []
        command = [program("mosquitto_pub"), *where, "-u", user, "-P", password, "-V", "5", "-q", "1"]
        done = subprocess.run(
            [*command, "-t", topic, "-m", "x"], capture_output=True, text=True, timeout=30, check=False
        )
        return done.stderr

    def certificate(self) -> str:
        """What it shows to devices."""
        return ssl.get_server_certificate(("127.0.0.1", self.tls_port))


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Generator[Broker]:
    folder = tmp_path_factory.mktemp("mosquitto").resolve()
    port, tls_port, secrets = free_port(), free_port(), made_secrets()
    (folder / "data").mkdir()
    certificates(folder)
    users = folder / "first-users.json"
    users.write_text(secrets["mosquitto"]["dynamic-security.json"], encoding="utf-8")
    text = (COMPONENTS / "mosquitto" / "mosquitto.conf").read_text(encoding="utf-8")
    plugin = next(Path("/usr/lib").glob("*/mosquitto_dynamic_security.so"))
    for theirs, here in (
        ("listener 1883\n", f"listener {port} 127.0.0.1\nuser root\n"),
        ("listener 8883\n", f"listener {tls_port} 127.0.0.1\n"),
        ("/run/certificates/mosquitto", str(folder)),
        ("/usr/lib/mosquitto_dynamic_security.so", str(plugin)),
        ("/mosquitto/data", str(folder / "data")),
    ):
        assert theirs in text
        text = text.replace(theirs, here)
    (folder / "mosquitto.conf").write_text(text, encoding="utf-8")
    environment = {
        "PATH": f"{Path(program('mosquitto')).parent}:{os.environ['PATH']}",
        "MOSQUITTO_CONFIG": str(folder / "mosquitto.conf"),
        "MOSQUITTO_USERS": str(folder / "data" / "dynamic-security.json"),
        "MOSQUITTO_FIRST_USERS": str(users),
        "MOSQUITTO_CERTIFICATE": str(folder),
        "MOSQUITTO_LOOK_SECONDS": "0.1",
    }
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["/bin/sh", COMPONENTS / "mosquitto" / "run.sh"], env=environment, stdout=output, stderr=output
        )
    running = Broker(process, port, tls_port, folder, secrets, log)
    try:
        await_true(lambda: "running" in log.read_text(encoding="utf-8"), process, log)
        yield running
    finally:
        process.terminate()
        process.wait(10)


def certificates(folder: Path) -> None:
    """New ones, under the names that cert-manager gives them."""
    files = make_certificates(folder / "tls")
    for source, name in ((files.certificate, "tls.crt"), (files.key, "tls.key")):
        shutil.copy(source, folder / f"{name}.new")
        (folder / f"{name}.new").rename(folder / name)


def test_the_users_that_were_made_do_what_they_may(broker: Broker) -> None:
    ingest, gateway = (
        urlsplit(broker.secrets[f"{name}-secrets"]["MQTT_URL"]) for name in ("ingest", "gateway")
    )
    name, password = str(gateway.username), str(gateway.password)
    for tls in (False, True):
        assert broker.publish(name, password, "v1.1/Things(1)", tls=tls) == ""
        assert "Not authorized" in broker.publish(name, password, "fansipan/x", tls=tls)
        assert "Not authorized" in broker.publish(name, "another", "v1.1/Things(1)", tls=tls)
    control = "$CONTROL/dynamic-security/v1"
    assert broker.publish(str(ingest.username), str(ingest.password), control, tls=False) == ""
    assert "Not authorized" in broker.publish(name, password, control, tls=False)


def test_a_renewed_certificate_is_shown_without_a_new_start(broker: Broker) -> None:
    before = broker.certificate()
    certificates(broker.folder)
    await_true(lambda: broker.certificate() != before, broker.process, broker.log)
    assert broker.certificate() == (broker.folder / "tls.crt").read_text(encoding="utf-8")


def test_the_broker_ends_well_when_the_pod_is_ended(broker: Broker) -> None:
    broker.process.terminate()
    assert broker.process.wait(_PATIENCE_SECONDS) == 0
    assert (broker.folder / "data" / "mosquitto.db").is_file()


def test_redis_starts_with_its_password(tmp_path: Path) -> None:
    documents = yaml.safe_load_all((COMPONENTS / "redis" / "redis.yaml").read_text(encoding="utf-8"))
    (deployment,) = (each for each in documents if each["kind"] == "Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    port, password = free_port(), made_secrets()["redis"]["password"]
    (tmp_path / "password").write_text(password, encoding="utf-8")
    config = (COMPONENTS / "redis" / "redis.conf").read_text(encoding="utf-8")
    assert "port 6379\n" in config
    (tmp_path / "redis.conf").write_text(
        config.replace("port 6379\n", f"port {port}\nbind 127.0.0.1\n"), encoding="utf-8"
    )
    (script,) = container["args"]
    for folder in ("/run/secrets/redis/", "/etc/redis/"):
        assert folder in script
        script = script.replace(folder, f"{tmp_path}/")
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*container["command"], script], cwd=tmp_path, stdout=output, stderr=output
        )
    try:
        await_true(lambda: "Ready to accept" in log.read_text(encoding="utf-8"), process, log)
        with redis.Redis(port=port, password=password) as client:
            assert client.ping()
            assert client.config_get("maxmemory")["maxmemory"] == str(384 * 1024**2)
            assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "allkeys-lru"
        with redis.Redis(port=port) as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()
        assert password not in Path(f"/proc/{process.pid}/cmdline").read_text(encoding="utf-8")
        assert password not in log.read_text(encoding="utf-8")
    finally:
        process.terminate()
        assert process.wait(_PATIENCE_SECONDS) == 0


@pytest.fixture
def server(addresses: Addresses) -> Generator["psycopg.Connection[Any]"]:
    """The test stack's database server, as its superuser, without what these tests leave there."""
    with psycopg.connect(addresses.database, autocommit=True) as admin:
        remove(admin)
        yield admin
        remove(admin)


ROLES: Final = ("k8s_owner", "k8s_ingest", "k8s_analytics", "k8s_gateway")


def remove(admin: "psycopg.Connection[Any]") -> None:
    admin.execute("DROP DATABASE IF EXISTS k8s WITH (FORCE)")
    for role in ROLES:
        admin.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


def address_for(url: str, role: str, password: str, database: str) -> str:
    parts = urlsplit(url)
    where = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:{password}@{where}", path=f"/{database}"))


def test_an_owner_who_is_no_superuser_migrates(
    server: "psycopg.Connection[Any]", addresses: Addresses
) -> None:
    """As CloudNativePG makes it: a database of its own, the extension made before, roles that are there."""
    cluster = yaml.safe_load(
        (COMPONENTS / "postgres-cloudnativepg" / "cluster.yaml").read_text(encoding="utf-8")
    )
    server.execute("CREATE ROLE k8s_owner LOGIN PASSWORD 'no-secret'")
    server.execute("CREATE DATABASE k8s OWNER k8s_owner")
    with psycopg.connect(
        address_for(addresses.database, *login(addresses), "k8s"), autocommit=True
    ) as inside:
        for statement in cluster["spec"]["bootstrap"]["initdb"]["postInitApplicationSQL"]:
            inside.execute(statement)
    url = address_for(addresses.database, "k8s_owner", "no-secret", "k8s")
    done = subprocess.run(
        [sys.executable, "-m", "fansipan_cli", "migrate"],
        env={"PATH": os.environ["PATH"], "DATABASE_URL": url},
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    with psycopg.connect(url) as owner:
        assert owner.execute("SELECT count(*) > 90 FROM area").fetchone() == (True,)
        assert owner.execute(
            "SELECT has_table_privilege('fansipan_ingest', 'datastream', 'INSERT')"
        ).fetchone() == (True,)


def login(addresses: Addresses) -> tuple[str, str]:
    parts = urlsplit(addresses.database)
    return str(parts.username), str(parts.password)


@pytest.fixture
def database_with_tls(server: "psycopg.Connection[Any]", tmp_path: Path) -> Generator[ServerFiles]:
    """The test stack's database server shows a certificate, as CloudNativePG's does."""
    files = make_certificates(tmp_path / "database")

    def tell(*statements: str) -> None:
        for statement in (*statements, "SELECT pg_reload_conf()"):
            server.execute(statement.encode())

    for name, path in (("k8s.crt", files.certificate), ("k8s.key", files.key)):
        text = sql.Literal(path.read_text(encoding="utf-8").strip())
        # (COPY would double what it quotes; nothing in PEM is quoted)
        server.execute(
            sql.SQL("COPY (SELECT regexp_split_to_table({}, '\n')) TO PROGRAM {}").format(
                text, sql.Literal(f"umask 077; cat > {name}")
            )
        )
    tell(
        "ALTER SYSTEM SET ssl_cert_file = 'k8s.crt'",
        "ALTER SYSTEM SET ssl_key_file = 'k8s.key'",
        "ALTER SYSTEM SET ssl = on",
    )
    yield files
    tell(*(f"ALTER SYSTEM RESET {name}" for name in ("ssl", "ssl_cert_file", "ssl_key_file")))
    server.execute("COPY (SELECT 1) TO PROGRAM 'cat >/dev/null; rm k8s.crt k8s.key'")


async def test_services_and_migrations_come_by_tls_alone(
    database_with_tls: ServerFiles, addresses: Addresses, tmp_path: Path
) -> None:
    """The addresses that `make_secrets.py` writes: who is no database of ours is not talked to."""
    query = urlsplit(made_secrets()["ingest-secrets"]["DATABASE_URL"]).query
    theirs = "/run/postgres-ca/ca.crt"
    assert query.endswith(theirs)
    parts = urlsplit(addresses.database)
    somewhere = parts._replace(netloc=parts.netloc.replace("127.0.0.1", "localhost"))
    stranger = make_certificates(tmp_path / "stranger").authority
    good, bad = (
        urlunsplit(somewhere._replace(query=query.replace(theirs, str(authority))))
        for authority in (database_with_tls.authority, stranger)
    )

    database = Database(good, application="test")
    try:
        async with database.connection() as connection:
            question = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
            assert await connection.fetchval(question) is True
    finally:
        await database.close()
    assert await asyncio.to_thread(current_revision, good) is not None
    with pytest.raises(ssl.SSLCertVerificationError):
        await asyncpg.connect(bad)
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        await asyncio.to_thread(psycopg.connect, bad)


def test_the_small_database_makes_the_roles(
    server: "psycopg.Connection[Any]", addresses: Addresses, tmp_path: Path
) -> None:
    del server
    for name in ("ingest", "analytics", "gateway"):
        (tmp_path / name).write_text(f"it's-{name}'s", encoding="utf-8")
    script = (COMPONENTS / "postgres" / "make-roles.sh").read_text(encoding="utf-8")
    for theirs, here in (("/run/secrets/postgres", str(tmp_path)), ("fansipan_$service", "k8s_$service")):
        assert theirs in script
        script = script.replace(theirs, here)
    parts, (user, password) = urlsplit(addresses.database), login(addresses)
    done = subprocess.run(
        ["/bin/sh", "-c", script],
        env={
            "PATH": os.environ["PATH"],
            "PGHOST": str(parts.hostname),
            "PGPORT": str(parts.port),
            "PGPASSWORD": password,
            "POSTGRES_USER": user,
            "POSTGRES_DB": "postgres",
        },
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    for name in ("ingest", "analytics", "gateway"):
        with psycopg.connect(
            host=parts.hostname,
            port=parts.port,
            user=f"k8s_{name}",
            password=f"it's-{name}'s",
            dbname="postgres",
        ) as connection:
            assert connection.execute("SELECT current_user").fetchone() == (f"k8s_{name}",)
