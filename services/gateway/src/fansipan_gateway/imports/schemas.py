"""What `/v1/provider/{provider}/imports` takes and gives."""

from typing import Annotated, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from fansipan_bulk.mapping import FileOptions
from fansipan_bulk.reports import CheckReport, Preview
from fansipan_gateway.api.parameters import Cursor, Parameters, ResponseModel

ImportId = Annotated[int, Path(ge=1, lt=1 << 62)]
StateName = Literal["uploading", "looking", "ready", "checking", "importing", "done", "cancelled", "expired"]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NewImportBody(_Body):
    """A file that is going to be uploaded."""

    name: Annotated[
        str,
        Field(
            min_length=1,
            max_length=200,
            pattern=r"^[^\x00-\x1f/\\]+$",
            description="Of the file, without folders.",
            examples=["tram-quan-trac.csv"],
        ),
    ]
    size: Annotated[int, Field(ge=1, lt=1 << 50, description="Bytes.")]


class LookBody(_Body):
    """How the file is read."""

    file: FileOptions = FileOptions()


class ContentParameters(Parameters):
    """Query parameters."""

    offset: Annotated[int, Field(ge=0, lt=1 << 50, description="Where the piece begins, in bytes.")]


class ImportListParameters(Parameters):
    """Query parameters."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: Cursor | None = None


class ImportProgress(ResponseModel):
    """How far a check or an import is."""

    done: Annotated[int, Field(description="How far the file was read, of `size`; bytes, or rows.")]
    size: int
    rows: Annotated[int, Field(description="Rows that are through, without blank ones.")]
    observations: Annotated[int, Field(description="Observations in them, or service events.")]
    accepted: Annotated[int, Field(description="How many of them ingest has taken; 0 for a check.")]
    faults: Annotated[
        int, Field(description="Rows and cells that did not become observations, or were refused.")
    ]
    rows_per_second: int


class ImportFault(ResponseModel):
    """Why the last step was not done, or waits."""

    step: Literal["preview", "check", "import"]
    code: str
    detail: str
    waits: Annotated[bool, Field(description="It is tried again by itself.")]


class Import(ResponseModel):
    """An uploaded file and where it is."""

    id: int
    name: str
    size: Annotated[int, Field(description="Bytes.")]
    received: Annotated[int, Field(description="Bytes that have been uploaded: the next piece begins there.")]
    state: StateName
    created_at: str
    created_by: str
    started_at: str | None
    ended_at: str | None
    expires_at: Annotated[str | None, Field(description="When it is given up, if nothing happens to it.")]
    has_mapping: bool
    error_bytes: Annotated[int, Field(description="Size of `…/errors`; 0: there are none.")]
    progress: ImportProgress | None
    fault: ImportFault | None


class ImportDetail(Import):
    """With what a check found, and what became of the file."""

    check: CheckReport | None
    report: CheckReport | None


class ImportList(ResponseModel):
    """One page, the newest first."""

    items: list[Import]
    next: str | None


class ImportPreview(Preview):
    """What the file looks like, with what is known from before."""

    earlier: Annotated[
        dict[str, object] | None,
        Field(description="The mapping of the provider's last import of a file with these columns."),
    ]
