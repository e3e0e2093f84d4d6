"""What Kafka has: topics and their partitions."""

import asyncio
import logging

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from fansipan_cli.errors import CommandError


def kafka_away(bootstrap_servers: str, error: BaseException) -> CommandError:
    """The error to show for a Kafka that does not answer."""
    return CommandError(
        f"Kafka at {bootstrap_servers} does not answer ({error or type(error).__name__})",
        "check KAFKA_BOOTSTRAP_SERVERS, and that Kafka runs (locally: make status)",
    )


async def topic_partitions(bootstrap_servers: str) -> dict[str, list[int]]:
    """The numbers of the partitions of every topic.

    Raises:
        CommandError: Kafka does not answer.
    """
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # the error says it all
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, request_timeout_ms=10_000)
    try:
        await asyncio.wait_for(admin.start(), 15.0)
        described = await admin.describe_topics()
    except (KafkaError, OSError, TimeoutError) as error:
        raise kafka_away(bootstrap_servers, error) from error
    finally:
        await admin.close()
    return {topic["topic"]: sorted(p["partition"] for p in topic["partitions"]) for topic in described}
