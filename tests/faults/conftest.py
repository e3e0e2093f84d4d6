"""A stack for the tests that kill its parts, apart from the one the other tests share."""

from collections.abc import AsyncGenerator, Callable, Generator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tests.conftest import Addresses, addresses_of
from tests.e2e.conftest import browser as browser  # noqa: PLC0414 - a fixture of this folder, too

from fansipan_local import Ports, Stack

ROOT = Path(__file__).parents[2]

# An outage is to be felt within seconds, so that the tests need not be long.
_IMPATIENT = {"FANSIPAN_ACK_TIMEOUT_SECONDS": "3"}


@pytest.fixture(scope="session")
def fault_ports() -> Ports:
    """Ports of this stack, free when the session began."""
    return Ports.free()


@pytest.fixture(scope="session")
def fault_stack(fault_ports: Ports) -> Generator[Stack]:
    """Everything, running; started on first use, stopped at the end."""
    stack = Stack.at(ROOT / ".local" / "test-faults", ports=fault_ports, services=True, extra_env=_IMPATIENT)
    stack.clean()
    stack.up()
    yield stack
    stack.down()


@pytest.fixture(scope="session")
def site(fault_stack: Stack, fault_ports: Ports) -> Addresses:
    """Where its parts are."""
    return addresses_of(fault_stack, fault_ports)


@pytest.fixture
async def owner(site: Addresses) -> AsyncGenerator["asyncpg.Connection[Any]"]:
    """A connection as the owner of the database, made before the test. A test that restarts it makes others."""
    connection = await asyncpg.connect(site.database, timeout=10.0, command_timeout=120.0)
    yield connection
    connection.terminate()


@pytest.fixture
def show(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Note a line of figures that is seen at the end even when the test passes."""
    return lambda line: record_property("figure", line)
