"""What a command says when it cannot do its work."""


class CommandError(Exception):
    """A command cannot go on.

    Args:
        what: what is wrong, one line.
        todo: what the reader can do about it.
        exit_code: 1 when the work failed, 2 when the command was called wrongly.
    """

    def __init__(self, what: str, todo: str = "", *, exit_code: int = 1) -> None:
        super().__init__(f"{what}; {todo}" if todo else what)
        self.what = what
        self.todo = todo
        self.exit_code = exit_code


class UsageError(CommandError):
    """The command was called wrongly."""

    def __init__(self, what: str, todo: str = "") -> None:
        super().__init__(what, todo, exit_code=2)
