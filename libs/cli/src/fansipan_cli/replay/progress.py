"""How a replay is shown while it runs and when it has ended."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from fansipan_cli.sending import Tally


@asynccontextmanager
async def shown(console: Console, what: str, total: int | None, *tallies: Tally) -> AsyncGenerator[None]:
    """Show a bar over the answered items of the tallies, with the rate, while the block runs."""
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
    began = time.monotonic()

    def update() -> None:
        answered = sum(tally.accepted + tally.rejected for tally in tallies)
        retries = sum(tally.retries.total() for tally in tallies)
        rate = answered / max(time.monotonic() - began, 1e-6)
        note = f"{rate:,.0f}/s" + (f", {retries} retries" if retries else "")
        progress.update(task, completed=answered, rate=note)

    async def watch() -> None:
        while True:
            update()
            await asyncio.sleep(0.2)

    with progress:
        task = progress.add_task(what, total=total, rate="")
        watcher = asyncio.create_task(watch())
        try:
            yield
        finally:
            watcher.cancel()
            update()


def print_outcome(console: Console, tally: Tally, seconds: float) -> None:
    """The exact end table of a replay, and its first rejected items."""
    table = Table(box=box.SIMPLE_HEAD, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, value in outcome_rows(tally, seconds):
        table.add_row(name, value)
    console.print(table)
    print_rejected(console, tally)


def outcome_rows(tally: Tally, seconds: float) -> list[tuple[str, str]]:
    """Names and figures of the end table."""
    return [
        ("sent", f"{tally.sent:,}"),
        ("accepted", f"{tally.accepted:,}"),
        ("rejected", f"{tally.rejected:,}"),
        *((f"  {code}", f"{count:,}") for code, count in tally.codes.most_common()),
        ("requests", f"{tally.requests:,}"),
        ("retries", f"{tally.retries.total():,}"),
        *((f"  {reason}", f"{count:,}") for reason, count in tally.retries.most_common()),
        ("seconds", f"{seconds:,.1f}"),
        ("accepted a second", f"{tally.accepted / max(seconds, 1e-6):,.0f}"),
    ]


def print_rejected(console: Console, tally: Tally) -> None:
    """The first few rejected items, with the reason."""
    for sample in tally.samples:
        text = "" if sample.item is None else f" {sample.item}"
        console.print(
            f"[yellow]{escape(sample.code)}[/]: {escape(sample.detail)}[dim]{escape(text[:300])}[/]"
        )
    if tally.rejected > len(tally.samples):
        console.print(
            f"… and {tally.rejected - len(tally.samples):,} more; see: fansipan dlq list", highlight=False
        )
