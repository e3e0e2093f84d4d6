"""`fansipan topics replay`: the store takes records of Kafka again."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Final

import typer
from pydantic import TypeAdapter, ValidationError
from rich import box
from rich.console import Console
from rich.table import Table

from fansipan_cli.database import connected
from fansipan_cli.durations import parse_duration
from fansipan_cli.errors import CommandError, UsageError
from fansipan_cli.settings import read_settings
from fansipan_cli.store_replay.plan import Place
from fansipan_cli.store_replay.registry import register, unknown_of
from fansipan_cli.store_replay.store_offsets import move_back, read_offsets
from fansipan_cli.store_replay.topic_reader import TopicReader
from fansipan_cli.store_replay.waiting import wait_until_taken
from fansipan_common.contracts import TopicName
from fansipan_common.contracts.moment import Moment

_MOMENT: Final[TypeAdapter[datetime]] = TypeAdapter(Moment)


class Into(StrEnum):
    """What is stored again."""

    OBSERVATIONS = "observations"
    SERVICE_EVENTS = "service-events"


_TOPICS: Final = {Into.OBSERVATIONS: TopicName.OBSERVATIONS, Into.SERVICE_EVENTS: TopicName.SERVICE_EVENTS}


def replay(
    since: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="Records that Kafka took then or later: RFC 3339, or a length of time before now (36h). "
            "Without it: what the store has not taken yet.",
        ),
    ] = None,
    into: Annotated[list[Into] | None, typer.Option(help="Only these (repeatable); else both kinds.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    accept_loss: Annotated[
        bool,
        typer.Option("--accept-loss", help="Go on with the oldest record there is when older ones are gone."),
    ] = False,
    wait: Annotated[bool, typer.Option(help="Wait until the store has taken everything.")] = True,
    patience: Annotated[
        float, typer.Option(min=1.0, help="Seconds without any progress after which waiting ends.")
    ] = 60.0,
) -> None:
    """Let the store take records of Kafka again, up to the newest (DATABASE_URL, KAFKA_BOOTSTRAP_SERVERS).

    For a store that was restored from a backup or made anew, before ingest is started. Datastreams that only Kafka
    knows are registered again under their ids. What is stored already stays as it is. See docs/runbooks/restore.md.
    """
    settings = read_settings()
    database, reader = settings.database, TopicReader(settings.kafka)
    observations = settings.kafka_topic_prefix + TopicName.OBSERVATIONS
    topics = [settings.kafka_topic_prefix + _TOPICS[kind] for kind in dict.fromkeys(into or Into)]
    begin = None if since is None else _moment(since)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    console = Console(highlight=False)

    with connected(database, autocommit=True) as connection:
        stored = read_offsets(connection, topics)
    places = asyncio.run(reader.places(topics, stored, begin))
    console.print(_table(places))
    _refuse_gaps(places, begin, accept_loss, console)
    seen = asyncio.run(reader.datastreams([place for place in places if place.topic == observations]))
    with connected(database) as connection:
        unknown = unknown_of(connection, seen.values())
        if unknown:
            names = ", ".join(one.key for one in unknown[:5]) + (" …" if len(unknown) > 5 else "")
            console.print(f"{len(unknown):,} datastreams are registered again: {names}")
        if dry_run:
            console.print("nothing was changed: this was a dry run")
            return
        register(connection, unknown)
        moved = move_back(connection, places)
    total = sum(place.records for place in places)
    console.print(f"{total:,} records are taken; {moved} partitions were moved")
    if wait and total:
        seconds = wait_until_taken(database, places, patience=patience, say=console.print)
        console.print(
            f"taken: {total:,} records in {seconds:.1f} s, {total / max(seconds, 1e-3):,.0f} records/s"
        )


def _moment(text: str) -> datetime:
    try:
        return _MOMENT.validate_python(text)
    except ValidationError:
        pass
    try:
        return datetime.now(UTC) - parse_duration(text)
    except UsageError:
        raise UsageError(
            f"{text!r} is no time", "write 2026-07-01T08:00:00+07:00, or a length of time before now: 36h"
        ) from None


def _refuse_gaps(
    places: Sequence[Place], begin: datetime | None, accept_loss: bool, console: Console
) -> None:
    """Say what cannot be had any more.

    Raises:
        CommandError: something, and nobody accepted it.
    """
    younger = [place for place in places if place.is_younger and begin is None]
    if younger:
        names = ", ".join(f"{p.topic}-{p.partition} (store {p.stored:,}, Kafka {p.end:,})" for p in younger)
        raise CommandError(
            f"the store is further than Kafka has ever been: {names}",
            "the topic was made anew: name a time with --from, and records from then on are taken",
        )
    lost = [place for place in places if place.lost]
    for place in lost:
        console.print(
            f"[red]{place.topic}-{place.partition}: Kafka no longer has {place.lost:,} records that the store has"
            f" not taken; the first there is has offset {place.first:,}[/]"
        )
    if lost and not accept_loss:
        raise CommandError(
            f"{sum(place.lost for place in lost):,} records are gone from Kafka",
            "restore a newer backup; or go on without them: --accept-loss",
        )
    for place in places:
        if place.is_cut and not place.lost:
            console.print(
                f"[yellow]{place.topic}-{place.partition}: Kafka's oldest record, offset {place.first:,}, is younger"
                " than --from; what came before is not taken again[/]"
            )


def _table(places: Sequence[Place]) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("topic")
    for name in ("partition", "Kafka's first", "end", "store is at", "taken from", "records"):
        table.add_column(name, justify="right")
    for place in places:
        figures = (place.partition, place.first, place.end, place.stored, place.start, place.records)
        table.add_row(place.topic, *(f"{figure:,}" for figure in figures))
    return table
