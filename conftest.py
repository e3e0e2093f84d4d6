"""Kinds of test, by folder; unit tests can reach no network; the real stack for the others."""

import os
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings
from pytest_socket import disable_socket, enable_socket
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parent
FIGURE = "figure"
KINDS = ("unit", "contract", "integration", "e2e", "faults")
_IN_PROCESSES = "PYTEST_XDIST_WORKER" in os.environ
_ORDER = {kind: place for place, kind in enumerate(KINDS)}

# A busy machine is no failure: nothing is judged by the clock.
settings.register_profile("fansipan", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("fansipan")

# The log of a service in the process of a test is not to be mixed with what a command writes there.
structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.__stderr__))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with its kind. The quick kinds run first; in several processes the long ones do."""
    for item in items:
        item.add_marker(_kind_of(item.path))
    items.sort(key=lambda item: _ORDER[_kind_of(item.path)], reverse=_IN_PROCESSES)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Give the tests of one seat to one process, whatever `--dist` says."""
    return _BySeat(config, log)


class _BySeat(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return _seat_of(ROOT / nodeid.partition("::")[0])


def _seat_of(path: Path) -> str:
    """What runs one after another in one process: all with a browser or with outages, a folder on the shared stack, or
    a module that needs neither."""
    kind = _kind_of(path)
    if kind in ("e2e", "faults"):
        return "with a browser, or with outages"
    if kind == "integration":
        return path.relative_to(ROOT / "tests" / "integration").parts[0]
    return str(path.relative_to(ROOT))


def _kind_of(path: Path) -> str:
    folders = [part for part in path.relative_to(ROOT).parts if part in KINDS]
    if not folders:
        raise pytest.UsageError(f"{path}: a test lies in a folder named for its kind: {', '.join(KINDS)}")
    return folders[0]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write the figures that tests have measured (fixture `show`), also those of passed ones."""
    figures = [
        line
        for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
        for name, line in report.user_properties
        if name == FIGURE
    ]
    if figures:
        terminalreporter.section("figures")
        for line in figures:
            terminalreporter.write_line(str(line))


@pytest.fixture(autouse=True)
def _no_network_in_unit_tests(request: pytest.FixtureRequest) -> Generator[None]:
    if request.node.get_closest_marker("unit") is None:
        yield
        return
    disable_socket(allow_unix_socket=True)  # the event loop's own self-pipe
    yield
    enable_socket()
