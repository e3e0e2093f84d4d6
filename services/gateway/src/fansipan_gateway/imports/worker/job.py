"""What is said between the gateway and the process that reads a file."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from fansipan_bulk.mapping import FileOptions, Mapping

Step = Literal["preview", "check", "import"]


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True)


class Job(_Message):
    """What is to be done with a file.

    Attributes:
        step: what.
        path: the file.
        provider: key of whose data they are.
        options: for a preview: how the file is read.
        mapping: for the others.
        errors: where the rows that are wrong are written to.
        error_bytes: how large that may become.
        checkpoint: where the position of an import is kept.
        ingest_url, secret: where it is sent, and signed with what.
    """

    step: Step
    path: Path
    provider: str
    options: FileOptions = FileOptions()
    mapping: Mapping | None = None
    errors: Path
    error_bytes: int
    checkpoint: Path
    ingest_url: str
    secret: Annotated[str, Field(repr=False)]

    def line(self) -> bytes:
        """As it is handed over, with the secret in it: not for a log."""
        return self.model_dump_json(by_alias=True).encode() + b"\n"


class Advanced(_Message):
    """How far it is."""

    kind: Literal["advanced"] = "advanced"
    done: int
    size: int
    rows: int
    observations: int
    accepted: int
    faults: int
    rows_per_second: int


class Ended(_Message):
    """It is done; `document` is the preview or report."""

    kind: Literal["ended"] = "ended"
    complete: bool
    document: dict[str, Any]


class Stopped(_Message):
    """It cannot be done: the file or the mapping is at fault, or ingest takes nothing of it."""

    kind: Literal["stopped"] = "stopped"
    code: str
    detail: str
    document: dict[str, Any] | None


class Waiting(_Message):
    """It is to be tried again after so many seconds; `document` is the report so far."""

    kind: Literal["waiting"] = "waiting"
    code: str
    detail: str
    seconds: float
    document: dict[str, Any] | None


Message = Advanced | Ended | Stopped | Waiting
_MESSAGE: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="kind")])


def read_message(line: bytes) -> Message:
    """A line of the process. Raises `pydantic.ValidationError`."""
    return _MESSAGE.validate_json(line)
