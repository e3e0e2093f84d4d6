"""`fansipan replay`: push recorded data to ingest."""

import asyncio
import heapq
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from fansipan_cli.errors import UsageError
from fansipan_cli.replay.ndjson import ndjson_items, scan
from fansipan_cli.replay.progress import print_outcome, shown
from fansipan_cli.replay.recordings import Recording, Series, load_recording, load_recordings
from fansipan_cli.scenario import Timeline, find_scenario, load_scenario
from fansipan_cli.scenario.catalogue import LoadedScenario
from fansipan_cli.scenario.timeline import shift_to_end_at
from fansipan_cli.sending import IngestClient, Outgoing, Sender, Tally
from fansipan_cli.sending.client import make_http
from fansipan_cli.sending.lanes import Pace
from fansipan_cli.settings import CliSettings, read_settings
from fansipan_cli.source_tree import find_folder

_NDJSON: Final = (".ndjson", ".jsonl", ".json", ".ndjson.gz", ".jsonl.gz", ".json.gz")
_CSV: Final = (".csv", ".csv.gz")


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("replay")(replay)


def replay(
    what: Annotated[
        str,
        typer.Argument(metavar="FILE|SCENARIO", help="NDJSON or CSV (.gz allowed), or a scenario of demo/."),
    ],
    shift_to_now: Annotated[
        bool,
        typer.Option("--shift-to-now", help="Move each source so that its last item lies just before now."),
    ] = False,
    speed: Annotated[str, typer.Option(help="max, or how many times faster than recorded, e.g. 60.")] = "max",
    limit: Annotated[int | None, typer.Option(min=1, help="Send only the first so many items.")] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="Source of the scenario, * allowed; repeatable.")
    ] = None,
    mapping: Annotated[
        str | None, typer.Option(metavar="SCENARIO/SOURCE", help="For CSV: whose columns the file has.")
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, max=10_000, help="Items a request.")] = 2_000,
    lanes: Annotated[
        int, typer.Option(min=1, max=32, help="Requests at once; a thing keeps to one lane.")
    ] = 4,
) -> None:
    """Push recorded data to ingest (FANSIPAN_INGEST_URL, FANSIPAN_INGEST_KEY) and say exactly what became of it.

    Waits and repeats when ingest is away or behind; an item is never dropped.
    """
    settings = read_settings()
    url, key = settings.ingest
    pace = _pace(speed)
    tally = Tally()
    recording = _open(
        what, settings, only or [], mapping, shift=shift_to_now, merge=pace is not None, tally=tally
    )
    total = recording.total if limit is None else min(limit, recording.total)
    console = Console()
    began = time.monotonic()

    async def send() -> None:
        async with make_http(url, key, connections=lanes) as http:
            sender = Sender(IngestClient(http, tally), lanes=lanes, batch_size=batch_size, pace=pace)
            async with shown(console, "sending", total, tally):
                await sender.run(islice(recording.items, limit))

    try:
        asyncio.run(send())
    finally:
        print_outcome(console, tally, time.monotonic() - began)
    if tally.rejected:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class _Opened:
    items: Iterable[Outgoing]
    total: int


def _open(
    what: str,
    settings: CliSettings,
    only: list[str],
    mapping: str | None,
    *,
    shift: bool,
    merge: bool,
    tally: Tally,
) -> _Opened:
    now_ms = time.time_ns() // 1_000_000
    path = Path(what)
    if what.endswith(_NDJSON):
        found = scan(path)
        if shift and found.last_ms is None:
            raise UsageError(f"{path.name} holds no time", "leave --shift-to-now out")
        by = shift_to_end_at(found.last_ms, now_ms) if shift and found.last_ms is not None else 0
        return _Opened(ndjson_items(path, shift_ms=by, tally=tally), found.items)
    if what.endswith(_CSV):
        recordings = [_mapped(path, mapping, settings)]
    else:
        recordings = load_recordings(_scenario(what, settings), only)
    streams = [_stream(recording, now_ms, shift=shift) for recording in recordings]
    items = heapq.merge(*streams, key=lambda outgoing: outgoing.at_ms) if merge else _chained(streams)
    return _Opened(items, sum(map(_size, recordings)))


def _scenario(name: str, settings: CliSettings) -> LoadedScenario:
    if Path(name).suffix in {".yaml", ".yml"}:
        return load_scenario(find_scenario(name, Path()))
    demo = find_folder(
        settings.demo_folder, "demo", "scenarios", variable="FANSIPAN_DEMO", option="the path of a YAML"
    )
    return load_scenario(find_scenario(name, demo))


def _mapped(path: Path, mapping: str | None, settings: CliSettings) -> Recording:
    if mapping is None or "/" not in mapping:
        raise UsageError(
            "a CSV file needs a mapping", "give --mapping SCENARIO/SOURCE, for example laocai/air"
        )
    name, _, source_id = mapping.rpartition("/")
    loaded = _scenario(name, settings)
    for source in loaded.scenario.sources:
        if source.id == source_id:
            return load_recording(loaded, source.model_copy(update={"file": str(path.resolve())}))
    known = ", ".join(source.id for source in loaded.scenario.sources)
    raise UsageError(f"{name} has no source {source_id!r}", f"sources are: {known}")


def _stream(recording: Recording, now_ms: int, *, shift: bool) -> Iterator[Outgoing]:
    last_ms = recording.last_ms if isinstance(recording, Series) else recording.last_event_ms
    by = shift_to_end_at(last_ms, now_ms) if shift else 0
    return recording.items(Timeline(by, turn_ms=1))


def _chained(streams: list[Iterator[Outgoing]]) -> Iterator[Outgoing]:
    for stream in streams:
        yield from stream


def _size(recording: Recording) -> int:
    if isinstance(recording, Series):
        return sum(len(reading.results) for reading in recording.readings)
    return sum(1 if case.finished_ms is None else 2 for case in recording.cases)


def _pace(speed: str) -> Pace | None:
    if speed == "max":
        return None
    try:
        factor = float(speed)
    except ValueError:
        factor = 0.0
    if not 0.0 < factor < 1e9:
        raise UsageError(f"{speed!r} is no speed", "give max, or a number above 0 such as 60")
    return Pace(factor)
