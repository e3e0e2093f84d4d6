"""`fansipan dlq`: what could not be used, and another try."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from fansipan_cli.database import connected
from fansipan_cli.dead_letters.identity import LetterId, parse_letter_id
from fansipan_cli.dead_letters.noting import note_replay
from fansipan_cli.dead_letters.reader import DeadLetterReader, Filters, Letter
from fansipan_cli.dead_letters.shipments import payload_text, shipments_of
from fansipan_cli.durations import parse_duration
from fansipan_cli.errors import CommandError, UsageError
from fansipan_cli.sending import Backoff, IngestClient, Tally
from fansipan_cli.sending.client import make_http
from fansipan_cli.settings import CliSettings, read_settings
from fansipan_common.contracts import TopicName
from fansipan_common.contracts.dead_letter import DeadLetterItem

_Id = Annotated[
    str, typer.Argument(metavar="ID", help="partition-offset, or partition-offset-index for one item.")
]


def register(app: typer.Typer) -> None:
    """Add the group of commands to the command line."""
    group = typer.Typer(help="Dead letters: items that could not be used.", no_args_is_help=True)
    group.command("list")(show_all)
    group.command("show")(show)
    group.command("replay")(replay)
    app.add_typer(group, name="dlq")


def show_all(
    code: Annotated[str | None, typer.Option(help="Only with an item of this code.")] = None,
    provider: Annotated[str | None, typer.Option(help="Only from this provider.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Not older than, e.g. 2h or 2026-07-01T00:00:00+07:00.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Show at most so many.")] = 20,
    scan: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="Look at the last so many records of each partition.")
    ] = 2000,
) -> None:
    """List dead letters, newest first. A letter holds the rejected items of one request."""
    filters = Filters(code, provider, None if since is None else _moment(since))
    listing = asyncio.run(_reader().newest(filters, limit=limit, scan=scan))
    table = Table(box=box.SIMPLE_HEAD)
    for title in ("id", "received", "provider"):
        table.add_column(title, no_wrap=True)
    table.add_column("meant for", no_wrap=True)
    table.add_column("items", justify="right")
    table.add_column("why", overflow="fold")
    for letter in listing.letters:
        content = letter.content
        codes = Counter(item.code for item in content.items)
        why = ", ".join(name if count == 1 else f"{name} ×{count}" for name, count in codes.most_common(3))
        table.add_row(
            str(letter.id),
            f"{content.received_at.astimezone(UTC):%m-%d %H:%M:%S}Z",
            content.provider or "-",
            _meant_for(letter),
            str(len(content.items)),
            escape(why),
        )
    console = Console()
    console.print(table)
    if not listing.complete:
        console.print(f"older records than the last {scan:,} of each partition were not looked at (--scan)")


def _meant_for(letter: Letter) -> str:
    """Target of a letter, with the doors of its items, or where it comes from."""
    content = letter.content
    doors = sorted({item.door for item in content.items if item.door is not None})
    via = doors or ([] if content.origin == "http" else [content.origin])
    return f"{content.target} ({', '.join(via)})" if via else content.target


def show(
    letter_id: _Id,
    payload: Annotated[
        bool, typer.Option("--payload", help="Only what was sent, as `replay --edit` takes it.")
    ] = False,
) -> None:
    """Print a dead letter as JSON."""
    wanted = parse_letter_id(letter_id)
    letter = asyncio.run(_reader().one(wanted))
    if payload:
        typer.echo(payload_text(_chosen(letter, wanted), wanted))
        return
    content = letter.content.model_dump(mode="json", by_alias=True, exclude_none=True)
    content["items"] = [
        item for item in content["items"] if wanted.index is None or item["index"] == wanted.index
    ]
    _require_items(content["items"], wanted)
    Console(soft_wrap=True).print_json(json.dumps({"id": str(wanted)} | content), ensure_ascii=False)


def replay(
    letter_id: _Id,
    file: Annotated[
        Path | None,
        typer.Option(
            "--edit",
            "--file",
            help="What to send instead of what was sent, in the form of its door: JSON, or a line of line protocol."
            " Of items without a door an observation or event, or an array of them.",
        ),
    ] = None,
) -> None:
    """Send the items of a dead letter to ingest again, each to the door it came through.

    Needs FANSIPAN_INGEST_URL and FANSIPAN_INGEST_KEY; with DATABASE_URL the replay is noted, as the page shows it.
    """
    wanted = parse_letter_id(letter_id)
    settings = read_settings()
    url, key = settings.ingest
    letter = asyncio.run(_reader().one(wanted))
    chosen = _chosen(letter, wanted)
    shipments = shipments_of(letter, chosen, file)
    tally = Tally()

    async def send() -> None:
        async with make_http(url, key, connections=1) as http:
            client = IngestClient(http, tally, backoff=Backoff(patience=60.0))
            if shipments.plain:
                await client.send(letter.content.target, shipments.plain)
            for door, request, payload in shipments.returns:
                await client.send_back(door, request, payload)

    asyncio.run(send())
    console = Console()
    console.print(f"sent {tally.sent}, accepted {tally.accepted}, rejected {tally.rejected}", highlight=False)
    for sample in tally.samples:
        console.print(f"[yellow]{escape(sample.code)}[/]: {escape(sample.detail)}", highlight=False)
    console.print(_note(settings, letter, chosen, tally, corrected=file is not None), highlight=False)
    if tally.rejected:
        raise typer.Exit(1)


def _note(
    settings: CliSettings, letter: Letter, chosen: list[DeadLetterItem], tally: Tally, *, corrected: bool
) -> str:
    """Note what became of the items in the database; returns what to say of it."""
    if settings.database_url is None:
        return "not noted in the list of dead letters: DATABASE_URL is not set"
    if tally.rejected and len(chosen) > 1:
        return "not noted in the list of dead letters: some were refused; replay them one by one"
    outcome = {
        "outcome": "refused" if tally.rejected else "accepted",
        "stored": None,
        "corrected": corrected,
        "reasons": [{"code": sample.code, "detail": sample.detail} for sample in tally.samples],
    }
    meant = {id(item) for item in chosen}  # two items of a letter may be equal
    places = [place for place, item in enumerate(letter.content.items) if id(item) in meant]
    topic = settings.kafka_topic_prefix + TopicName.DEAD_LETTER
    with connected(settings.database) as connection:
        noted = note_replay(connection, topic, letter.id, places, outcome)
    return f"noted at {noted} of {len(chosen)} in the list of dead letters"


def _reader() -> DeadLetterReader:
    settings = read_settings()
    return DeadLetterReader(settings.kafka, settings.kafka_topic_prefix)


def _chosen(letter: Letter, wanted: LetterId) -> list[DeadLetterItem]:
    chosen = [item for item in letter.content.items if wanted.index is None or item.index == wanted.index]
    _require_items(chosen, wanted)
    return chosen


def _require_items(items: Sequence[Any], wanted: LetterId) -> None:
    if not items:
        raise CommandError(
            f"dead letter {wanted.partition}-{wanted.offset} has no item {wanted.index}",
            f"see: fansipan dlq show {wanted.partition}-{wanted.offset}",
        )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return datetime.now(UTC) - parse_duration(text)
    if moment.tzinfo is None:
        raise UsageError(f"{text!r} has no offset", "write for example 2026-07-01T00:00:00+07:00")
    return moment
