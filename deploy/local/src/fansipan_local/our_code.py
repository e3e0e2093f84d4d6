"""How our own Python code is run, and whether it was edited."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

# Output comes at once, and compiled modules are kept: they halve the time a service takes to start.
PYTHON_ENV = {"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": ""}


def code_version(checkout: Path, folders: Iterable[str]) -> str:
    """A digest that changes when a file below one of `folders` (relative to `checkout`) does."""
    digest = hashlib.sha256()
    for folder in folders:
        for file in sorted((checkout / folder).rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                stat = file.stat()
                digest.update(f"{file}\0{stat.st_mtime_ns}\0{stat.st_size}\n".encode())
    return digest.hexdigest()
