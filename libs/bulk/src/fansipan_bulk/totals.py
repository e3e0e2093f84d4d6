"""The sums of an import or check."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from fansipan_bulk.converted import Converted
from fansipan_bulk.faults import Fault, Problem, Problems
from fansipan_bulk.progress import Progress
from fansipan_bulk.reports import CheckReport, Finding

_DATASTREAMS_SHOWN: Final = 1000


@dataclass(slots=True)
class Totals:
    """What became of all blocks so far; what is kept in a checkpoint."""

    blocks: int = 0
    consumed: int = 0
    rows: int = 0
    blank_rows: int = 0
    observations: int = 0
    missing: int = 0
    accepted: int = 0
    first_ms: int | None = None
    last_ms: int | None = None
    seconds: float = 0.0
    problems: Problems = field(default_factory=Problems)
    datastreams: dict[str, None] = field(default_factory=dict[str, None])

    def add(self, converted: Converted, faults: Sequence[Fault], accepted: int) -> None:
        """Add a block, with what ingest refused among its faults."""
        items = converted.items
        self.blocks = converted.block.index + 1
        self.consumed = converted.block.consumed
        self.rows += len(converted.block) + len(converted.block.faults) - converted.blank
        self.blank_rows += converted.blank
        self.observations += len(items)
        self.missing += converted.missing
        self.accepted += accepted
        self.problems.add(faults)
        self.datastreams.update(dict.fromkeys(items.keys))
        if len(items):
            first, last = int(items.ms.min()), int(items.ms.max())
            self.first_ms = first if self.first_ms is None else min(self.first_ms, first)
            self.last_ms = last if self.last_ms is None else max(self.last_ms, last)

    def progress(self, size: int) -> Progress:
        """As it is shown."""
        return Progress(self.consumed, size, self.rows, self.observations, self.accepted, self.problems.total)

    def report(self, findings: list[Finding]) -> CheckReport:
        """As it is told at the end."""
        return CheckReport(
            findings=findings,
            rows=self.rows,
            blank_rows=self.blank_rows,
            observations=self.observations,
            missing=self.missing,
            accepted=self.accepted,
            faults=self.problems.total,
            problems=self.problems.listed(),
            datastreams=list(self.datastreams)[:_DATASTREAMS_SHOWN],
            datastream_count=len(self.datastreams),
            first_time=_time(self.first_ms),
            last_time=_time(self.last_ms),
            seconds=round(self.seconds, 3),
        )

    def kept(self) -> dict[str, Any]:
        """As JSON values; of the datastreams the first 1,000."""
        return {
            "blocks": self.blocks,
            "consumed": self.consumed,
            "rows": self.rows,
            "blankRows": self.blank_rows,
            "observations": self.observations,
            "missing": self.missing,
            "accepted": self.accepted,
            "firstMs": self.first_ms,
            "lastMs": self.last_ms,
            "seconds": self.seconds,
            "problems": [problem.model_dump(by_alias=True) for problem in self.problems.listed()],
            "datastreams": list(self.datastreams)[:_DATASTREAMS_SHOWN],
        }

    @classmethod
    def restored(cls, kept: dict[str, Any]) -> "Totals":
        """From what `kept` gave. Raises KeyError, TypeError or ValueError when it did not."""
        totals = cls(
            blocks=int(kept["blocks"]),
            consumed=int(kept["consumed"]),
            rows=int(kept["rows"]),
            blank_rows=int(kept["blankRows"]),
            observations=int(kept["observations"]),
            missing=int(kept["missing"]),
            accepted=int(kept["accepted"]),
            first_ms=kept["firstMs"],
            last_ms=kept["lastMs"],
            seconds=float(kept["seconds"]),
            datastreams=dict.fromkeys(kept["datastreams"]),
        )
        totals.problems.restore(Problem.model_validate(problem) for problem in kept["problems"])
        return totals


def _time(ms: int | None) -> str | None:
    if ms is None:
        return None
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
