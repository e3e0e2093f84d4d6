"""`fansipan dlq`: what could not be used, and another try."""

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from fansipan_cli.dead_letters.identity import LetterId, parse_letter_id
from fansipan_cli.dead_letters.reader import DeadLetterReader, Filters, Letter
from fansipan_cli.durations import parse_duration
from fansipan_cli.errors import CommandError, UsageError
from fansipan_cli.sending import Backoff, IngestClient, Tally
from fansipan_cli.sending.client import make_http
from fansipan_cli.settings import read_settings

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
            content.target if content.origin == "http" else f"{content.target} (kafka)",
            str(len(content.items)),
            escape(why),
        )
    console = Console()
    console.print(table)
    if not listing.complete:
        console.print(f"older records than the last {scan:,} of each partition were not looked at (--scan)")


def show(letter_id: _Id) -> None:
    """Print a dead letter as JSON."""
    wanted = parse_letter_id(letter_id)
    letter = asyncio.run(_reader().one(wanted))
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
        typer.Option(help="JSON to send instead of what was sent: an item, or an array of items."),
    ] = None,
) -> None:
    """Send the items of a dead letter to ingest again (FANSIPAN_INGEST_URL, FANSIPAN_INGEST_KEY)."""
    wanted = parse_letter_id(letter_id)
    url, key = read_settings().ingest
    letter = asyncio.run(_reader().one(wanted))
    items = _payloads(letter, wanted) if file is None else _read_items(file)
    tally = Tally()

    async def send() -> None:
        async with make_http(url, key, connections=1) as http:
            await IngestClient(http, tally, backoff=Backoff(patience=60.0)).send(letter.content.target, items)

    asyncio.run(send())
    console = Console()
    console.print(f"sent {tally.sent}, accepted {tally.accepted}, rejected {tally.rejected}", highlight=False)
    for sample in tally.samples:
        console.print(f"[yellow]{escape(sample.code)}[/]: {escape(sample.detail)}", highlight=False)
    if tally.rejected:
        raise typer.Exit(1)


def _reader() -> DeadLetterReader:
    settings = read_settings()
    return DeadLetterReader(settings.kafka, settings.kafka_topic_prefix)


def _payloads(letter: Letter, wanted: LetterId) -> list[Any]:
    chosen = [item for item in letter.content.items if wanted.index is None or item.index == wanted.index]
    _require_items(chosen, wanted)
    if any(item.payload is None for item in chosen):
        raise CommandError(
            f"dead letter {wanted} holds bytes that are no JSON",
            f"see them with `fansipan dlq show {wanted}`, and send a corrected item with --file",
        )
    return [item.payload for item in chosen]


def _require_items(items: list[Any], wanted: LetterId) -> None:
    if not items:
        raise CommandError(
            f"dead letter {wanted.partition}-{wanted.offset} has no item {wanted.index}",
            f"see: fansipan dlq show {wanted.partition}-{wanted.offset}",
        )


def _read_items(path: Path) -> list[Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise UsageError(f"{path} is no JSON: {error}") from error
    items = content if isinstance(content, list) else [content]
    if not items:
        raise UsageError(f"{path} holds no item")
    return items


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return datetime.now(UTC) - parse_duration(text)
    if moment.tzinfo is None:
        raise UsageError(f"{text!r} has no offset", "write for example 2026-07-01T00:00:00+07:00")
    return moment
