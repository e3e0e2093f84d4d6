"""Kafka with TLS, certificates and passwords: everybody of ours comes in, and who does not is told why."""

import re
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psycopg
import pytest
from tests.support.certificates import make_certificates
from tests.support.processes import Processes, processes
from tests.support.providers import make_key
from tests.support.secure_kafka import SecureKafka, secure_kafka

from fansipan_common.kafka import KafkaConnection
from fansipan_common.security import Scope
from fansipan_common.settings import KafkaSecuritySettings


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Generator[SecureKafka]:
    with secure_kafka(tmp_path_factory.mktemp("kafka")) as running:
        yield running


@pytest.fixture(scope="module")
async def services(
    kafka: SecureKafka, database_url: str, http: httpx.AsyncClient, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Processes]:
    environment = kafka.settings | {"DATABASE_URL": database_url}
    async with processes(environment, tmp_path_factory.mktemp("logs"), http) as started:
        yield started


def connection(kafka: SecureKafka, **other: str | None) -> KafkaConnection:
    """As the settings say, with some of them other, or without them."""
    given = {name: value for name, value in (kafka.settings | other).items() if value is not None}
    servers = given.pop("KAFKA_BOOTSTRAP_SERVERS")
    return KafkaConnection.of(servers, KafkaSecuritySettings.model_validate(given))


def create_topics(settings: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """`fansipan topics create`."""
    command = [sys.executable, "-m", "fansipan_cli", "topics", "create"]
    return subprocess.run(command, env=settings, capture_output=True, text=True, timeout=60, check=False)


async def test_who_does_not_come_in_is_told_why(kafka: SecureKafka, tmp_path: Path):
    assert await connection(kafka).why_away() is None
    stranger = make_certificates(tmp_path / "stranger")
    in_the_clear = KafkaConnection(kafka.servers)
    for other, said in (
        (connection(kafka, KAFKA_SASL_PASSWORD="another"), "SaslAuthenticationFailed.*SCRAM-SHA-512"),
        (connection(kafka, KAFKA_SASL_MECHANISM="PLAIN"), "does not take PLAIN: KAFKA_SASL_MECHANISM"),
        (connection(kafka, KAFKA_CA_FILE=str(stranger.authority)), "certificate verify failed"),
        (
            replace(connection(kafka), bootstrap_servers=kafka.servers.replace("localhost", "127.0.0.1")),
            "127.0.0.1",
        ),
        (in_the_clear, "KAFKA_SECURITY_PROTOCOL"),
    ):
        why = await other.why_away()
        assert why is not None
        assert re.search(said, why), why
    without = connection(kafka, KAFKA_CERTIFICATE_FILE=None, KAFKA_KEY_FILE=None)
    assert await without.why_away() is not None  # how it is said differs from one TLS to another


async def test_a_reading_is_stored_through_it(
    kafka: SecureKafka, services: Processes, database_url: str, http: httpx.AsyncClient
):
    made = create_topics(kafka.settings)
    assert made.returncode == 0, made.stderr
    assert "observations.v1" in made.stdout
    ingest, analytics = (services.start(name) for name in ("ingest", "analytics"))
    await ingest.ready()
    await analytics.ready()
    key = make_key(database_url, "secured", scopes=(Scope.WRITE,)).key
    answer = await http.post(
        f"{ingest.url}/v1/observations?wait=stored",
        json=[
            {
                "datastream": "secured/gauge/level",
                "phenomenonTime": datetime.now(UTC).isoformat(),
                "result": 4.2,
            }
        ],
        headers={"Authorization": f"Bearer {key}"},
    )
    assert (answer.status_code, answer.json().get("stored")) == (202, True), answer.text
    with psycopg.connect(database_url) as connected:
        assert connected.execute("SELECT result FROM observation").fetchall() == [(4.2,)]
    for process in (ingest, analytics):
        assert kafka.password not in process.log
        assert await process.terminate() == 0


async def test_a_wrong_password_is_said_by_the_command_and_by_readiness(
    kafka: SecureKafka, services: Processes
):
    wrong = kafka.settings | {"KAFKA_SASL_PASSWORD": "another"}
    refused = create_topics(wrong)
    assert refused.returncode == 1
    assert "SASL_SSL as fansipan" in refused.stderr
    assert "SaslAuthenticationFailed" in refused.stderr
    assert "another" not in refused.stderr
    ingest = services.start("ingest", **wrong)
    said = (await ingest.ready(503))["kafka"]
    while "not tried yet" in said:
        said = (await ingest.ready(503))["kafka"]
    assert "SaslAuthenticationFailed" in said
    assert await ingest.terminate() == 0
