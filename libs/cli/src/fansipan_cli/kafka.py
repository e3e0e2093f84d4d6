"""What Kafka has: topics, their partitions, copies and settings."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from fansipan_cli.errors import CommandError
from fansipan_common.kafka import KafkaConnection, connection_to


async def kafka_away(kafka: KafkaConnection | str, error: BaseException) -> CommandError:
    """The error to show for a Kafka that does not answer, or does not let us in."""
    reason = await connection_to(kafka).why_away() or error or type(error).__name__
    return CommandError(
        f"Kafka at {kafka} does not answer ({reason})",
        "check KAFKA_BOOTSTRAP_SERVERS and the other KAFKA_ settings, and that Kafka runs (locally: make status)",
    )


async def topic_partitions(kafka: KafkaConnection | str) -> dict[str, list[int]]:
    """The numbers of the partitions of every topic.

    Raises:
        CommandError: Kafka does not answer.
    """
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # the error says it all
    admin = AIOKafkaAdminClient(**connection_to(kafka).options(), request_timeout_ms=10_000)
    try:
        await asyncio.wait_for(admin.start(), 15.0)
        described = await admin.describe_topics()
    except (KafkaError, OSError, TimeoutError) as error:
        raise await kafka_away(kafka, error) from error
    finally:
        await admin.close()
    return {topic["topic"]: sorted(p["partition"] for p in topic["partitions"]) for topic in described}


@dataclass(frozen=True, slots=True)
class TopicState:
    """A topic as it is.

    Attributes:
        partitions: how many.
        copies: of each partition, the fewest.
        lacking: partitions not all of whose copies are in sync.
        settings: all that apply, those of the broker too.
    """

    partitions: int
    copies: int
    lacking: int
    settings: dict[str, str] = field(default_factory=dict[str, str])


async def topic_states(
    kafka: KafkaConnection | str, names: Sequence[str]
) -> tuple[int, dict[str, TopicState]]:
    """How many brokers there are, and those of the named topics that exist.

    Raises:
        CommandError: Kafka does not answer.
    """
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    admin = AIOKafkaAdminClient(**connection_to(kafka).options(), request_timeout_ms=10_000)
    try:
        await asyncio.wait_for(admin.start(), 15.0)
        brokers = len((await admin.describe_cluster())["brokers"])
        described = {topic["topic"]: topic for topic in await admin.describe_topics()}
        there = [name for name in names if name in described]
        answers = await admin.describe_configs(
            [ConfigResource(ConfigResourceType.TOPIC, name) for name in there]
        )
    except (KafkaError, OSError, TimeoutError) as error:
        raise await kafka_away(kafka, error) from error
    finally:
        await admin.close()
    settings: dict[str, dict[str, str]] = {}
    for answer in answers:
        for resource in answer.resources:  # pyright: ignore[reportAttributeAccessIssue] - typed as its base
            _error, _message, _kind, name, entries = resource
            settings[name] = {entry[0]: entry[1] for entry in entries}
    states: dict[str, TopicState] = {}
    for name in there:
        partitions = described[name]["partitions"]
        states[name] = TopicState(
            partitions=len(partitions),
            copies=min((len(one["replicas"]) for one in partitions), default=0),
            lacking=sum(len(one["isr"]) < len(one["replicas"]) for one in partitions),
            settings=settings.get(name, {}),
        )
    return brokers, states
