"""The examples of the pages on the client, Kafka, exports and open data run on the real stack."""

import asyncio
import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from tests.conftest import ROOT, Addresses
from tests.support.sending import Sender

_EXAMPLE = re.compile(r"```python\n(?P<code>.*?)```(?:\n\n```text\n(?P<output>.*?)```)?", re.DOTALL)
_EXAMPLES = [
    pytest.param(match["code"], match["output"], id=f"example-{number}")
    for number, match in enumerate(
        _EXAMPLE.finditer(
            "".join(
                (ROOT / "docs" / page).read_text(encoding="utf-8")
                for page in ("client.md", "integrators/kafka.md")
            )
        ),
        start=1,
    )
]

_SHELL = re.compile(r"```sh\n(?P<code>.*?)```", re.DOTALL)
_COMMANDS = [
    pytest.param(match["code"], id=f"{page}-{number}")
    for page in ("docs/api/exports.md", "docs/open-data.md")
    for number, match in enumerate(_SHELL.finditer((ROOT / page).read_text(encoding="utf-8")), start=1)
]


@pytest.fixture(scope="module", autouse=True)
async def readings(addresses: Addresses, http: httpx.AsyncClient) -> None:
    """The readings of which the page speaks, and the definitions that analytics writes when it starts."""
    await Sender(http, addresses.ingest, addresses.key).store(
        {
            "datastream": f"demo/{sensor}/temperature",
            "phenomenonTime": f"2026-07-01T00:0{minute}:00Z",
            "result": 21.5 + minute / 2,
        }
        for sensor in ("docs-sensor", "my-sensor")
        for minute in range(3)
    )
    for _ in range(120):
        if (await http.get(f"{addresses.gateway}/v1/indicators/d766-2.1")).status_code == 200:
            return
        await asyncio.sleep(0.5)
    raise AssertionError("no definitions after a minute")


def test_there_are_examples() -> None:
    assert len(_EXAMPLES) >= 4


@pytest.mark.parametrize(("code", "output"), _EXAMPLES)
def test_an_example_prints_what_the_page_says(
    addresses: Addresses, tmp_path: Path, code: str, output: str
) -> None:
    script = tmp_path / "example.py"
    script.write_text(code, encoding="utf-8")
    printed = _run([sys.executable, str(script)], addresses, tmp_path)
    assert doctest.OutputChecker().check_output(output, printed, doctest.ELLIPSIS), printed


@pytest.mark.parametrize("code", _COMMANDS)
def test_a_command_gives_a_file_or_prints_something(addresses: Addresses, tmp_path: Path, code: str) -> None:
    printed = _run(["bash", "-ec", code], addresses, tmp_path)
    assert printed or any(file.stat().st_size for file in tmp_path.iterdir())


def _run(command: list[str], addresses: Addresses, folder: Path) -> str:
    environment = os.environ | {
        "FANSIPAN_GATEWAY_URL": addresses.gateway,
        "FANSIPAN_INGEST_URL": addresses.ingest,
        "KAFKA_BOOTSTRAP_SERVERS": addresses.kafka,
        "FANSIPAN_INGEST_KEY": addresses.key,
        "PYTHONIOENCODING": "utf-8",
    }
    done = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
