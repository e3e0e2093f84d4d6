"""`fansipan doctor`: is everything there and well?"""

import asyncio
import shutil
from pathlib import Path
from typing import Final

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from fansipan_cli.doctor.database import check_database
from fansipan_cli.doctor.finding import Finding, State, well, wrong
from fansipan_cli.doctor.network import check_kafka, check_redis, check_service
from fansipan_cli.settings import CliSettings, read_settings

_LEAST_FREE_BYTES: Final = 2 * 1024**3
_COLOURS: Final = {State.WELL: "green", State.WRONG: "red", State.SKIPPED: "yellow"}


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("doctor")(doctor)


def doctor() -> None:
    """Check settings, database, Kafka, Redis, the services, clocks and disk; exit 1 when something is wrong."""
    settings = read_settings()
    console = Console()
    with console.status("looking …"):
        database = check_database(None if settings.database_url is None else settings.database)
        findings = [*database, *asyncio.run(_network(settings)), disk_finding(_free_bytes())]
    table = Table(box=box.SIMPLE_HEAD, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        colour = _COLOURS[finding.state]
        todo = f"\n[{colour}]→ {escape(finding.todo)}[/]" if finding.todo else ""
        table.add_row(f"[{colour}]{finding.state}[/]", finding.name, escape(finding.detail) + todo)
    console.print(table, highlight=False)
    if any(finding.state is State.WRONG for finding in findings):
        raise typer.Exit(1)


async def _network(settings: CliSettings) -> list[Finding]:
    redis_url = None if settings.redis_url is None else settings.redis_url.get_secret_value()
    kafka, redis, *services = await asyncio.gather(
        check_kafka(
            None if settings.kafka_bootstrap_servers is None else settings.kafka, settings.kafka_topic_prefix
        ),
        check_redis(redis_url),
        check_service("ingest", settings.ingest_url, "FANSIPAN_INGEST_URL"),
        check_service("analytics", settings.analytics_url, "FANSIPAN_ANALYTICS_URL"),
        check_service("gateway", settings.gateway_url, "FANSIPAN_GATEWAY_URL"),
    )
    return [*kafka, redis, *services]


def disk_finding(free_bytes: int) -> Finding:
    """What to say of the free space where the command runs."""
    detail = f"{free_bytes / 1024**3:.1f} GiB free here"
    if free_bytes < _LEAST_FREE_BYTES:
        return wrong("disk", detail, "free some space: Kafka and PostgreSQL stop when the disk is full")
    return well("disk", detail)


def _free_bytes() -> int:
    return shutil.disk_usage(Path.cwd()).free
