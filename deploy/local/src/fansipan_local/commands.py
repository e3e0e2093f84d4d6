"""Runs a command for the stack: bounded in time, its output kept in a log, its failure told in one line."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from fansipan_local.errors import StackError


def run_logged(
    argv: Sequence[str],
    *,
    purpose: str,
    log: Path,
    timeout: float,
    remedy: str = "",
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
    secret_output: bool = False,
) -> str:
    """Run a command to its end and return its standard output.

    Both outputs are appended to `log`; of a command with `secret_output` only the errors are. `env` is added
    to the environment. Raises StackError with the end of the output when the command fails, cannot be started,
    or takes over `timeout` seconds.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        done = subprocess.run(
            argv,
            input=stdin if stdin is not None else "",
            capture_output=True,
            timeout=timeout,
            cwd=cwd,
            env={**os.environ, **env} if env is not None else None,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError as error:
        raise StackError(f"{purpose} failed: {argv[0]} is not installed.", remedy) from error
    except subprocess.TimeoutExpired as error:
        raise StackError(f"{purpose} took over {timeout:.0f} s.", f"See {log}. {remedy}".strip()) from error
    shown = done.stderr if secret_output else done.stdout + done.stderr
    with log.open("a", encoding="utf-8") as file:
        file.write(shown)
    if done.returncode != 0:
        raise StackError(
            f"{purpose} failed (exit code {done.returncode}).", f"See {log}. {remedy}".strip(), tail_of(shown)
        )
    return done.stdout


def tail_of(text: str, lines: int = 20) -> str:
    """The last non-empty lines of `text`."""
    return "\n".join([line for line in text.splitlines() if line.strip()][-lines:])
