"""How far an import or a check is."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """Attributes:
    done, size: how far the file has been read, of how much; bytes, or rows of a workbook or Parquet file.
    rows: rows that are through, without blank ones.
    observations: observations in them.
    accepted: how many of them ingest has taken.
    faults: rows and cells that did not become observations, or were refused.
    """

    done: int
    size: int
    rows: int
    observations: int
    accepted: int
    faults: int


OnProgress = Callable[[Progress], None]
