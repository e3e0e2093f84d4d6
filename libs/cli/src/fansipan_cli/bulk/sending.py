"""A file to ingest: the engine of `fansipan_bulk` with the client that all commands send through."""

import asyncio
import signal
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from fansipan_bulk import Answer, ImportOptions, ImportOutcome, Mapping, Refused, run_import
from fansipan_cli.sending import IngestClient, Tally
from fansipan_cli.sending.client import Refusal, make_http


async def send_file(
    path: Path,
    mapping: Mapping,
    options: ImportOptions,
    *,
    ingest: tuple[str, str],
    tally: Tally,
    compress: bool,
) -> ImportOutcome:
    """Import one file.

    Args:
        path, mapping, options: as `run_import` takes them.
        ingest: its address and an API key.
        tally: where requests, repetitions and outcomes are counted.
        compress: send bodies as zstd.

    Raises:
        BulkError: the file, the mapping or its checkpoint is at fault.
        CommandError: ingest refuses, or has not answered for ten minutes; the checkpoint holds.
    """
    url, key = ingest
    async with make_http(url, key, connections=options.in_flight) as http:
        client = IngestClient(http, tally, compress=compress)

        async def post(body: bytes, items: int) -> Answer:
            return _answer(items, await client.send_written("observations", body, items))

        async def post_events(body: bytes, items: int) -> Answer:
            return _answer(items, await client.send_written("service-events", body, items))

        return await run_import(path, mapping, post, options, post_events=post_events)


def _answer(items: int, refused: list[Refusal]) -> Answer:
    return Answer(items - len(refused), [Refused(each.index, each.code, each.detail) for each in refused])


@contextmanager
def stopped_by_signals() -> Generator[asyncio.Event]:
    """An event that SIGTERM and SIGINT set while the block runs: what was begun is ended in order."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    signals = (signal.SIGTERM, signal.SIGINT)
    for number in signals:
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
