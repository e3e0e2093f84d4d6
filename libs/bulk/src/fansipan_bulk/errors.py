"""What stops an import as a whole. What is wrong with single rows is a `Fault` and stops nothing."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fansipan_bulk.reports import CheckReport


class BulkError(Exception):
    """An import cannot begin or go on.

    Attributes:
        code: stable, for programs.
        detail: one sentence that says what is wrong and what to do.
        report: what had become of the file until then; None when its import had not begun.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.report: CheckReport | None = None


class FileFault(BulkError):
    """The file cannot be read: not of its kind, damaged, or beyond a bound. Codes begin with `file-`."""


class MappingFault(BulkError):
    """The mapping is not valid, or does not fit the file. Codes begin with `mapping-`."""


class ImportHalted(BulkError):
    """What was to be sent was not taken; the checkpoint says how far it came. Codes begin with `import-`."""
