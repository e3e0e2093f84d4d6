"""`fansipan doctor`: is everything there and well?"""

import asyncio
import json
import shutil
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer
from pydantic import SecretStr
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from fansipan_cli.doctor.backups import check_newest_backup
from fansipan_cli.doctor.database import check_database
from fansipan_cli.doctor.finding import Finding, State, well, wrong
from fansipan_cli.doctor.network import check_mqtt, check_redis, check_service
from fansipan_cli.doctor.topics import check_kafka, check_lag
from fansipan_cli.settings import CliSettings, read_settings


class Output(StrEnum):
    """How to print."""

    TEXT = "text"
    JSON = "json"


_LEAST_FREE_BYTES: Final = 2 * 1024**3
_COLOURS: Final = {
    State.WELL: "green",
    State.DOUBTFUL: "yellow",
    State.WRONG: "red",
    State.SKIPPED: "bright_black",
}


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("doctor")(doctor)


def doctor(
    output: Annotated[Output, typer.Option(help="How to print it.")] = Output.TEXT,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Exit 1 for what is doubtful (!), too, not only what is wrong (✗)."),
    ] = False,
) -> None:
    """Check settings, database, backups, Kafka, Redis, MQTT, the services, clocks and disks.

    Exits 1 when something is wrong. What a setting is missing for is skipped (–).
    """
    settings = read_settings()
    with Console(stderr=True).status("looking …"):
        database = check_database(None if settings.database_url is None else settings.database)
        findings = [
            *database,
            check_newest_backup(settings.backups, datetime.now(UTC)),
            *asyncio.run(_network(settings)),
            disk_finding(_free_bytes()),
        ]
    bad = {State.WRONG, State.DOUBTFUL} if strict else {State.WRONG}
    failed = any(finding.state in bad for finding in findings)
    if output is Output.JSON:
        document = {"ok": not failed, "findings": [finding.document() for finding in findings]}
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        _show(findings)
    if failed:
        raise typer.Exit(1)


def _show(findings: list[Finding]) -> None:
    table = Table(box=box.SIMPLE_HEAD, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        colour = _COLOURS[finding.state]
        todo = f"\n[{colour}]→ {escape(finding.todo)}[/]" if finding.todo else ""
        table.add_row(f"[{colour}]{finding.state}[/]", finding.name, escape(finding.detail) + todo)
    Console().print(table, highlight=False)


async def _network(settings: CliSettings) -> list[Finding]:
    def secret(value: SecretStr | None) -> str | None:
        return None if value is None else value.get_secret_value()

    connection = None if settings.kafka_bootstrap_servers is None else settings.kafka
    prefix = settings.kafka_topic_prefix
    kafka, lag = await asyncio.gather(
        check_kafka(connection, prefix), check_lag(connection, prefix, secret(settings.database_url))
    )
    others = await asyncio.gather(
        check_redis(secret(settings.redis_url)),
        check_mqtt(secret(settings.mqtt_url), settings.mqtt_ca_file),
        check_service("ingest", settings.ingest_url, "FANSIPAN_INGEST_URL"),
        check_service("analytics", settings.analytics_url, "FANSIPAN_ANALYTICS_URL"),
        check_service("gateway", settings.gateway_url, "FANSIPAN_GATEWAY_URL"),
    )
    return [*kafka, *lag, *others]


def disk_finding(free_bytes: int) -> Finding:
    """What to say of the free space where the command runs."""
    detail = f"{free_bytes / 1024**3:.1f} GiB free here"
    if free_bytes < _LEAST_FREE_BYTES:
        return wrong("disk", detail, "free some space: Kafka and PostgreSQL stop when the disk is full")
    return well("disk", detail)


def _free_bytes() -> int:
    return shutil.disk_usage(Path.cwd()).free
