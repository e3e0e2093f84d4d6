"""What a check found."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a check ended; the value is the sign that people see."""

    WELL = "✓"
    DOUBTFUL = "!"
    WRONG = "✗"
    SKIPPED = "–"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a check: what was looked at, what was found, and what to do when it is wrong."""

    name: str
    state: State
    detail: str
    todo: str = ""

    def document(self) -> dict[str, str]:
        """For programs: `state` is well, doubtful, wrong or skipped."""
        return {
            "check": self.name,
            "state": self.state.name.lower(),
            "detail": self.detail,
            "todo": self.todo,
        }


def well(name: str, detail: str) -> Finding:
    """Nothing to do."""
    return Finding(name, State.WELL, detail)


def doubtful(name: str, detail: str, todo: str) -> Finding:
    """It works; somebody should look before it does not, or decide that it is meant so."""
    return Finding(name, State.DOUBTFUL, detail, todo)


def wrong(name: str, detail: str, todo: str) -> Finding:
    """Something to do."""
    return Finding(name, State.WRONG, detail, todo)


def skipped(name: str, todo: str) -> Finding:
    """Not looked at, because a setting or a right is missing, or there is nothing of the kind."""
    return Finding(name, State.SKIPPED, "not looked at", todo)
