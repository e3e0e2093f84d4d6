"""What rules and dashboard ask Kafka's brokers for is there, and changes when a broker and a disk are lost.

Two brokers of the module's own are asked by JMX, under the names of Strimzi's Metrics Reporter; and by the reporter
itself, where FANSIPAN_METRICS_REPORTER says how to get it, which also shows that these are its names.
"""

import asyncio
import json
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
import yaml
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from tests.support.broker_metrics import Reader, Sample
from tests.support.kafka import publish
from tests.support.kafka_tools import NoReporterError, metrics_reporter
from tests.support.promql import Use, uses
from tests.support.watched_kafka import Node, watched_kafka

from fansipan_observability import brokers as b

STORES: Final = Path(__file__).parents[3] / "deploy" / "observability" / "stores"
NO_REPORTER: Final = (
    "FANSIPAN_METRICS_REPORTER=maven gets Strimzi's Metrics Reporter, or names a folder with its jars"
)
_PATIENCE: Final = 30.0
_PARTITIONS: Final = 4
"""Of each topic; some lie on either disk."""


def questions() -> Iterator[tuple[str, Use]]:
    """Where something is asked, and what."""
    for group in yaml.safe_load((STORES / "brokers.yaml").read_text(encoding="utf-8"))["groups"]:
        for rule in group["rules"]:
            yield from ((rule["alert"], use) for use in uses(rule["expr"]))
    for panel in json.loads((STORES / "brokers.json").read_text(encoding="utf-8"))["panels"]:
        for target in panel.get("targets", []):
            yield from ((panel["title"], use) for use in uses(target["expr"]))


class Shown:
    """What a broker has shown at one time."""

    def __init__(self, samples: list[Sample]) -> None:
        self.samples = samples
        self.at = time.monotonic()

    def labels(self, series: str) -> set[str]:
        """Labels that its series have."""
        return {name for each in self.samples if each.series == series for name, _ in each.labels}

    def value(self, metric: b.BrokerMetric) -> float:
        """Of a metric with one series."""
        [value] = [each.value for each in self.samples if each.series == metric.series and not each.labels]
        return value


@dataclass(frozen=True)
class Story:
    """What the first node showed: when all was well, without the other, and without a disk, too.

    Attributes:
        lost: partitions on the disk that was lost.
    """

    well: Shown
    alone: Shown
    broken: Shown
    lost: int


def _read(readers: Mapping[str, Reader], wanted: Callable[[Shown], bool]) -> dict[str, Shown]:
    """Read each until it shows what is wanted, or for long enough: a test says then what it shows instead."""
    found: dict[str, Shown] = {}
    for name, reader in readers.items():
        until = time.monotonic() + _PATIENCE
        while not wanted(shown := Shown(reader.read())) and time.monotonic() < until:
            time.sleep(0.2)
        found[name] = shown
    return found


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Node, Node]]:
    folder = tmp_path_factory.mktemp("kafka")
    try:
        reporter = metrics_reporter(folder / "maven.log")
    except NoReporterError:
        reporter = None
    with watched_kafka(folder, reporter, [metric.name for metric in b.BROKER_METRICS]) as running:
        yield running


@pytest.fixture(scope="module")
async def stories(nodes: tuple[Node, Node]) -> dict[str, Story]:
    """By each way to read them."""
    first, second = nodes
    servers = f"127.0.0.1:{first.port}"
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    await admin.create_topics(
        [
            NewTopic("copied", _PARTITIONS, 2),
            NewTopic("single", -1, -1, replica_assignments={n: [1] for n in range(_PARTITIONS)}),
        ]
    )
    await admin.close()
    await publish(servers, "single", [(b"a record", ())])
    consumer = AIOKafkaConsumer("single", bootstrap_servers=servers, auto_offset_reset="earliest")
    await consumer.start()
    async with asyncio.timeout(_PATIENCE):
        assert (await consumer.getone()).value == b"a record"
    await consumer.stop()

    readers = first.readers
    well = _read(
        readers, lambda shown: shown.value(b.ACTIVE_BROKERS) == 2 and shown.value(b.UNDER_REPLICATED) == 0
    )
    second.kill()
    alone = _read(
        readers,
        lambda shown: shown.value(b.FENCED_BROKERS) == 1 and shown.value(b.UNDER_MINIMUM) == _PARTITIONS,
    )
    lost = first.lose_second_disk()
    broken = _read(
        readers,
        lambda shown: shown.value(b.OFFLINE_DIRECTORIES) == 1 and shown.value(b.OFFLINE_PARTITIONS) == lost,
    )
    return {name: Story(well[name], alone[name], broken[name], lost) for name in readers}


@pytest.fixture(params=["jmx", "reporter"])
def story(stories: dict[str, Story], request: pytest.FixtureRequest) -> Story:
    if request.param not in stories:
        pytest.skip(NO_REPORTER)
    return stories[request.param]


def test_every_question_can_be_answered(story: Story):
    shown = {each.series for each in story.well.samples}
    asked = 0
    for place, use in questions():
        asked += 1
        assert use.metric in shown, f"{place} asks for {use.metric}"
        missing = use.labels - {"job", "instance"} - story.well.labels(use.metric)
        assert not missing, f"{place} asks for {missing} of {use.metric}"
    assert asked > 20


def test_a_healthy_cluster_raises_nothing(story: Story):
    well = story.well
    assert (well.value(b.ACTIVE_CONTROLLERS), well.value(b.ACTIVE_BROKERS)) == (1, 2)
    for metric in (
        b.FENCED_BROKERS,
        b.OFFLINE_PARTITIONS,
        b.UNCLEAN_ELECTIONS,
        b.UNDER_REPLICATED,
        b.UNDER_MINIMUM,
        b.OFFLINE_DIRECTORIES,
    ):
        assert well.value(metric) == 0, metric.name
    assert well.value(b.BYTES_IN) > 0


def test_a_lost_broker_is_seen(story: Story):
    alone = story.alone
    assert (alone.value(b.ACTIVE_BROKERS), alone.value(b.FENCED_BROKERS)) == (1, 1)
    assert alone.value(b.UNDER_REPLICATED) == _PARTITIONS
    assert alone.value(b.UNDER_MINIMUM) == _PARTITIONS
    assert alone.value(b.OFFLINE_PARTITIONS) == 0


def test_a_lost_disk_is_seen(story: Story):
    assert story.broken.value(b.OFFLINE_DIRECTORIES) == 1
    # Nobody else is left to lead what was on it.
    assert story.broken.value(b.OFFLINE_PARTITIONS) == story.lost > 0


def test_idle_handlers_are_counted_in_nanoseconds(story: Story):
    seconds = story.broken.at - story.well.at
    idle = (story.broken.value(b.HANDLERS_IDLE) - story.well.value(b.HANDLERS_IDLE)) / 1e9 / seconds
    assert 0.5 < idle < 1.1  # hardly anything was asked of it


def test_the_reporter_names_them_so(stories: dict[str, Story]):
    """What is read by JMX has the names and labels of the reporter's scrape, with the same values."""
    if "reporter" not in stories:
        pytest.skip(NO_REPORTER)
    by_jmx, scraped = stories["jmx"].broken, stories["reporter"].broken
    for metric in b.BROKER_METRICS:
        assert by_jmx.labels(metric.series) == scraped.labels(metric.series), metric.name
    counted = {each.series for each in scraped.samples if each.series.startswith("kafka_")}
    allowed = {metric.series for metric in b.BROKER_METRICS}
    assert {name.removesuffix("_count").removesuffix("_sum") for name in counted} == allowed
