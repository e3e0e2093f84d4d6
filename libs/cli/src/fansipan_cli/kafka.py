"""What Kafka has: topics and their partitions."""

import asyncio
import logging

from aiokafka.admin import AIOKafkaAdminClient
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
