"""The env file must give a shell exactly the values we wrote, and nobody else may read it."""

import stat
import subprocess
from pathlib import Path

import pytest

from fansipan_local import env_file

pytestmark = pytest.mark.unit

AWKWARD = "a b'c\"d$HOME`id`\\e;f#g&h*đường"


@pytest.mark.parametrize("load", [". {path}", "set -a; . {path}"])
def test_a_shell_reads_the_very_values(tmp_path: Path, load: str) -> None:
    path = tmp_path / "env"
    env_file.write_private(path, env_file.render({"FIRST": AWKWARD, "SECOND": ""}))
    script = f'{load.format(path=path)}; printf "%s|%s" "$FIRST" "$SECOND"'
    shell = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)
    assert shell.stdout == f"{AWKWARD}|"


def test_what_was_rendered_is_parsed_back() -> None:
    values = {"FIRST": AWKWARD, "SECOND": "", "THIRD": "x=y=z"}
    assert env_file.parse(env_file.render(values)) == values


def test_only_the_owner_may_read_it_even_when_the_file_was_open_before(tmp_path: Path) -> None:
    path = tmp_path / "env"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o644)
    env_file.write_private(path, "NEW=1\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text(encoding="utf-8") == "NEW=1\n"


def test_a_name_no_shell_accepts_is_refused() -> None:
    with pytest.raises(ValueError, match="not a variable name"):
        env_file.render({"A-B": "1"})
