"""The topics as they are made."""

from fansipan_common.contracts import TopicName, topic_specs
from fansipan_common.contracts.topics import MAX_RECORD_BYTES


def test_every_topic_is_made_once_under_its_prefix():
    specs = topic_specs("test-")
    assert sorted(spec.name for spec in specs) == sorted(f"test-{name}" for name in TopicName)


def test_topics_take_the_largest_record_and_keep_dead_letters_longest():
    specs = {spec.name: spec for spec in topic_specs()}
    assert all(spec.config["max.message.bytes"] == str(MAX_RECORD_BYTES) for spec in specs.values())
    assert all(spec.partitions > 0 for spec in specs.values())
    kept = {name: int(spec.config["retention.ms"]) for name, spec in specs.items()}
    assert kept[TopicName.DEAD_LETTER] > kept[TopicName.OBSERVATIONS]
