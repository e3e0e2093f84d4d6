"""Bulk import: files become observations, checked, resumable, in bounded memory (see README.md).

What is exported is loaded when it is first asked for: who only handles mappings and reports loads no Arrow.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from fansipan_bulk.checking import check
    from fansipan_bulk.converted import Converted
    from fansipan_bulk.converting import Converter, converter_for
    from fansipan_bulk.errors import BulkError, FileFault, ImportHalted, MappingFault
    from fansipan_bulk.faults import Fault, Problem
    from fansipan_bulk.importing import (
        Answer,
        ImportOptions,
        ImportOutcome,
        Post,
        Refused,
        run_import,
    )
    from fansipan_bulk.mapping import FileOptions, Mapping, dump_mapping, load_mapping, parse_mapping
    from fansipan_bulk.previewing import preview
    from fansipan_bulk.progress import OnProgress, Progress
    from fansipan_bulk.reports import CheckReport, ColumnPreview, Finding, Preview, PreviewRow, Proposal
    from fansipan_bulk.sources import Block, Source, open_source

__all__ = [
    "Answer",
    "Block",
    "BulkError",
    "CheckReport",
    "ColumnPreview",
    "Converted",
    "Converter",
    "Fault",
    "FileFault",
    "FileOptions",
    "Finding",
    "ImportHalted",
    "ImportOptions",
    "ImportOutcome",
    "Mapping",
    "MappingFault",
    "OnProgress",
    "Post",
    "Preview",
    "PreviewRow",
    "Problem",
    "Progress",
    "Proposal",
    "Refused",
    "Source",
    "check",
    "converter_for",
    "dump_mapping",
    "load_mapping",
    "open_source",
    "parse_mapping",
    "preview",
    "run_import",
]

_HOMES: Final = {
    "Answer": "importing",
    "Block": "sources",
    "BulkError": "errors",
    "CheckReport": "reports",
    "ColumnPreview": "reports",
    "Converted": "converted",
    "Converter": "converting",
    "Fault": "faults",
    "FileFault": "errors",
    "FileOptions": "mapping",
    "Finding": "reports",
    "ImportHalted": "errors",
    "ImportOptions": "importing",
    "ImportOutcome": "importing",
    "Mapping": "mapping",
    "MappingFault": "errors",
    "OnProgress": "progress",
    "Post": "importing",
    "Preview": "reports",
    "PreviewRow": "reports",
    "Problem": "faults",
    "Progress": "progress",
    "Proposal": "reports",
    "Refused": "importing",
    "Source": "sources",
    "check": "checking",
    "converter_for": "converting",
    "dump_mapping": "mapping",
    "load_mapping": "mapping",
    "open_source": "sources",
    "parse_mapping": "mapping",
    "preview": "previewing",
    "run_import": "importing",
}
"""The module of each name."""


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
