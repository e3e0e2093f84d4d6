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
    text = _PAGE.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = re.findall(r"^    (curl .*)$", text, flags=re.MULTILINE)
    return [[word.replace(r"\$", "$") for word in shlex.split(line)] for line in lines]


@pytest.mark.parametrize("command", _commands(), ids=lambda command: command[-1][:60])
async def test_a_command_is_answered(sta: httpx.AsyncClient, command: list[str]):
    (address,) = (word for word in command if word.startswith("$STA"))
    options = [following for word, following in itertools.pairwise(command) if word == "--data-urlencode"]
    parameters = httpx.QueryParams([tuple(option.split("=", 1)) for option in options])  # type: ignore[misc]
    path = address.removeprefix("$STA")
    response = await sta.get(path, params=parameters or None)
    assert response.status_code == 200, response.text
    assert response.text
    assert '"value":[]' not in response.text


def test_the_page_has_commands():
    assert len(_commands()) >= 12
