"""What became of everything that was sent."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

_SAMPLES: Final = 5


@dataclass(frozen=True, slots=True)
class Rejected:
    """An item that ingest refused, and why."""

    code: str
    detail: str
    item: Any


@dataclass(slots=True)
class Tally:
    """Exact counts; `sent` = `accepted` + `rejected` once a replay has ended.

    Attributes:
        sent: items handed over, each counted once however often it was tried.
        retries: repeated requests by reason (`503`, `429`, `connection` …).
        samples: the first few rejected items.
    """

    sent: int = 0
    accepted: int = 0
    requests: int = 0
    codes: Counter[str] = field(default_factory=Counter[str])
    retries: Counter[str] = field(default_factory=Counter[str])
    samples: list[Rejected] = field(default_factory=list[Rejected])

    @property
    def rejected(self) -> int:
        """Items that were refused."""
        return self.codes.total()

    def reject(self, code: str, detail: str, item: Any) -> None:
        """Count a refused item."""
        self.codes[code] += 1
        if len(self.samples) < _SAMPLES:
            self.samples.append(Rejected(code, detail, item))
