"""The one error a user of the stack sees: what is wrong, and what to do about it."""


class StackError(Exception):
    """Something the person at the keyboard can act on.

    Args:
        problem: one line, what is wrong.
        remedy: what to do; shown on its own line.
        log_tail: last lines of the log that explains it, shown below.
    """

    def __init__(self, problem: str, remedy: str = "", log_tail: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy
        self.log_tail = log_tail

    def __str__(self) -> str:
        return "\n".join(part for part in (self.problem, self.remedy, self.log_tail) if part)


class NotReadyError(Exception):
    """A part runs but does not answer yet; the text says how. Probes raise it, waiting loops catch it."""
