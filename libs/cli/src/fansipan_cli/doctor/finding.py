"""What a check found."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a check ended."""

    WELL = "✓"
    WRONG = "✗"
    SKIPPED = "–"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a check: what was looked at, what was found, and what to do when it is wrong."""

    name: str
    state: State
    detail: str
    todo: str = ""


def well(name: str, detail: str) -> Finding:
    """Nothing to do."""
    return Finding(name, State.WELL, detail)


def wrong(name: str, detail: str, todo: str) -> Finding:
    """Something to do."""
    return Finding(name, State.WRONG, detail, todo)


def skipped(name: str, todo: str) -> Finding:
    """Not looked at, because a setting is missing."""
    return Finding(name, State.SKIPPED, "not looked at", todo)
