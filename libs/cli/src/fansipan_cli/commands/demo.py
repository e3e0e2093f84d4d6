"""`fansipan demo`: the platform with real sample data, checked and kept live."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Final

import typer
from rich.console import Console

from fansipan_cli.database import Connection, connected
from fansipan_cli.demo.ledger import Ledger
from fansipan_cli.demo.live import LiveFeed
from fansipan_cli.demo.outcome import Account, account_table, accounts
from fansipan_cli.demo.plan import Planned, plan
from fansipan_cli.demo.stored import ends_of, wait_until_stored
from fansipan_cli.errors import CommandError
from fansipan_cli.registration import Registry
from fansipan_cli.replay.progress import print_rejected, shown
from fansipan_cli.replay.recordings import load_recordings
from fansipan_cli.scenario import find_scenario, load_scenario
from fansipan_cli.sending import Backoff, IngestClient, Outgoing, Sender, Tally
from fansipan_cli.sending.client import make_http
from fansipan_cli.settings import CliSettings, read_settings
from fansipan_cli.source_tree import find_folder
from fansipan_common.contracts import TopicName

_LANES: Final = 4
_BATCH_SIZE: Final = 4_000
_TICK_SECONDS: Final = 1.0


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("demo")(demo)


def demo(
    scenario: Annotated[str, typer.Option(help="Scenario of demo/, or the path of a YAML.")] = "laocai",
    live: Annotated[
        bool | None, typer.Option("--live/--no-live", help="Go on after the backfill; else DEMO_LIVE.")
    ] = None,
) -> None:
    """Fill the platform with real sample data up to now, check that all of it is stored, and keep it live.

    Run it as often as you like: what is there already is recognised.
    """
    settings = read_settings()
    console = Console()
    run = _Demo(settings, console, scenario)
    asyncio.run(run.backfill())
    if settings.demo_live if live is None else live:
        run.keep_live()


@dataclass(frozen=True, slots=True)
class _Tallies:
    observations: Tally
    events: Tally


class _Demo:
    """One run."""

    def __init__(self, settings: CliSettings, console: Console, scenario: str) -> None:
        folder = find_folder(
            settings.demo_folder, "demo", "scenarios", variable="FANSIPAN_DEMO", option="--scenario PATH"
        )
        self._console = console
        self._url, self._key = settings.ingest
        self._database = settings.database
        self._kafka = settings.kafka
        self._prefix = settings.kafka_topic_prefix
        self._gateway = settings.gateway_url
        self._now_ms = time.time_ns() // 1_000_000
        with console.status("reading the recordings …"):
            self._loaded = load_scenario(find_scenario(scenario, folder))
            self._recordings = load_recordings(self._loaded, [])
        self._planned: list[Planned] = []

    async def backfill(self) -> None:
        """Register, send what lies before now, and account for it.

        Raises:
            CommandError: something does not answer, or an accepted item cannot be read.
        """
        with connected(self._database, autocommit=True) as connection:
            datastreams = self._register(connection)
            with self._console.status("looking up what is stored already …"):
                ledger = Ledger(connection)
                ledger.enter(self._past(), datastreams)
                before = ledger.count()
            tallies = _Tallies(Tally(), Tally())
            began = time.monotonic()
            await self._send(tallies, ledger.observations + ledger.events)
            self._console.print(
                f"accepted {tallies.observations.accepted + tallies.events.accepted:,} items"
                f" in {time.monotonic() - began:.1f} s",
                highlight=False,
            )
            await self._wait(connection)
            seconds = time.monotonic() - began
            with self._console.status("checking that every reading can be read …"):
                rows = accounts(tallies.observations, tallies.events, before, ledger.count())
        self._report(rows, seconds)

    def keep_live(self) -> None:
        """Send new readings until Ctrl-C."""
        tally = Tally()
        try:
            asyncio.run(self._live(tally))
        except KeyboardInterrupt:
            self._console.print(
                f"\nstopped: {tally.accepted:,} live items accepted, {tally.rejected:,} rejected",
                highlight=False,
            )
            print_rejected(self._console, tally)

    def _register(self, connection: Connection) -> dict[str, int]:
        scenario = self._loaded.scenario
        self._planned = plan(self._recordings, scenario, connection, self._now_ms)
        registry = Registry(connection, scenario)
        ids: dict[str, int] = {}
        with connection.transaction():
            for planned in self._planned:
                ids |= registry.register(planned.recording.source, planned.timeline.shift_ms)
            registry.name_services()
        self._console.print(f"{scenario.name.en}: {len(ids)} datastreams", highlight=False)
        return ids

    def _past(self) -> Iterator[Outgoing]:
        for planned in self._planned:
            yield from planned.past(self._now_ms)

    async def _send(self, tallies: _Tallies, total: int) -> None:
        async with (
            make_http(self._url, self._key, connections=_LANES) as http,
            shown(self._console, "sending", total, tallies.observations, tallies.events),
        ):
            for tally, target in ((tallies.observations, "observations"), (tallies.events, "service-events")):
                sender = Sender(IngestClient(http, tally), lanes=_LANES, batch_size=_BATCH_SIZE)
                await sender.run(outgoing for outgoing in self._past() if outgoing.target == target)

    async def _wait(self, connection: Connection) -> None:
        topics = [self._prefix + name for name in (TopicName.OBSERVATIONS, TopicName.SERVICE_EVENTS)]
        with self._console.status("waiting for the store …") as status:
            ends = await ends_of(self._kafka, topics)
            await wait_until_stored(
                connection,
                ends,
                lambda left: status.update(f"waiting for the store: {left:,} records left …"),
            )

    def _report(self, rows: list[Account], seconds: float) -> None:
        self._console.print(account_table(rows, seconds))
        for row in rows:
            print_rejected(self._console, row.tally)
        wrong = [row for row in rows if not row.holds]
        if wrong:
            raise CommandError(
                "; ".join(
                    f"{row.tally.accepted:,} {row.name} accepted but {row.after:,} readable" for row in wrong
                ),
                "look into the log of analytics and `fansipan dlq list`",
            )
        total = sum(row.tally.accepted for row in rows)
        self._console.print(
            f"all {total:,} accepted items can be read ({seconds:.1f} s, {total / seconds:,.0f} rows/s)",
            highlight=False,
        )
        if self._gateway:
            self._console.print(f"open [bold]{self._gateway}[/]", highlight=False)

    async def _live(self, tally: Tally) -> None:
        feed = LiveFeed(self._planned, self._now_ms)
        backoff = Backoff(patience=3600.0)
        async with make_http(self._url, self._key, connections=_LANES) as http:
            client = IngestClient(http, tally, backoff=backoff)
            last = time.monotonic()
            self._console.print("going on live: readings stamped now, Ctrl-C stops", highlight=False)
            with self._console.status("live") as status:
                while True:
                    await asyncio.sleep(max(0.0, last + _TICK_SECONDS - time.monotonic()))
                    now = time.monotonic()
                    observations, events = feed.tick(now - last, time.time_ns() // 1_000_000)
                    last = now
                    if observations:
                        await client.send("observations", [outgoing.item for outgoing in observations])
                    if events:
                        await client.send("service-events", [outgoing.item for outgoing in events])
                    note = f", {tally.retries.total()} retries" if tally.retries else ""
                    status.update(f"live: {tally.accepted:,} items accepted{note}")
