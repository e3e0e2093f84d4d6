"""How a dead letter is named on the command line: partition-offset, or partition-offset-index for one of its items."""

import re
from dataclasses import dataclass

from fansipan_cli.errors import UsageError


@dataclass(frozen=True, slots=True)
class LetterId:
    """A record of the dead-letter topic, or one item of it (`index`: its place in the request it came with)."""

    partition: int
    offset: int
    index: int | None = None

    def __str__(self) -> str:
        return f"{self.partition}-{self.offset}" + ("" if self.index is None else f"-{self.index}")


def parse_letter_id(text: str) -> LetterId:
    """Read `partition-offset[-index]`. Raises `UsageError` for anything else."""
    match = re.fullmatch(r"(\d{1,6})-(\d{1,18})(?:-(\d{1,9}))?", text)
    if match is None:
        raise UsageError(
            f"{text!r} is no id of a dead letter", "it looks like 2-1041 or 2-1041-7; see: fansipan dlq list"
        )
    return LetterId(int(match[1]), int(match[2]), None if match[3] is None else int(match[3]))
