"""Logs are one JSON object a line, and tell no secret that a traceback passes by."""

import json
import logging
from collections.abc import Generator

import pytest
import structlog

from fansipan_common.logging import configure_logging


@pytest.fixture(autouse=True)
def _restore_logging() -> Generator[None]:
    root = logging.getLogger()
    handlers, level, configured = root.handlers[:], root.level, structlog.get_config()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**configured)


def fail() -> None:
    password = "-".join(["correct", "horse"])
    raise OSError(f"no route to a host whose password has {len(password)} letters")


@pytest.mark.parametrize("fmt", ["json", "console"])
def test_an_exception_is_told_without_local_variables(capsys: pytest.CaptureFixture[str], fmt: str):
    configure_logging("ingest", fmt=fmt)
    try:
        fail()
    except OSError as error:
        structlog.get_logger("test").warning("it failed", code=7, exc_info=error)
        logging.getLogger("some.library").error("it too", exc_info=error)
    output = capsys.readouterr().out
    assert output.count("no route to a host") >= 2
    assert "correct-horse" not in output
    if fmt == "json":
        ours, theirs = map(json.loads, output.splitlines())
        assert (ours["event"], ours["code"], ours["level"], ours["service"]) == (
            "it failed",
            7,
            "warning",
            "ingest",
        )
        assert ours["exception"][0]["exc_type"] == "OSError"
        assert (theirs["event"], theirs["logger"]) == ("it too", "some.library")


def test_what_is_below_the_level_is_left_out(capsys: pytest.CaptureFixture[str]):
    configure_logging("ingest", level="warning")
    structlog.get_logger("test").info("quiet")
    assert capsys.readouterr().out == ""
