"""The commands under "Writing entities" in docs/integrators/sensorthings.md do what they say."""

import re
import shlex
from itertools import pairwise
from pathlib import Path

from tests.integration.gateway.sensor_things_writing.conftest import Provider

_PAGE = Path(__file__).parents[4] / "docs" / "integrators" / "sensorthings.md"


def _commands() -> list[list[str]]:
    writing = _PAGE.read_text(encoding="utf-8").partition("## Writing entities")[2].partition("\n## ")[0]
    text = "\n".join(re.findall(r"^    (.*)$", writing, flags=re.MULTILINE)).replace("\\\n", " ")
    return [shlex.split(command) for command in re.split(r"^(?=curl )", text, flags=re.MULTILINE) if command]


async def test_the_commands_that_write(lab: Provider):
    commands = _commands()
    assert len(commands) == 6
    for command in commands:
        (address,) = (word for word in command if word.startswith("$STA"))
        options = dict(pairwise(command))
        body = options.get("-d")
        answer = await lab.client.request(
            options.get("-X", "GET" if body is None else "POST"),
            address.removeprefix("$STA").replace(r"\$", "$"),
            content=None if body is None else body.encode(),
            headers=dict([options["-H"].split(": ")]) if body is not None else {},
            auth=("any", lab.key),
        )
        assert answer.status_code in (200, 201), (command, answer.text)
        assert '"status":4' not in answer.text
    assert await lab.status("/Things('lab/tram-o-quy-ho')") == 404
