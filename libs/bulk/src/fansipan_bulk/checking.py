"""A dry run: the whole file is read and judged, nothing is sent."""

import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from fansipan_bulk.converting import converter_for
from fansipan_bulk.error_file import ErrorFile
from fansipan_bulk.mapping import Mapping
from fansipan_bulk.progress import OnProgress
from fansipan_bulk.reports import CheckReport
from fansipan_bulk.sources import open_source
from fansipan_bulk.totals import Totals


def check(
    path: Path,
    mapping: Mapping,
    *,
    provider: str | None = None,
    errors: Path | None = None,
    error_bytes: int | None = None,
    on_progress: OnProgress | None = None,
    stopped: Callable[[], bool] = lambda: False,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> CheckReport:
    """Read a whole file and say what would become of it. Blocks: call it in a thread where others wait.

    What only ingest knows is not checked: whether the provider may write to the datastreams, and their types.

    Args:
        path: the file.
        mapping: what its columns are.
        provider: first part of keys where the mapping does not say it.
        errors: where the rows that are wrong are written to, as a CSV file.
        error_bytes: how large that file may become, about; what is wrong beyond is counted only.
        on_progress: called after each block.
        stopped: asked after each block; true ends the check, the report then covers what was read.
        clock: the time.

    Raises:
        FileFault, MappingFault.
    """
    began = time.monotonic()
    totals = Totals()
    with closing(open_source(path, mapping.file)) as source:
        converter = converter_for(mapping, source.columns, provider=provider, clock=clock)
        written = None if errors is None else ErrorFile(errors, error_bytes)
        if written is not None:
            written.begin(source.columns, source.delimiter)
        try:
            for block in source.blocks():
                converted = converter.convert(block)
                totals.add(converted, converted.faults, 0)
                if written is not None:
                    written.write(converted.faults)
                if on_progress is not None:
                    on_progress(totals.progress(source.size))
                if stopped():
                    break
        finally:
            if written is not None:
                written.close()
        totals.seconds = time.monotonic() - began
        return totals.report(source.findings)
