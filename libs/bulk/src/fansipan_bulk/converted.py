"""What a block has become."""

from dataclasses import dataclass

from fansipan_bulk.faults import Fault
from fansipan_bulk.items import Sendable
from fansipan_bulk.sources.block import Block


@dataclass(frozen=True, slots=True)
class Converted:
    """What became of a block. rows = those with observations or faults + those without a result + `blank`.

    Attributes:
        missing: results of which the file says that they are not there.
        blank: rows with nothing in them.
    """

    block: Block
    items: Sendable
    faults: list[Fault]
    missing: int
    blank: int
