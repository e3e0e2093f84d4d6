"""The command line of the local stack."""

import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from fansipan_local import env_file
from fansipan_local.config import external_addresses
from fansipan_local.errors import StackError
from fansipan_local.paths import StatePaths, find_checkout
from fansipan_local.ports import Ports
from fansipan_local.progress import progress_on
from fansipan_local.stack import SLOTS, Stack
from fansipan_local.status import PartStatus

app = typer.Typer(
    help="Fansipan's local stack: Kafka, PostgreSQL with TimescaleDB, Redis, Mosquitto and our services.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_COLOURS = {
    "running": "green",
    "external": "cyan",
    "starting": "yellow",
    "not ready": "yellow",
    "failed": "red",
}

State = Annotated[
    Path | None, typer.Option("--state", help="Folder of the stack's state. Default: .local in the checkout.")
]
PartName = Annotated[str, typer.Argument(help=f"One of {', '.join(slot.name for slot in SLOTS)}.")]


def main() -> None:
    """Run the command line; a failure the user can act on is told in plain lines, with exit code 1."""
    try:
        app()
    except StackError as error:
        console = Console(stderr=True)
        console.print(f"[bold red]✗[/] {_plain(error.problem)}", highlight=False, soft_wrap=True)
        if error.remedy:
            console.print(f"  {_plain(error.remedy)}", highlight=False, soft_wrap=True)
        if error.log_tail:
            console.print(error.log_tail, style="dim", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)


@app.command()
def up(
    state: State = None,
    no_services: Annotated[bool, typer.Option("--no-services", help="Only the infrastructure.")] = False,
) -> None:
    """Prepare and start everything, and wait until it is ready."""
    folder = _state(state)
    paths = StatePaths(folder)
    stack = Stack.at(
        folder,
        ports=Ports.from_env(os.environ),
        services=not no_services,
        external=external_addresses(os.environ, Stack.at(folder).own_addresses()),
        extra_env={name: os.environ[name] for name in ("KAFKA_TOPIC_PREFIX",) if name in os.environ},
    )
    started = time.monotonic()
    console = Console()
    with progress_on(console) as progress:
        stack.up(progress)
    console.print(f"The stack is up ({time.monotonic() - started:.1f} s). Its addresses: {paths.env_file}")
    url = stack.env.get("FANSIPAN_GATEWAY_URL")
    if url:
        console.print(f"Open {url}")


@app.command()
def down(state: State = None) -> None:
    """Stop everything gracefully; the data stay."""
    console = Console()
    with progress_on(console) as progress:
        Stack.at(_state(state)).down(progress)


@app.command()
def status(state: State = None) -> None:
    """Show every part: state, address, process, memory, uptime. Exit code 1 unless all of them run."""
    parts = Stack.at(_state(state)).status()
    table = Table("part", "state", "address", "pid", "memory", "uptime", box=box.SIMPLE_HEAD)
    table.columns[2].overflow = "fold"
    console = Console()
    for part in parts:
        table.add_row(*_row(part))
    console.print(table)
    for part in parts:
        if part.detail:
            console.print(f"{part.name}: {part.detail}", markup=False, highlight=False, soft_wrap=True)
    if any(part.state not in ("running", "external") for part in parts if part.address):
        raise typer.Exit(1)


@app.command()
def logs(
    part: Annotated[
        str | None, typer.Argument(help="A part, or prepare, bootstrap, page. Default: all.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as lines come.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", help="Lines of each log.")] = 50,
    state: State = None,
) -> None:
    """Show the logs of one part or of all."""
    paths = StatePaths(_state(state))
    files = [paths.log(part)] if part else sorted(paths.logs.glob("*.log"))
    files = [file for file in files if file.is_file()]
    if not files:
        raise StackError(f"There is no log of {part or 'this stack'} in {paths.logs}.", "Run `up` first.")
    argv = ["tail", "-n", str(lines), *(["-F"] if follow else []), "--", *map(str, files)]
    sys.stdout.flush()
    os.execvp(argv[0], argv)  # noqa: S606  (tail is all that is left to do)


@app.command()
def env(state: State = None) -> None:
    """Print the addresses and credentials as shell lines (the same as in the file `env`)."""
    sys.stdout.write(env_file.render(Stack.at(_state(state)).env))


@app.command()
def start(part: PartName, state: State = None) -> None:
    """Start a part that was stopped."""
    Stack.at(_state(state)).start(part)


@app.command()
def stop(part: PartName, state: State = None) -> None:
    """Stop a part."""
    Stack.at(_state(state)).stop(part)


@app.command()
def restart(part: PartName, state: State = None) -> None:
    """Stop and start a part."""
    Stack.at(_state(state)).restart(part)


@app.command()
def kill(
    part: PartName,
    number: Annotated[str, typer.Option("--signal", help="Name of the signal.")] = "KILL",
    state: State = None,
) -> None:
    """Send a signal to a part, to see it come back."""
    name = f"SIG{number.upper().removeprefix('SIG')}"
    if name not in signal.Signals.__members__:
        raise StackError(f"There is no signal {number}.", "Try KILL, TERM, STOP or CONT.")
    Stack.at(_state(state)).kill(part, signal.Signals[name])


@app.command()
def clean(
    state: State = None,
    cache: Annotated[bool, typer.Option("--cache", help="Delete the downloads of this user, too.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Stop everything and delete the state with all its data."""
    stack = Stack.at(_state(state))
    targets = [stack.paths.root, *([stack.cache.root] if cache else [])]
    if not yes:
        typer.confirm(f"Delete {' and '.join(map(str, targets))}?", abort=True)
    console = Console()
    with progress_on(console) as progress:
        stack.clean(progress)
    if cache and stack.cache.root.is_dir():
        shutil.rmtree(stack.cache.root)


def _state(given: Path | None) -> Path:
    return (given if given is not None else find_checkout() / ".local").absolute()


def _row(part: PartStatus) -> list[str]:
    colour = _COLOURS.get(part.state, "dim")
    running = part.pid > 0
    return [
        part.name,
        f"[{colour}]{part.state}[/]",
        part.address,
        str(part.pid) if running else "",
        f"{part.memory_bytes / (1 << 20):.0f} MiB" if running else "",
        _duration(part.uptime_seconds) if running else "",
    ]


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _plain(text: str) -> str:
    """`text` with nothing in it that Rich would take for markup."""
    return text.replace("[", "\\[")
