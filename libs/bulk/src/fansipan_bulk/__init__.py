"""Bulk import: files become observations, checked, resumable, in bounded memory (see README.md)."""

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
