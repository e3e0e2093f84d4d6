"""`fansipan capacity`: what an installation needs."""

import json
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from fansipan_cli.capacity.plan import Demand, Plan, plan


class Output(StrEnum):
    """How to print."""

    TEXT = "text"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("capacity")(capacity)


def capacity(
    sensors: Annotated[
        int, typer.Option(min=1, max=100_000_000, help="Datastreams: what is measured where.")
    ],
    interval: Annotated[
        float, typer.Option(min=0.01, max=86_400, help="Seconds between two readings of each.")
    ] = 60.0,
    events: Annotated[int, typer.Option(min=0, max=1_000_000_000, help="Service events a day.")] = 0,
    raw_days: Annotated[int, typer.Option(min=0, help="Days that readings are kept; 0: for good.")] = 0,
    minute_days: Annotated[
        int, typer.Option(min=0, help="Days that rollups of a minute are kept; 0: for good.")
    ] = 0,
    years: Annotated[int, typer.Option(min=1, max=50, help="To look ahead.")] = 1,
    kafka_days: Annotated[int, typer.Option(min=1, max=365, help="Kafka's retention.")] = 7,
    kafka_copies: Annotated[int, typer.Option(min=1, max=5, help="Copies of each record in Kafka.")] = 3,
    columnstore: Annotated[
        bool,
        typer.Option("--columnstore", help="The Community edition compresses what is older than a week."),
    ] = False,
    output: Annotated[Output, typer.Option(help="How to print it.")] = Output.TEXT,
) -> None:
    """Say what an installation needs: replicas, partitions, disks, memory, connections.

    Arithmetic with measured bytes a row and rates, and headroom: docs/scaling.md says how.
    """
    demand = Demand(
        sensors, interval, events, raw_days, minute_days, years, kafka_days, kafka_copies, columnstore
    )
    found = plan(demand)
    if output is Output.JSON:
        typer.echo(json.dumps({"demand": asdict(demand), "plan": asdict(found)}, indent=2))
    else:
        _show(demand, found)


def _show(demand: Demand, found: Plan) -> None:
    console = Console(highlight=False)
    table = Table(box=box.SIMPLE_HEAD, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column()
    for name, value in (
        (
            "readings",
            f"{found.readings_per_second:,.0f} a second on average, planned for {found.peak_per_second:,.0f}",
        ),
        (
            "replicas",
            f"ingest {found.ingest_replicas}, analytics {found.analytics_replicas}, gateway {found.gateway_replicas}"
            " (and more for many people who watch)",
        ),
        (
            "Kafka",
            f"{found.partitions} partitions; {_size(found.kafka_bytes)} on its disks together"
            f" ({demand.kafka_days} days, {demand.kafka_copies} copies)",
        ),
        (
            "PostgreSQL",
            f"{_size(found.database_memory)} memory with chunks of {found.chunk_days}"
            f" {'days' if found.chunk_days > 1 else 'day'}; max_connections at least {found.connections + 20}",
        ),
        ("its log", f"{_size(found.log_bytes_a_day)} a day to the archive, before packing"),
        (
            "its disk",
            f"{_size(found.database_bytes * 1.3)} after {demand.years} years, with room to work (30 %)",
        ),
    ):
        table.add_row(name, value)
    console.print(table)
    shares = Table(box=box.SIMPLE_HEAD)
    for heading in ("what", "rows a day", f"after {demand.years} years"):
        shares.add_column(heading, justify="right")
    for share in found.shares:
        shares.add_row(share.name, f"{share.rows_a_day:,.0f}", _size(share.bytes_kept))
    shares.add_row("together", "", _size(found.database_bytes))
    console.print(shares)


def _size(count: float) -> str:
    for unit, size in (("TiB", 1024**4), ("GiB", 1024**3)):
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count / 1024**2:,.0f} MiB"
