"""Requests of a batch and their answers, whichever form they come in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from fansipan_common.errors import ClientFault, FansipanError

MAX_PARTS: Final = 100
MAX_BODY: Final = 4 << 20
"""Bytes of a batch as it comes in."""
MAX_ANSWERS: Final = 32 << 20
"""Bytes of answers behind which no further request is run."""
MAX_SECONDS: Final = 60.0
"""Time behind which no further request is run; one that runs is left to end."""


class BadBatch(ClientFault):
    """What was sent cannot be read as a batch."""

    code, title = "invalid-batch", "Not a batch"


class BadPart(ClientFault):
    """A request of a batch cannot be read."""

    code, title = "invalid-batch-request", "Request of a batch cannot be read"


class AtomicGroup(FansipanError):
    """Several requests are to succeed or fail together."""

    status, code, title = 501, "atomic-groups-not-supported", "No atomic groups"

    def __init__(self, group: str) -> None:
        super().__init__(
            f"the requests of {group!r} are not run: several requests that succeed or fail together are not supported."
            " Send them outside of a change set (atomicityGroup), or as one deep insert, which is atomic"
        )


class DependencyFailed(ClientFault):
    """A request needs the result of another that failed, or that comes later."""

    status, code, title = 424, "failed-dependency", "Another request is needed first"


class BatchExhausted(ClientFault):
    """The batch has taken all the time or room that one batch has."""

    status, code, title = 413, "batch-exhausted", "Batch too large"


@dataclass(frozen=True, slots=True)
class Part:
    """One request.

    Attributes:
        id: what its answer and references name it by; None: it has no name.
        method, url, headers, body: as they were sent. Names of headers are in small letters.
        group: the change set or atomicity group it belongs to.
        depends_on: requests or groups that must have succeeded.
        fault: why it cannot be run.
    """

    id: str | None
    method: str = ""
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""
    group: str | None = None
    depends_on: tuple[str, ...] = ()
    fault: FansipanError | None = None


@dataclass(frozen=True, slots=True)
class PartAnswer:
    """The answer to one request. Names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def good(self) -> bool:
        """Whether it succeeded."""
        return self.status < 400
