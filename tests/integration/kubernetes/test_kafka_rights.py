"""The rights of `components/kafka-strimzi/users.yaml` suffice: with a Kafka that refuses all else the services work."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from datetime import UTC, datetime
from typing import Any, Final

import httpx
import psycopg
import pytest
import yaml
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import TopicAuthorizationFailedError
from aiokafka.protocol.admin import CreateAclsRequest
from tests.support.kustomize import MANIFESTS
from tests.support.processes import Processes, processes
from tests.support.providers import make_key
from tests.support.secure_kafka import SecureKafka, secure_kafka

from fansipan_common.contracts import TopicName, topic_specs
from fansipan_common.kafka import KafkaConnection, create_topics
from fansipan_common.security import Scope
from fansipan_common.settings import KafkaSecuritySettings

_STRICT: Final = """
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=false
super.users=User:ANONYMOUS;User:fansipan
"""
_RESOURCES: Final = {"topic": 2, "group": 3}
_PATTERNS: Final = {"literal": 3, "prefix": 4}
_OPERATIONS: Final = {"Read": 3, "Write": 4, "Describe": 8}
_ALLOW: Final = 3


def users() -> dict[str, list[dict[str, Any]]]:
    """What each KafkaUser may do."""
    text = (MANIFESTS / "components" / "kafka-strimzi" / "users.yaml").read_text(encoding="utf-8")
    return {
        user["metadata"]["name"]: user["spec"]["authorization"]["acls"] for user in yaml.safe_load_all(text)
    }


def connection(kafka: SecureKafka, user: str) -> KafkaConnection:
    given = {name: value for name, value in kafka.settings.items() if name != "KAFKA_BOOTSTRAP_SERVERS"}
    security = KafkaSecuritySettings.model_validate(given | {"KAFKA_SASL_USERNAME": user})
    return KafkaConnection.of(kafka.servers, security)


async def grant(kafka: SecureKafka) -> None:
    """Give the users their rights, as Strimzi's user operator does."""
    admin = AIOKafkaAdminClient(**connection(kafka, kafka.username).options())
    await admin.start()
    try:
        for user, acls in users().items():
            for acl in acls:
                resource = acl["resource"]
                for operation in acl["operations"]:
                    request = CreateAclsRequest(
                        _RESOURCES[resource["type"]],
                        resource["name"],
                        _PATTERNS[resource.get("patternType", "literal")],
                        f"User:{user}",
                        "*",
                        _OPERATIONS[operation],
                        _ALLOW,
                    )
                    # (it has no method for this)
                    answer: Any = await admin._send_to_controller(request)  # pyright: ignore[reportPrivateUsage]
                    ((code, message),) = answer.creation_responses
                    assert code == 0, message
    finally:
        await admin.close()


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Generator[SecureKafka]:
    folder = tmp_path_factory.mktemp("kafka")
    with secure_kafka(folder, other_users=[*users()], properties_beside=_STRICT) as running:
        yield running


@pytest.fixture(scope="module")
async def kafka(broker: SecureKafka) -> SecureKafka:
    """With the topics and the rights."""
    await create_topics(connection(broker, broker.username), topic_specs())
    await grant(broker)
    return broker


@pytest.fixture(scope="module")
async def services(
    kafka: SecureKafka, database_url: str, http: httpx.AsyncClient, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Processes]:
    environment = kafka.settings | {"DATABASE_URL": database_url}
    async with processes(environment, tmp_path_factory.mktemp("logs"), http) as started:
        yield started


async def test_the_services_work_with_their_rights(
    kafka: SecureKafka, services: Processes, database_url: str, http: httpx.AsyncClient
):
    ingest = services.start("ingest", KAFKA_SASL_USERNAME="kafka-ingest")
    analytics = services.start("analytics", KAFKA_SASL_USERNAME="kafka-analytics")
    await ingest.ready()
    await analytics.ready()
    key = make_key(database_url, "allowed", scopes=(Scope.WRITE,)).key
    now = datetime.now(UTC).isoformat()
    answer = await http.post(
        f"{ingest.url}/v1/observations?wait=stored",
        json=[
            {"datastream": "allowed/gauge/level", "phenomenonTime": now, "result": 4.2},
            {"datastream": "allowed/gauge/level", "phenomenonTime": "yesterday", "result": 4.2},
        ],
        headers={"Authorization": f"Bearer {key}"},
    )
    assert (answer.status_code, answer.json().get("stored")) == (202, True), answer.text

    async def dead_letters() -> int:
        with psycopg.connect(database_url) as connected:
            ((count,),) = connected.execute("SELECT count(*) FROM dead_letter").fetchall()
        return count

    async with asyncio.timeout(30):
        while await dead_letters() == 0:  # set aside by ingest, kept by analytics
            await asyncio.sleep(0.1)

    async with asyncio.timeout(30):  # KEDA sees how far analytics is
        admin = AIOKafkaAdminClient(**connection(kafka, "kafka-keda").options())
        await admin.start()
        try:
            while (
                sum(of.offset for of in (await admin.list_consumer_group_offsets("fansipan-store")).values())
                < 1
            ):
                await asyncio.sleep(0.2)
        finally:
            await admin.close()
    for process in (ingest, analytics):
        assert "uthoriz" not in process.log
        assert await process.terminate() == 0


async def test_people_read_dead_letters_by_the_command(kafka: SecureKafka, services: Processes):
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "fansipan_cli", "dlq", "list"],
        env={"PATH": os.environ["PATH"], **kafka.settings, "KAFKA_SASL_USERNAME": "kafka-cli"},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "allowed" in done.stdout


@pytest.mark.parametrize(
    ("user", "may", "may_not"),
    [
        ("kafka-ingest", (TopicName.SERVICE_EVENTS,), (TopicName.INDICATOR_VALUES, TopicName.ALERTS)),
        (
            "kafka-analytics",
            (TopicName.INDICATOR_VALUES, TopicName.ALERTS, TopicName.DEAD_LETTER),
            (TopicName.OBSERVATIONS, TopicName.SERVICE_EVENTS),
        ),
        ("kafka-keda", (), (TopicName.OBSERVATIONS,)),
    ],
)
async def test_each_writes_only_to_its_topics(
    kafka: SecureKafka, user: str, may: tuple[str, ...], may_not: tuple[str, ...]
):
    # (who may write nothing cannot begin to do so idempotently)
    options: dict[str, Any] = connection(kafka, user).options()
    producer = AIOKafkaProducer(**options, acks="all", enable_idempotence=bool(may))
    await producer.start()
    try:
        for topic in may:
            await producer.send_and_wait(topic, b"{}")
        for topic in may_not:
            with pytest.raises(TopicAuthorizationFailedError):
                await producer.send_and_wait(topic, b"{}")
    finally:
        await producer.stop()
