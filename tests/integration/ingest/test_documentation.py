"""The commands in the pages for integrators are run as they stand, and answer what the pages say."""

import asyncio
import os
import re
from pathlib import Path

import pytest
from tests.conftest import Addresses

PAGES = Path(__file__).parents[3] / "docs" / "integrators"
COMMAND = re.compile(r"```bash\n(.*?)```\s+answers `(.*?)`", re.DOTALL)
EXPECTED = {
    page.name: COMMAND.findall(page.read_text())
    for page in sorted(PAGES.glob("*.md"))
    if "```bash" in page.read_text()
}


def test_every_page_of_a_door_has_a_command():
    doors = {
        "observations.md",
        "influx.md",
        "senml.md",
        "cloud-events.md",
        "lorawan.md",
        "fiware.md",
        "prometheus.md",
    }
    assert set(EXPECTED) == doors | {"keys.md", "sandbox.md", "webhooks.md"}
    assert all(EXPECTED.values())


@pytest.mark.parametrize(
    ("page", "command", "answer"),
    [(page, *found) for page, commands in EXPECTED.items() for found in commands],
)
async def test_it_answers_what_the_page_says(addresses: Addresses, page: str, command: str, answer: str):
    environment = os.environ | {
        "FANSIPAN_INGEST_URL": addresses.ingest,
        "FANSIPAN_INGEST_KEY": addresses.key,
        "FANSIPAN_GATEWAY_URL": addresses.gateway,
        "FANSIPAN_OPERATOR_USER": addresses.operator[0],
        "FANSIPAN_OPERATOR_PASSWORD": addresses.operator[1],
    }
    process = await asyncio.create_subprocess_exec(
        "bash",
        "-ec",
        command,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        output, errors = await process.communicate()
    assert process.returncode == 0, (page, errors.decode())
    assert answer in output.decode()
