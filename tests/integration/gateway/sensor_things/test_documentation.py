"""The commands in docs/integrators/sensorthings.md do what they say."""

import itertools
import re
import shlex
from pathlib import Path
from typing import Final

import httpx
import pytest

_PAGE: Final = Path(__file__).parents[4] / "docs" / "integrators" / "sensorthings.md"


def _commands() -> list[list[str]]:
    """Those that read; what writes is tried in sensor_things_writing/test_documentation.py."""
    before, _, after = _PAGE.read_text(encoding="utf-8").partition("## Writing entities")
    text = (before + after.partition("\n## ")[2]).replace("\\\n", " ")
    lines = re.findall(r"^    (curl .*)$", text, flags=re.MULTILINE)
    return [[word.replace(r"\$", "$") for word in shlex.split(line)] for line in lines]


@pytest.mark.parametrize("command", _commands(), ids=lambda command: command[-1][:60])
async def test_a_command_is_answered(sta: httpx.AsyncClient, command: list[str]):
    (address,) = (word for word in command if word.startswith("$STA"))
    given = {
        option: [following for word, following in itertools.pairwise(command) if word == option]
        for option in ("-d", "--data-urlencode", "-H")
    }
    path = address.removeprefix("$STA")
    if "-G" in command or not given["-d"]:
        options = [tuple(option.split("=", 1)) for option in given["-d"] + given["--data-urlencode"]]
        response = await sta.get(path, params=httpx.QueryParams(options) or None)  # type: ignore[arg-type]
    else:
        headers = dict(header.split(": ", 1) for header in given["-H"])
        response = await sta.post(path, content=given["-d"][0], headers=headers)
    assert response.status_code == 200, response.text
    assert response.text
    assert '"value":[]' not in response.text
    assert '"status":4' not in response.text


def test_the_page_has_commands():
    assert len(_commands()) >= 12
