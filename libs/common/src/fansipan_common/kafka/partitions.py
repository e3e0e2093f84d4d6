"""Which partition a key belongs to: Kafka's default partitioner (murmur2), as every other client computes it."""

from aiokafka.partitioner import murmur2


def partition_of_key(key: bytes, partitions: int) -> int:
    """Partition of `key` among `partitions`, as the Java client's default partitioner gives it."""
    return (int(murmur2(key)) & 0x7FFFFFFF) % partitions
