"""`fansipan periods`: closed periods, and whether their figures are those that were frozen."""

import json
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Any, Final

import psycopg
import typer
from psycopg.rows import DictRow
from rich import box
from rich.console import Console
from rich.table import Table

from fansipan_cli.database import Connection, connected
from fansipan_cli.errors import CommandError, UsageError
from fansipan_cli.settings import read_settings
from fansipan_indicators.chain import GENESIS, Break, ChainCheck, FrozenFigure
from fansipan_indicators.periods import parse_period

_BATCH: Final = 2_000
_CLOSES: Final = """
SELECT c.id, c.label, c.period, c.period_start, c.closed_at, c.closed_by, c.note, c.value_count, c.previous, c.digest,
       lag(c.digest) OVER (ORDER BY c.id) AS digest_before,
       (SELECT count(*) FROM restatement r WHERE r.close_id = c.id) AS restatements
  FROM period_close c ORDER BY c.id
"""
_FROZEN: Final = """
SELECT ordinal, key, version, definition_digest, subject_kind, subject_key, revision, value, band, numerator,
       denominator, sample_count, completeness, digest
  FROM closed_value WHERE close_id = %s ORDER BY ordinal
"""


class Output(StrEnum):
    """How to print."""

    TEXT = "text"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add the group of commands to the command line."""
    group = typer.Typer(help="Closed periods.", no_args_is_help=True)
    group.command("list")(show)
    group.command("verify")(verify)
    app.add_typer(group, name="periods")


def show(output: Annotated[Output, typer.Option(help="How to print.")] = Output.TEXT) -> None:
    """List the closed periods, newest close first."""
    with connected(read_settings().database) as connection:
        closes = list(reversed(_closes(connection)))
    if output is Output.JSON:
        Console(soft_wrap=True).out(json.dumps([_json(close) for close in closes]), highlight=False)
        return
    table = Table(box=box.SIMPLE_HEAD)
    for title in ("period", "closed", "by", "values", "restated", "note"):
        table.add_column(title)
    table.add_column("digest", no_wrap=True)
    for close in closes:
        table.add_row(
            close["label"],
            f"{close['closed_at']:%Y-%m-%d %H:%M}Z",
            close["closed_by"],
            str(close["value_count"]),
            str(close["restatements"]),
            close["note"],
            close["digest"].hex()[:16],
        )
    Console().print(table)


def verify(
    period: Annotated[str | None, typer.Argument(help="2026-10, for example; else all closes.")] = None,
    output: Annotated[Output, typer.Option(help="How to print.")] = Output.TEXT,
) -> None:
    """Recompute the hash chain of closed periods from their rows; exit code 1 when it is broken."""
    wanted = None if period is None else _label(period)
    with connected(read_settings().database) as connection:
        closes = [close for close in _closes(connection) if wanted in (None, close["label"])]
        if wanted is not None and not closes:
            raise CommandError(f"{wanted} is not closed", "fansipan periods list shows what is")
        results = [(close, _check(connection, close)) for close in closes]
    if output is Output.JSON:
        _print_json(results)
    else:
        _print_text(results)
    if any(broken is not None for _, broken in results):
        raise typer.Exit(1)


def _check(connection: Connection, close: DictRow) -> Break | None:
    """The first break of a close's chain; its rows are read a batch at a time."""
    check = ChainCheck(bytes(close["previous"]), bytes(close["digest_before"] or GENESIS))
    with psycopg.ServerCursor[DictRow](connection, "frozen", row_factory=connection.row_factory) as cursor:
        cursor.itersize = _BATCH
        for row in cursor.execute(_FROZEN, (close["id"],)):
            check.add(FrozenFigure.of_row(close["label"], row), bytes(row["digest"]))
    return check.end(close["value_count"], bytes(close["digest"]))


def _closes(connection: Connection) -> list[DictRow]:
    return connection.execute(_CLOSES).fetchall()


def _label(text: str) -> str:
    try:
        return parse_period(text).label
    except ValueError as error:
        raise UsageError(f"{text!r} is no period", str(error)) from error


def _print_text(results: Iterable[tuple[DictRow, Break | None]]) -> None:
    console = Console(soft_wrap=True)
    for close, broken in results:
        if broken is None:
            console.print(
                f"{close['label']}: {close['value_count']} figures hold, digest {close['digest'].hex()}",
                highlight=False,
            )
            continue
        where = [
            f"{name} {value}"
            for name, value in (
                ("row", broken.ordinal),
                ("of", broken.key),
                ("version", broken.version),
                ("about", broken.subject),
            )
            if value is not None
        ]
        console.print(
            f"{close['label']}: BROKEN, {broken.what}: {' '.join([*where, broken.detail])}", highlight=False
        )


def _print_json(results: Iterable[tuple[DictRow, Break | None]]) -> None:
    items: list[dict[str, Any]] = []
    for close, broken in results:
        item: dict[str, Any] = {
            "period": close["label"],
            "ok": broken is None,
            "digest": close["digest"].hex(),
        }
        if broken is not None:
            item["broken"] = {
                "what": broken.what,
                "detail": broken.detail,
                "ordinal": broken.ordinal,
                "indicator": broken.key,
                "version": broken.version,
                "subject": broken.subject,
            }
        items.append(item)
    Console(soft_wrap=True).out(json.dumps(items), highlight=False)


def _json(close: DictRow) -> dict[str, Any]:
    return {
        "period": close["label"],
        "kind": close["period"],
        "closedAt": close["closed_at"].isoformat(),
        "closedBy": close["closed_by"],
        "note": close["note"],
        "values": close["value_count"],
        "restatements": close["restatements"],
        "previous": close["previous"].hex(),
        "digest": close["digest"].hex(),
    }
