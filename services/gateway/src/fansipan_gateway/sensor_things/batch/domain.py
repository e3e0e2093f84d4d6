"""Requests of a batch and their answers, whichever form they come in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from fansipan_common.errors import ClientFault, FansipanError, ServerFault

MAX_PARTS: Final = 100
MAX_BODY: Final = 4 << 20
"""Bytes of a batch as it comes in."""
MAX_ANSWERS: Final = 32 << 20
"""Bytes of answers behind which no further request is run."""
MAX_GROUP_SECONDS: Final = 10.0
"""Time that a group may take, because others wait for what it has changed."""
MAX_SECONDS: Final = 60.0
"""Time behind which no further request is run; one that runs is left to end."""


class BadBatch(ClientFault):
    """What was sent cannot be read as a batch."""

    code, title = "invalid-batch", "Not a batch"


class BadPart(ClientFault):
    """A request of a batch cannot be read."""

    code, title = "invalid-batch-request", "Request of a batch cannot be read"


class DependencyFailed(ClientFault):
    """A request needs the result of another that failed, or that comes later."""

    status, code, title = 424, "failed-dependency", "Another request is needed first"


class GroupFailed(DependencyFailed):
    """Another request of the same group failed, and so did the whole group."""

    def __init__(self, name: str | None, number: int) -> None:
        which = f"request {name!r}" if name is not None else f"request {number}"
        extra = {"failed": name} if name is not None else {}
        super().__init__(f"{which} of this group failed: nothing of the group was applied", extra=extra)


class GroupTooSlow(ServerFault):
    """A group has taken all the time that one has."""

    code, title = "group-timeout", "The group took too long"

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"the group took over {seconds:g} s, and nothing of it was applied: send it again, or fewer in one group"
        )


class GroupsBusy(ServerFault):
    """So many groups are being run that this one found no place."""

    code, title = "groups-busy", "Too many groups at once"

    def __init__(self) -> None:
        super().__init__("other groups are being run, and nothing of this one was applied: send it again")


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
    """The answer to one request.

    Attributes:
        status, headers, body: names of headers are in small letters.
        follows: whether the request failed for no other reason than that another of its group did.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    follows: bool = False

    @property
    def good(self) -> bool:
        """Whether it succeeded."""
        return self.status < 400
