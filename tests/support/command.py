"""The command line, run in a thread of the test's process: nothing is imported again for each call."""

import asyncio
from dataclasses import dataclass

from typer.testing import CliRunner

from fansipan_cli.app import make_app
from fansipan_cli.errors import CommandError


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended: its exit status, and what it wrote, errors last, with line ends as spaces."""

    code: int
    output: str


async def run_command(*arguments: str, **environment: str) -> Ran:
    """Run `fansipan` with arguments and environment variables. Two at once would mix up their environments."""
    return await asyncio.to_thread(_run, arguments, environment)


def _run(arguments: tuple[str, ...], environment: dict[str, str]) -> Ran:
    result = CliRunner().invoke(make_app(arguments[0]), list(arguments), env={"COLUMNS": "200"} | environment)
    if isinstance(result.exception, CommandError):
        return Ran(result.exception.exit_code, f"{result.output} {result.exception}".replace("\n", " "))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.output.replace("\n", " "))
