"""Importing what arrives in a folder, one file after the other, until told to stop."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from fansipan_bulk import BulkError, CheckReport, ImportHalted, ImportOptions, ImportOutcome, MappingFault
from fansipan_cli.bulk.folder import DropFolder, NamedMapping, load_mappings, mapping_for
from fansipan_cli.bulk.sending import send_file
from fansipan_cli.errors import CommandError
from fansipan_cli.sending import Backoff, Tally

_PAUSE_SECONDS: Final = 1.0
_NOT_ITS_FAULT: Final = frozenset({"file-in-use", "file-unreadable", "file-errors", "file-checkpoint"})
_BACKOFF: Final = Backoff(first=5.0, most=300.0)


class Watcher:
    """Imports the files of a folder by the mappings of another.

    Mappings are read again for each round: a new agency needs no restart. While one of them is not valid nothing is
    imported. While ingest does not take anything, files stay where they are, and it is tried again with back-off.

    Args:
        folder: where files arrive.
        mappings: folder of the mappings.
        ingest: its address and an API key.
        options: how each file is imported.
        compress: send bodies as zstd.
        say: tells what happens, one line each.
    """

    def __init__(
        self,
        folder: DropFolder,
        mappings: Path,
        *,
        ingest: tuple[str, str],
        options: ImportOptions,
        compress: bool,
        say: Callable[[str], None],
    ) -> None:
        self._folder = folder
        self._mappings = mappings
        self._ingest = ingest
        self._options = options
        self._compress = compress
        self._say = say
        self._stop = options.stop
        self._failures = 0
        self._complaint = ""

    async def run(self, *, once: bool = False) -> None:
        """Watch until `options.stop` is set, or with `once` until every file that is there has been tried.

        Raises:
            MappingFault: with `once`: a mapping is not valid.
            CommandError: with `once`: ingest takes nothing.
            OSError: the folder cannot be used.
        """
        self._folder.prepare()
        try:
            if not await self._become_the_one():
                return
            while not self._stop.is_set():
                try:
                    waiting = await self._round()
                except (MappingFault, CommandError) as error:
                    if once:
                        raise
                    self._complain(str(error))
                    await self._pause(_BACKOFF.delay(self._failures, None))
                    self._failures += 1
                    continue
                if once and not waiting:
                    return
                await self._pause(_PAUSE_SECONDS)
        finally:
            self._folder.release_lock()

    async def _become_the_one(self) -> bool:
        told = False
        while not self._folder.take_lock():
            if not told:
                self._say("another one watches this folder; waiting to take over")
                told = True
            await self._pause(_PAUSE_SECONDS)
            if self._stop.is_set():
                return False
        return True

    async def _round(self) -> int:
        """Import what is complete; how many files are still arriving."""
        paths, arriving = self._folder.complete()
        mappings = load_mappings(self._mappings)
        self._complaint = ""
        for path in paths:
            if self._stop.is_set():
                break
            await self._import(path, mappings)
            self._failures = 0
        return arriving

    async def _import(self, path: Path, mappings: list[NamedMapping]) -> None:
        began = datetime.now(UTC)
        named: NamedMapping | None = None
        try:
            named = mapping_for(path.name, mappings)
            self._say(f"{path.name}: begins, by {named.name}")
            outcome = await self._send(path, named)
        except BulkError as error:
            if error.code in _NOT_ITS_FAULT:
                self._complain(f"{path.name}: {error.detail}; it stays where it is")
                return
            self._put_away(
                path, "failed", named, began, report=error.report, code=error.code, detail=error.detail
            )
            return
        if not outcome.complete:
            self._say(f"{path.name}: stopped after {outcome.report.rows:,} rows; it goes on from there")
            return
        where = "failed" if outcome.report.faults and not outcome.report.accepted else "done"
        self._put_away(path, where, named, began, report=outcome.report)

    async def _send(self, path: Path, named: NamedMapping) -> ImportOutcome:
        options = replace(
            self._options, checkpoint=self._folder.checkpoint(path), errors=self._folder.errors(path)
        )
        try:
            return await send_file(
                path, named.mapping, options, ingest=self._ingest, tally=Tally(), compress=self._compress
            )
        except ImportHalted as halted:
            if halted.code != "import-changed":
                raise
            # Another file of the same name, or another mapping: from the beginning.
            self._say(f"{path.name}: {halted.detail}; it begins anew")
            anew = replace(options, restart=True)
            return await send_file(
                path, named.mapping, anew, ingest=self._ingest, tally=Tally(), compress=self._compress
            )

    def _put_away(
        self,
        path: Path,
        where: str,
        named: NamedMapping | None,
        began: datetime,
        *,
        code: str = "",
        detail: str = "",
        report: CheckReport | None = None,
    ) -> None:
        told: dict[str, Any] = {
            "file": path.name,
            "outcome": where,
            "mapping": None if named is None else named.name,
            "began": began.isoformat(timespec="seconds"),
            "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        if code:
            told |= {"code": code, "detail": detail}
        if report is not None:
            told["report"] = report.model_dump(by_alias=True)
        put = self._folder.put_away(path, where, told)
        what = [f"{code}: {detail}"] if code else []
        if report is not None:
            what += [f"{report.rows:,} rows", f"{report.accepted:,} accepted", f"{report.faults:,} faults"]
        self._say(f"{path.name}: {where}, {', '.join(what)}; see {put.name}.report.json")

    def _complain(self, what: str) -> None:
        """Say what is wrong, but not every second."""
        if what != self._complaint:
            self._say(what)
            self._complaint = what

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stop.wait()
