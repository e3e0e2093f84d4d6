"""What is wrong with single rows, and the sums of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

_LINES_SHOWN: Final = 20
_KINDS_SHOWN: Final = 500


@dataclass(frozen=True, slots=True)
class Fault:
    """One cell or row that does not become an observation.

    Attributes:
        line: line of a CSV file, row of a sheet, or row of a Parquet file, from 1.
        column: where; "" when it is the row as such.
        code: stable, for programs.
        detail: what is wrong, in words, with the text of the cell.
        cells: the row as it was read.
    """

    line: int
    column: str
    code: str
    detail: str
    cells: tuple[str, ...]


class Problem(BaseModel):
    """All faults of one kind: the same code in the same column."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    code: str
    column: str
    count: int
    detail: str
    """That of the first."""
    lines: list[int]
    """The first of them, 20 at most."""


@dataclass(slots=True)
class Problems:
    """Distinct problems in the order in which they were met; 500 kinds at most, the others are counted together."""

    total: int = 0
    _kinds: dict[tuple[str, str], Problem] = field(default_factory=dict[tuple[str, str], Problem])

    def add(self, faults: Iterable[Fault]) -> None:
        """Count faults."""
        for fault in faults:
            self.total += 1
            key = (fault.code, fault.column)
            known = self._kinds.get(key)
            if known is None:
                if len(self._kinds) >= _KINDS_SHOWN:
                    key = ("others", "")
                    known = self._kinds.get(key)
                if known is None:
                    known = self._kinds[key] = Problem(
                        code=key[0], column=key[1], count=0, detail=fault.detail, lines=[]
                    )
            known.count += 1
            if len(known.lines) < _LINES_SHOWN and (not known.lines or known.lines[-1] != fault.line):
                known.lines.append(fault.line)

    def listed(self) -> list[Problem]:
        """The problems, most frequent first."""
        return sorted(self._kinds.values(), key=lambda problem: -problem.count)

    def restore(self, problems: Iterable[Problem]) -> None:
        """Go on from what a checkpoint kept."""
        self._kinds = {(problem.code, problem.column): problem for problem in problems}
        self.total = sum(problem.count for problem in self._kinds.values())
