"""A look at a file before anything is done with it."""

from contextlib import closing
from pathlib import Path
from typing import Final

from fansipan_bulk.columns.cells import texts
from fansipan_bulk.guessing.proposing import propose
from fansipan_bulk.guessing.types import Guess, guess
from fansipan_bulk.mapping import FileOptions
from fansipan_bulk.remarks import Remark, remark
from fansipan_bulk.reports import ColumnPreview, Preview, PreviewRow, Proposal
from fansipan_bulk.sources import Block, open_source
from fansipan_bulk.sources.xlsx_source import XlsxSource

_ROWS_SHOWN: Final = 20
_ROWS_LOOKED_AT: Final = 1000
_CELL_SHOWN: Final = 200


def preview(path: Path, options: FileOptions | None = None, *, provider: str | None = None) -> Preview:
    """What a file looks like: how it is written, its columns and first rows, and a mapping that may fit.

    Args:
        path: the file.
        options: how it is read; what they do not say is found out.
        provider: becomes that of the proposed mapping.

    Raises:
        FileFault, MappingFault.
    """
    options = options or FileOptions()
    with closing(open_source(path, options)) as source:
        sheets = source.sheets if isinstance(source, XlsxSource) else []
        block = next(source.blocks(), None)
        columns: dict[str, Guess] = {}
        rows: list[PreviewRow] = []
        if block is not None:
            columns = {
                name: guess(column.slice(0, _ROWS_LOOKED_AT))
                for name, column in zip(source.columns, block.columns, strict=True)
            }
            rows = _rows(block)
        proposal = propose(columns, options, provider) if rows else remark("no-rows")
        return Preview(
            findings=source.findings,
            sheets=sheets,
            columns=[
                ColumnPreview(
                    name=name, type=found.type, examples=[cell[:_CELL_SHOWN] for cell in found.examples]
                )
                for name, found in columns.items()
            ],
            rows=rows,
            proposal=proposal if isinstance(proposal, Proposal) else None,
            proposal_missing=proposal if isinstance(proposal, Remark) else None,
        )


def _rows(block: Block) -> list[PreviewRow]:
    shown = min(len(block), _ROWS_SHOWN)
    columns = [texts(column.slice(0, shown)).to_pylist() for column in block.columns]
    return [
        PreviewRow(line=int(block.lines[row]), cells=[cells[row][:_CELL_SHOWN] for cells in columns])
        for row in range(shown)
    ]
