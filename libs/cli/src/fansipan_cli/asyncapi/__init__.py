"""The AsyncAPI document of Kafka's topics, made from the contracts."""

from fansipan_cli.asyncapi.document import kafka_document, to_yaml

__all__ = ["kafka_document", "to_yaml"]
