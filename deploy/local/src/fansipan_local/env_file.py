"""`.local/env`: the addresses and credentials of the running stack as KEY=value lines for a shell."""

import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def render(values: Mapping[str, str]) -> str:
    """Lines that `. file` and `set -a; . file` understand. Raises ValueError for a name no shell accepts."""
    lines: list[str] = []
    for name, value in values.items():
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a variable name")
        lines.append(f"{name}={shlex.quote(value)}\n")
    return "".join(lines)


def parse(text: str) -> dict[str, str]:
    """The values of a file written by `render`."""
    values: dict[str, str] = {}
    for word in shlex.split(text):
        name, _, value = word.partition("=")
        values[name] = value
    return values


def write_private(path: Path, text: str) -> None:
    """Replace `path` atomically by `text`, readable by its owner only."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)
