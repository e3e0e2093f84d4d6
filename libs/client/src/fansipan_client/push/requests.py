"""One batch to ingest and its answer, without waiting: what is sent, and what an answer means."""

import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx

from fansipan_client.errors import UnexpectedAnswer
from fansipan_client.push.items import Record, Target
from fansipan_client.push.outcome import Rejected
from fansipan_client.push.settings import Compression

AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers after which the same may be taken."""

ACCEPTED: Final = 202
TOO_LARGE: Final = 413
MALFORMED: Final = 400
_ARRAYS: Final[dict[Target, str]] = {
    "observations": "application/json",
    "service-events": "application/cloudevents-batch+json",
}
_LINES: Final = "application/x-ndjson"
_QUICK: Final = 1  # of nine: three quarters of the gain for a fifth of the time

Pack = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one target for one request; with `as_lines` each line is judged alone, also when it is no JSON."""

    target: Target
    records: Sequence[Record]
    as_lines: bool = False

    def halves(self) -> "tuple[Batch, Batch]":
        """Two batches of the same records."""
        middle = len(self.records) // 2
        return (
            Batch(self.target, self.records[:middle], self.as_lines),
            Batch(self.target, self.records[middle:], self.as_lines),
        )

    def body(self) -> bytes:
        """What is sent, not packed."""
        bodies = [record.body for record in self.records]
        return b"\n".join(bodies) if self.as_lines else b"[%b]" % b",".join(bodies)

    @property
    def content_type(self) -> str:
        """What the body is."""
        return _LINES if self.as_lines else _ARRAYS[self.target]


def packer(compression: Compression | None) -> Pack | None:
    """What packs bodies.

    Raises:
        ModuleNotFoundError: zstd is asked for and not installed.
    """
    if compression is None:
        return None
    if compression == "gzip":
        return _gzip
    try:
        import zstandard  # noqa: PLC0415 - an extra of this distribution
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("zstd needs the extra: pip install 'fansipan-client[zstd]'") from error
    return lambda body: zstandard.ZstdCompressor(level=1).compress(body)  # one is not for two threads


def _gzip(body: bytes) -> bytes:
    packing = zlib.compressobj(_QUICK, wbits=31)
    return packing.compress(body) + packing.flush()


def rejected_in(response: httpx.Response, batch: Batch) -> list[Rejected]:
    """The items that a 202 refuses.

    Raises:
        UnexpectedAnswer: it is none of ingest, or does not add up.
    """
    try:
        answer = json.loads(response.content)
        accepted = int(answer["accepted"])
        rejected = [
            Rejected(
                batch.target,
                item_of(batch.records[_place(one["index"], batch)]),
                str(one["code"]),
                str(one["detail"]),
            )
            for one in answer["rejected"]
        ]
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise UnexpectedAnswer(f"ingest's answer cannot be understood: {error!r}") from error
    if accepted + len(rejected) != len(batch.records):
        raise UnexpectedAnswer(
            f"ingest's answer does not add up: {accepted} + {len(rejected)} of {len(batch.records)} items"
        )
    return rejected


def _place(index: int, batch: Batch) -> int:
    if not 0 <= index < len(batch.records):
        raise IndexError(f"there is no item {index}")
    return index


def item_of(record: Record) -> Any:
    """The item as it is sent."""
    return json.loads(record.body)
