"""Making the topics."""

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from fansipan_common.contracts import TopicSpec
from fansipan_common.kafka.connection import KafkaConnection, connection_to


async def create_topics(
    kafka: KafkaConnection | str, specs: list[TopicSpec], *, replication_factor: int = 1
) -> list[str]:
    """Create those topics that do not exist yet; returns their names.

    Raises:
        aiokafka.errors.KafkaError: Kafka is away or refuses.
    """
    admin = AIOKafkaAdminClient(**connection_to(kafka).options(), request_timeout_ms=15_000)
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        missing = [spec for spec in specs if spec.name not in existing]
        if not missing:
            return []
        response = await admin.create_topics(
            [
                NewTopic(spec.name, spec.partitions, replication_factor, topic_configs=spec.config)
                for spec in missing
            ]
        )
        for name, code, *rest in response.topic_errors:  # pyright: ignore[reportAttributeAccessIssue] - typed as its base
            error = for_code(code)
            if code != 0 and error is not TopicAlreadyExistsError:
                raise error(f"topic {name}: {rest[0] if rest else ''}")
        return [spec.name for spec in missing]
    finally:
        await admin.close()
