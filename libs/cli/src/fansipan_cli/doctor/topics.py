"""Checks of Kafka: the topics against their contract, copies of them, and how far the store is behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import psycopg

from fansipan_cli.database import connected
from fansipan_cli.doctor.finding import Finding, doubtful, skipped, well, wrong
from fansipan_cli.doctor.rows import all_rows, spoken
from fansipan_cli.errors import CommandError
from fansipan_cli.kafka import TopicState, topic_states
from fansipan_cli.store_replay.plan import Place
from fansipan_cli.store_replay.topic_reader import TopicReader
from fansipan_common.contracts import TopicName, TopicSpec, topic_specs
from fansipan_common.kafka import KafkaConnection

_STILL: Final = timedelta(minutes=1)
_STORED: Final = (TopicName.OBSERVATIONS, TopicName.SERVICE_EVENTS)
_FOREVER: Final = -1


async def check_kafka(kafka: KafkaConnection | None, prefix: str) -> list[Finding]:
    """Reachable, and every topic there with the partitions, settings and copies that it should have."""
    if kafka is None:
        return [skipped("kafka", "set KAFKA_BOOTSTRAP_SERVERS")]
    specs = topic_specs(prefix)
    try:
        brokers, states = await topic_states(kafka, [spec.name for spec in specs])
    except CommandError as error:
        return [wrong("kafka", error.what, error.todo)]
    partitions = {name: list(range(state.partitions)) for name, state in states.items()}
    return [
        well("kafka", f"{kafka}, {brokers} broker{'s' if brokers > 1 else ''}"),
        *topic_findings(specs, partitions),
        *settings_findings(specs, states),
        *copies_findings(brokers, states),
    ]


def topic_findings(specs: list[TopicSpec], partitions: Mapping[str, list[int]]) -> list[Finding]:
    """Compare the topics there are and their partitions with those that should be."""
    missing = [spec.name for spec in specs if spec.name not in partitions]
    other = [
        spec for spec in specs if spec.name in partitions and len(partitions[spec.name]) != spec.partitions
    ]
    findings: list[Finding] = []
    if missing:
        findings.append(wrong("topics", f"missing: {', '.join(missing)}", "run: fansipan topics create"))
    for spec in other:
        detail = f"{spec.name} has {len(partitions[spec.name])} partitions, expected {spec.partitions}"
        todo = "it decides the order of a thing: docs/runbooks/changing-partitions.md"
        # More are somebody's choice, who has read how; fewer are a topic that Kafka made by itself.
        more = len(partitions[spec.name]) > spec.partitions
        findings.append(doubtful("topics", detail, todo) if more else wrong("topics", detail, todo))
    return findings or [well("topics", f"all {len(specs)} there")]


def settings_findings(specs: Sequence[TopicSpec], states: Mapping[str, TopicState]) -> list[Finding]:
    """Retention and the largest record against the contract: more is fine, less loses or refuses."""
    findings: list[Finding] = []
    for spec in specs:
        state = states.get(spec.name)
        if state is None:
            continue
        for name, wanted in spec.config.items():
            found = state.settings.get(name)
            if found is None or int(found) == _FOREVER or int(found) >= int(wanted):
                continue
            todo = f"kafka-configs.sh --alter --topic {spec.name} --add-config {name}={wanted}"
            findings.append(
                wrong("topics", f"{spec.name}: {name} is {found}, the contract says {wanted}", todo)
            )
        limit = state.settings.get("retention.bytes")
        if limit is not None and int(limit) != _FOREVER:
            findings.append(
                doubtful(
                    "topics",
                    f"{spec.name}: retention.bytes {limit} may delete records sooner than the contract says",
                    f"kafka-configs.sh --alter --topic {spec.name} --delete-config retention.bytes",
                )
            )
    return findings


def copies_findings(brokers: int, states: Mapping[str, TopicState]) -> list[Finding]:
    """Partitions that lack copies, and copies that were never asked for."""
    lacking = [f"{name} ({state.lacking})" for name, state in states.items() if state.lacking]
    if lacking:
        return [
            wrong(
                "copies",
                f"partitions without all their copies: {', '.join(lacking)}",
                "is a broker away? see its log",
            )
        ]
    copies = {name: state.copies for name, state in states.items()}
    single = [name for name, count in copies.items() if count == 1]
    if single and brokers > 1:
        return [
            doubtful(
                "copies",
                f"one copy only: {', '.join(single)}; with its disk goes what is not stored yet",
                "kafka-reassign-partitions.sh gives a topic more copies; three, and min.insync.replicas=2",
            )
        ]
    return [well("copies", "all there" if copies else "no topics")]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the store is in a partition, and since when."""

    offset: int
    since: datetime


async def check_lag(kafka: KafkaConnection | None, prefix: str, database: str | None) -> list[Finding]:
    """How many records the store has not taken yet, and whether it moves."""
    if kafka is None or database is None:
        return [skipped("store", "set KAFKA_BOOTSTRAP_SERVERS and DATABASE_URL")]
    topics = [prefix + topic for topic in _STORED]
    try:
        with connected(database, autocommit=True) as connection:
            rows = all_rows(
                connection,
                "SELECT topic, partition, next_offset, updated_at FROM consumer_offset"
                " WHERE consumer = 'store' AND topic = ANY(%s)",
                topics,
            )
        standing = {
            (row["topic"], row["partition"]): Standing(row["next_offset"], row["updated_at"]) for row in rows
        }
        offsets = {partition: at.offset for partition, at in standing.items()}
        places = await TopicReader(kafka).places(topics, offsets, None)
    except CommandError as error:
        return [wrong("store", error.what, error.todo)]
    except psycopg.errors.InsufficientPrivilege:
        return [skipped("store", "use a role that may read consumer_offset: the owner's")]
    return [lag_finding(places, standing, datetime.now(UTC))]


def lag_finding(
    places: Sequence[Place], standing: Mapping[tuple[str, int], Standing], now: datetime
) -> Finding:
    """What to say of where the store stands in each partition."""
    younger = [place for place in places if place.is_younger]
    if younger:
        return wrong(
            "store",
            f"further than Kafka has ever been in {len(younger)} partitions: a topic was made anew",
            "docs/runbooks/restore.md, When Kafka was lost",
        )
    lost = sum(place.lost for place in places)
    if lost:
        return wrong(
            "store",
            f"Kafka no longer has {lost:,} records that were not stored",
            "ask the providers to send that time again: docs/runbooks/restore.md",
        )
    behind = [place for place in places if place.records]
    if not behind:
        return well("store", "has taken all that is in Kafka")
    records = sum(place.records for place in behind)
    moves = [at.since for at in standing.values()]
    age = now - max(moves) if moves else None
    detail = f"{records:,} records behind in {len(behind)} partitions"
    if age is None or age > _STILL:
        last = "it never began" if age is None else f"it last stored something {spoken(age)} ago"
        return wrong("store", f"{detail}; {last}", "does analytics run? see its /readyz and its log")
    return well("store", f"{detail}, and it moves")
