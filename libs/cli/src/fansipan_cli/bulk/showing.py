"""How files, checks and imports are shown."""

import resource
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from fansipan_bulk import CheckReport, ImportOutcome, OnProgress, Preview, dump_mapping
from fansipan_bulk import Progress as Position
from fansipan_cli.sending import Tally

_LINES_SHOWN: Final = 8
_PROBLEMS_SHOWN: Final = 30


@contextmanager
def bar(console: Console, what: str, tally: Tally | None = None) -> Generator[OnProgress]:
    """A bar over the file with rows a second and the time that is left, while the block runs."""
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[note]}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
    began = time.monotonic()
    first: list[int] = []

    def update(position: Position) -> None:
        first.append(position.rows) if not first else None
        rate = (position.rows - first[0]) / max(time.monotonic() - began, 1e-6)
        note = f"{position.rows:,} rows, {rate:,.0f}/s"
        if position.faults:
            note += f", {position.faults:,} faults"
        if tally is not None and tally.retries:
            note += f", {tally.retries.total()} retries"
        progress.update(task, completed=position.done, total=position.size, note=note)

    with progress:
        task = progress.add_task(what, total=None, note="")
        yield update


def print_preview(console: Console, shown: Preview) -> None:
    """What was found out, the columns, some rows, and the proposed mapping."""
    for finding in shown.findings:
        console.print(
            f"[bold]{finding.what}[/] {escape(finding.value)!s} [dim]{escape(finding.reason.detail)}[/]"
        )
    if len(shown.sheets) > 1:
        console.print(f"[bold]sheets[/] {escape(', '.join(shown.sheets))}")
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("line", justify="right")
    for column in shown.columns:
        table.add_column(f"{escape(column.name)}\n[dim]{column.type}[/]")
    for row in shown.rows:
        table.add_row(str(row.line), *(escape(cell) for cell in row.cells))
    console.print(table)
    if shown.proposal is None:
        missing = shown.proposal_missing.detail if shown.proposal_missing else ""
        console.print(f"[yellow]no mapping is proposed[/]: {escape(missing)}")
        return
    for reason in shown.proposal.reasons:
        console.print(f"  {escape(reason.detail)}", highlight=False)
    for note in shown.proposal.unsure:
        console.print(f"  [yellow]look at this[/]: {escape(note.detail)}", highlight=False)
    console.print()
    console.print(dump_mapping(shown.proposal.mapping), markup=False, highlight=False, end="")


def print_check(console: Console, report: CheckReport) -> None:
    """What would become of a file."""
    _print_rows(console, [*_of_file(report), ("seconds", f"{report.seconds:,.1f}")])
    print_problems(console, report)


def print_import(console: Console, outcome: ImportOutcome, tally: Tally, seconds: float) -> None:
    """What became of a file; `seconds` is how long this run took."""
    report = outcome.report
    rows = report.rows - outcome.resumed_rows
    _print_rows(
        console,
        [
            *_of_file(report),
            ("accepted", f"{report.accepted:,}"),
            ("done by an earlier run", f"{outcome.resumed_rows:,} rows"),
            ("requests", f"{tally.requests:,}"),
            ("retries", f"{tally.retries.total():,}"),
            *((f"  {reason}", f"{count:,}") for reason, count in tally.retries.most_common()),
            ("seconds", f"{seconds:,.1f}"),
            ("rows a second", f"{rows / max(seconds, 1e-6):,.0f}"),
            ("most memory", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB"),
        ],
    )
    print_problems(console, report)


def print_problems(console: Console, report: CheckReport) -> None:
    """Each distinct problem with the first lines where it is."""
    for problem in report.problems[:_PROBLEMS_SHOWN]:
        lines = ", ".join(map(str, problem.lines[:_LINES_SHOWN]))
        more = ", …" if problem.count > len(problem.lines[:_LINES_SHOWN]) else ""
        where = f" in {problem.column!r}" if problem.column else ""
        what = f"[yellow]{problem.code}[/]{escape(where)} × {problem.count:,}, line {lines}{more}"
        console.print(f"{what}: {escape(problem.detail)}", highlight=False)
    if len(report.problems) > _PROBLEMS_SHOWN:
        console.print(f"… and {len(report.problems) - _PROBLEMS_SHOWN} other problems", highlight=False)


def print_errors_hint(console: Console, report: CheckReport, errors: Path) -> None:
    """Where the rows are that did not become observations."""
    if report.faults:
        console.print(
            f"those rows are in {escape(str(errors))}: correct them there and import that file with the same mapping",
            highlight=False,
        )


def _of_file(report: CheckReport) -> list[tuple[str, str]]:
    return [
        ("rows", f"{report.rows:,}"),
        ("blank rows", f"{report.blank_rows:,}"),
        ("observations", f"{report.observations:,}"),
        ("results that are missing", f"{report.missing:,}"),
        ("faults", f"{report.faults:,}"),
        ("datastreams", f"{report.datastream_count:,}"),
        ("first time", report.first_time or "–"),
        ("last time", report.last_time or "–"),
    ]


def _print_rows(console: Console, rows: list[tuple[str, str]]) -> None:
    table = Table(box=box.SIMPLE_HEAD, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, value in rows:
        table.add_row(name, value)
    console.print(table)
