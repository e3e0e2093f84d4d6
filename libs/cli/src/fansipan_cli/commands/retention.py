"""`fansipan retention`: let old readings go, on every edition of TimescaleDB."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import typer

from fansipan_cli.audit import record
from fansipan_cli.database import Connection, connected
from fansipan_cli.durations import parse_duration
from fansipan_cli.errors import UsageError
from fansipan_cli.settings import read_settings

_SHORTEST: Final = timedelta(days=30)
"""Kafka can be taken again for seven days, and late senders need room: what is dropped is not recognised again."""
_MINUTES_LONGER: Final = "rollups of a minute are made of readings, so they are kept as long at least"


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("retention")(retention)


def retention(
    raw: Annotated[str | None, typer.Option(help="Keep readings so long: 90d. Without it: for good.")] = None,
    minutes: Annotated[
        str | None, typer.Option(help="Keep rollups of a minute so long: 400d. Without it: for good.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be dropped.")] = False,
) -> None:
    """Drop chunks of readings and of minutes that are wholly older (DATABASE_URL of the owner); run it each day.

    Hours, days, figures, cases and what corrections replaced stay. See docs/scaling.md, What is lost.
    """
    kept = {
        table: parse_duration(text)
        for table, text in (("observation", raw), ("rollup_1m", minutes))
        if text is not None
    }
    if not kept:
        raise UsageError("nothing is asked for", "name --raw or --minutes")
    for table, length in kept.items():
        if length < _SHORTEST:
            raise UsageError(
                f"{table}: {length.days} days are too few", f"keep {_SHORTEST.days} days at least"
            )
    if "rollup_1m" in kept and kept["rollup_1m"] < kept.get("observation", timedelta.max):
        raise UsageError(_MINUTES_LONGER, "give --raw, no longer than --minutes")
    with connected(read_settings().database) as connection:
        for table, length in kept.items():
            before = datetime.now(UTC) - length
            chunks = _chunks(connection, table, before, drop=not dry_run)
            said = "would be dropped" if dry_run else "dropped"
            typer.echo(f"{table}: {len(chunks)} chunks {said}, all before {before.date()}")
            if chunks and not dry_run:
                details = {"before": before.isoformat(), "chunks": len(chunks)}
                record(connection, "readings.dropped", f"store/{table}", details)


def _chunks(connection: Connection, table: str, before: datetime, *, drop: bool) -> list[str]:
    """Names of the chunks that end before a moment; dropped when asked."""
    query = (
        "SELECT drop_chunks(%s, older_than => %s)"
        if drop
        else "SELECT show_chunks(%s, older_than => %s)::text"
    )
    rows = connection.execute(query, (table, before)).fetchall()
    return [str(next(iter(row.values()))) for row in rows]
