"""`compose.yaml`, as the reference implementation of the Compose specification reads it."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from fansipan_local.paths import cache_folder

ROOT: Final = Path(__file__).parents[2]
COMPOSE: Final = ROOT / "compose.yaml"
_VERSION: Final = "v2.16.2"
_SOURCE: Final = f"github.com/compose-spec/compose-go/v2/cmd@{_VERSION}"
_INSTALL_SECONDS: Final = 280  # less than a test may take

Service = dict[str, Any]


class NoComposeError(Exception):
    """It is not here and could not be made; the text says why."""


class NotValidError(Exception):
    """What the specification says against a file."""


def find_compose() -> Path:
    """The command, which Go builds into the cache of this user (half a minute, once); it reads as `docker compose`.

    Raises:
        NoComposeError: that is not possible.
    """
    folder = cache_folder(os.environ) / f"compose-go-{_VERSION}"
    command = folder / "cmd"
    if command.is_file():
        return command
    go = shutil.which("go")
    if go is None:
        raise NoComposeError(f"go, which would build {_SOURCE}, is not on PATH")
    try:
        subprocess.run(
            [go, "install", _SOURCE],
            env={"GOFLAGS": "-p=1", **os.environ, "GOBIN": str(folder)},
            check=True,
            capture_output=True,
            text=True,
            timeout=_INSTALL_SECONDS,
        )
    except subprocess.CalledProcessError as error:
        raise NoComposeError(f"go install {_SOURCE} failed: {error.stderr[-500:]}") from error
    except subprocess.TimeoutExpired as error:
        raise NoComposeError(f"go install {_SOURCE} took more than {_INSTALL_SECONDS} s") from error
    return command


def load(command: Path, file: Path, variables: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The file with everything resolved: extensions, variables (of those given alone), short forms.

    Raises:
        NotValidError: it is not valid.
    """
    done = subprocess.run(
        [command, "-format", "json", str(file)],
        cwd=file.parent,
        env={"PATH": os.environ["PATH"], **(variables or {})},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    if done.returncode != 0:
        raise NotValidError(done.stderr)
    return json.loads(done.stdout)
