"""The commands in docs/integrators/sensorthings.md that write observations do what they say."""

import asyncio
import os
import re
from pathlib import Path
from typing import Any, Final

import httpx
from tests.conftest import Addresses
from tests.integration.conftest import connect
from tests.support.sensor_things_writer import sta_writer

_PAGE: Final = Path(__file__).parents[4] / "docs" / "integrators" / "sensorthings.md"


async def test_the_commands_store_what_they_send(addresses: Addresses, http: httpx.AsyncClient):
    section = _PAGE.read_text(encoding="utf-8").partition("## Writing observations")[2]
    script = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert script is not None
    owner: Any = await connect(addresses.database)
    writer = await sta_writer(http, addresses.gateway, addresses.database, owner)
    commands = script[1].replace("lab/one/count", f"{writer.provider}/station/level")
    process = await asyncio.create_subprocess_exec(
        "bash",
        "-ec",
        commands,
        env=os.environ | {"STA": writer.root, "KEY": writer.key},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    assert output.decode().count("HTTP/1.1 201") == 2, output.decode()
    rows = await owner.fetch("SELECT result FROM observation WHERE datastream_id = $1", writer.numbers)
    assert sorted(row["result"] for row in rows) == [23.4, 24, 25, 26]
    await owner.close()
