"""`fansipan topics`: Kafka's topics."""

import asyncio
import logging
from pathlib import Path
from typing import Annotated

import typer
from aiokafka.errors import KafkaError
from rich.console import Console

from fansipan_cli.asyncapi import kafka_document, to_yaml
from fansipan_cli.commands.topics_replay import replay
from fansipan_cli.errors import CommandError
from fansipan_cli.settings import read_settings
from fansipan_common.contracts import topic_specs
from fansipan_common.kafka import create_topics


def register(app: typer.Typer) -> None:
    """Add the group of commands to the command line."""
    group = typer.Typer(help="Kafka topics.", no_args_is_help=True)
    group.callback()(_group)
    group.command("create")(create)
    group.command("replay")(replay)
    group.command("asyncapi")(asyncapi)
    app.add_typer(group, name="topics")


def _group() -> None:
    """Kafka topics."""


def create(
    replication_factor: Annotated[int, typer.Option(min=1, max=9, help="Copies of each partition.")] = 1,
    prefix: Annotated[
        str | None, typer.Option(help="Put before every topic name; else KAFKA_TOPIC_PREFIX.")
    ] = None,
) -> None:
    """Create the topics that do not exist yet (KAFKA_BOOTSTRAP_SERVERS). Safe to repeat."""
    settings = read_settings()
    kafka = settings.kafka
    specs = topic_specs(settings.kafka_topic_prefix if prefix is None else prefix)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # the error says it all
    try:
        made = asyncio.run(create_topics(kafka, specs, replication_factor=replication_factor))
    except (KafkaError, OSError, TimeoutError) as error:
        reason = asyncio.run(kafka.why_away()) or error or type(error).__name__
        raise CommandError(
            f"Kafka at {kafka} did not make the topics ({reason})",
            "check the KAFKA_ settings, that Kafka runs, and that it has as many brokers as copies",
        ) from error
    Console().print(f"created {len(made)} of {len(specs)} topics", highlight=False)
    for name in made:
        Console().print(f"  {name}", highlight=False)


def asyncapi(
    output: Annotated[Path | None, typer.Option(help="Write it there; else to standard output.")] = None,
) -> None:
    """Print the AsyncAPI document of the topics, made from the contracts. Needs no service."""
    text = to_yaml(kafka_document())
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
