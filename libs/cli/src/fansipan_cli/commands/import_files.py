"""`fansipan import`: files to ingest, one of them or all that arrive in a folder."""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.markup import escape
from typer.core import TyperGroup

from fansipan_bulk import (
    BulkError,
    FileOptions,
    ImportOptions,
    ImportOutcome,
    Mapping,
    MappingFault,
    check,
    dump_mapping,
    load_mapping,
    preview,
)
from fansipan_cli.bulk.folder import DropFolder
from fansipan_cli.bulk.sending import send_file, stopped_by_signals
from fansipan_cli.bulk.showing import bar, print_check, print_errors_hint, print_import, print_preview
from fansipan_cli.bulk.watching import Watcher
from fansipan_cli.errors import CommandError, UsageError
from fansipan_cli.sending import Tally
from fansipan_cli.settings import read_settings

_IN_FLIGHT = typer.Option(min=1, max=32, help="Blocks of some thousand rows on their way at once.")
_BATCH_SIZE = typer.Option(min=1, max=10_000, help="Observations a request holds at most.")
_COMPRESS = typer.Option(
    "--compress/--no-compress",
    help="Send zstd, a tenth of the bytes. (default: unless ingest is here)",
)
_PROVIDER = typer.Option(help="First part of the keys, where the mapping does not say it.")


class _FileByDefault(TyperGroup):
    """`fansipan import FILE` is `fansipan import file FILE`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h"):
            args = ["file", *args]
        return super().parse_args(ctx, args)


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    group = typer.Typer(
        cls=_FileByDefault,
        no_args_is_help=True,
        help="Import CSV, XLSX or Parquet: `fansipan import FILE --mapping MAPPING.yaml`.",
    )
    group.command("file")(import_file)
    group.command("watch")(watch)
    app.add_typer(group, name="import")


def import_file(
    file: Annotated[Path, typer.Argument(help="CSV (.gz, .zst allowed), XLSX or Parquet.")],
    mapping: Annotated[
        Path | None, typer.Option(metavar="FILE", help="YAML or JSON: what the columns are.")
    ] = None,
    show: Annotated[
        bool, typer.Option("--preview", help="Show the file and propose a mapping; send nothing.")
    ] = False,
    save_mapping: Annotated[
        Path | None, typer.Option(metavar="FILE", help="With --preview: write the proposed mapping.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check the whole file; send nothing.")] = False,
    resume: Annotated[
        bool, typer.Option("--resume/--restart", help="Go on where an earlier run ended, or begin anew.")
    ] = True,
    errors: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="CSV of the rows that are wrong. (default: FILE.errors.csv)"),
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where the position is kept. (default: FILE.checkpoint)"),
    ] = None,
    provider: Annotated[str | None, _PROVIDER] = None,
    sheet: Annotated[str | None, typer.Option(help="With --preview: sheet of the workbook.")] = None,
    in_flight: Annotated[int, _IN_FLIGHT] = 4,
    batch_size: Annotated[int, _BATCH_SIZE] = 10_000,
    compress: Annotated[bool | None, _COMPRESS] = None,
) -> None:
    """Import one file to ingest (FANSIPAN_INGEST_URL, FANSIPAN_INGEST_KEY) and say exactly what became of it.

    Killed at any time it goes on when it is run again; nothing is stored twice.
    """
    console = Console()
    errors = errors or file.with_name(file.name + ".errors.csv")
    try:
        if show:
            _preview(console, file, mapping, sheet, provider, save_mapping)
            return
        if mapping is None:
            raise UsageError(
                "--mapping is not given", f"see what the file needs: fansipan import {file} --preview"
            )
        read = load_mapping(mapping)
        if dry_run:
            _keep(errors)
            _check(console, file, read, provider, errors)
            return
        options = ImportOptions(
            provider=provider,
            in_flight=in_flight,
            max_items=batch_size,
            checkpoint=checkpoint or file.with_name(file.name + ".checkpoint"),
            restart=not resume,
            errors=errors,
        )
        if options.checkpoint is not None and not (resume and options.checkpoint.exists()):
            _keep(errors)
        _import(console, file, read, options, compress)
    except MappingFault as fault:
        raise UsageError(fault.detail) from None
    except BulkError as error:
        before = (
            "" if error.report is None else f"{error.report.accepted:,} observations were accepted before"
        )
        raise CommandError(error.detail, before) from None


def watch(
    folder: Annotated[Path, typer.Argument(help="Where files arrive; done/ and failed/ are made in it.")],
    mapping_dir: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Mappings; `files` of each says whose names it is for.")
    ],
    settle: Annotated[
        float, typer.Option(min=0.0, max=3600.0, help="Seconds without a change that make a file complete.")
    ] = 10.0,
    once: Annotated[
        bool, typer.Option("--once", help="End when all that is there has been imported.")
    ] = False,
    provider: Annotated[str | None, _PROVIDER] = None,
    in_flight: Annotated[int, _IN_FLIGHT] = 4,
    batch_size: Annotated[int, _BATCH_SIZE] = 10_000,
    compress: Annotated[bool | None, _COMPRESS] = None,
) -> None:
    """Import every file that arrives in a folder, by the mapping that its name says.

    SIGTERM or Ctrl-C ends it in order; the file that was on its way goes on with the next start.
    """
    ingest = read_settings().ingest
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder")
    small = _is_far(ingest[0]) if compress is None else compress
    console = Console()

    def say(line: str) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        console.print(f"{now} {escape(line)}", highlight=False, soft_wrap=True)

    async def run() -> None:
        with stopped_by_signals() as stop:
            options = ImportOptions(provider=provider, in_flight=in_flight, max_items=batch_size, stop=stop)
            watcher = Watcher(
                DropFolder(folder, settle),
                mapping_dir,
                ingest=ingest,
                options=options,
                compress=small,
                say=say,
            )
            say(f"watching {folder}")
            await watcher.run(once=once)
            say("ended")

    try:
        asyncio.run(run())
    except BulkError as error:
        raise CommandError(error.detail) from None
    except OSError as error:
        raise CommandError(f"{error.filename or folder}: {error.strerror}") from None


def _is_far(url: str) -> bool:
    """Whether an address is on another machine."""
    return urlsplit(url).hostname not in ("127.0.0.1", "::1", "localhost")


def _keep(errors: Path) -> None:
    """An error file of an earlier run may have been corrected since: it is kept as `….bak`."""
    try:
        errors.replace(errors.with_name(errors.name + ".bak"))
    except FileNotFoundError:
        return
    except OSError as error:
        raise CommandError(f"{errors} cannot be renamed: {error.strerror}") from None


def _preview(
    console: Console,
    file: Path,
    mapping: Path | None,
    sheet: str | None,
    provider: str | None,
    save_mapping: Path | None,
) -> None:
    options = FileOptions(sheet=sheet) if mapping is None else load_mapping(mapping).file
    shown = preview(file, options, provider=provider)
    print_preview(console, shown)
    if save_mapping is not None:
        if shown.proposal is None:
            raise CommandError("there is no mapping to save")
        try:
            with save_mapping.open("x", encoding="utf-8") as written:
                written.write(dump_mapping(shown.proposal.mapping))
        except OSError as error:
            raise CommandError(f"{save_mapping} cannot be written: {error.strerror}") from None
        console.print(f"written to {escape(str(save_mapping))}", highlight=False)


def _check(console: Console, file: Path, mapping: Mapping, provider: str | None, errors: Path) -> None:
    with bar(console, "checking") as update:
        report = check(file, mapping, provider=provider, errors=errors, on_progress=update)
    print_check(console, report)
    print_errors_hint(console, report, errors)
    console.print("nothing was sent", highlight=False)
    if report.faults:
        raise typer.Exit(1)


def _import(
    console: Console, file: Path, mapping: Mapping, options: ImportOptions, compress: bool | None
) -> None:
    ingest = read_settings().ingest
    small = _is_far(ingest[0]) if compress is None else compress
    tally = Tally()
    began = time.monotonic()

    async def run() -> ImportOutcome:
        with stopped_by_signals() as stop, bar(console, "importing", tally) as update:
            going = replace(options, on_progress=update, stop=stop)
            return await send_file(file, mapping, going, ingest=ingest, tally=tally, compress=small)

    outcome = asyncio.run(run())
    print_import(console, outcome, tally, time.monotonic() - began)
    if options.errors is not None:
        print_errors_hint(console, outcome.report, options.errors)
    if not outcome.complete:
        raise CommandError("stopped before the end of the file", "run the same again to go on")
    if outcome.report.faults:
        raise typer.Exit(1)
