"""Kafka adapters: a publisher that answers after `acks=all`, and a feed whose offsets live in the database."""

from fansipan_common.kafka.admin import create_topics
from fansipan_common.kafka.backlog import Backlog
from fansipan_common.kafka.connection import KafkaConnection, connection_to
from fansipan_common.kafka.feed import Feed, FeedRecord, FeedStalled, Partition
from fansipan_common.kafka.headers import cloud_event_headers, header_text
from fansipan_common.kafka.partitions import partition_of_key
from fansipan_common.kafka.publisher import (
    BrokerAway,
    BrokerBehind,
    Message,
    Publisher,
    RecordTooLarge,
    Written,
)

__all__ = [
    "Backlog",
    "BrokerAway",
    "BrokerBehind",
    "Feed",
    "FeedRecord",
    "FeedStalled",
    "KafkaConnection",
    "Message",
    "Partition",
    "Publisher",
    "RecordTooLarge",
    "Written",
    "cloud_event_headers",
    "connection_to",
    "create_topics",
    "header_text",
    "partition_of_key",
]
