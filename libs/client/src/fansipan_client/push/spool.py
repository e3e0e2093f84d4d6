"""A queue on disk: append-only segment files, and one that says how far they are delivered.

    000000000001.spool  000000000002.spool …   lines of `segments`; a new file every so many bytes
    position                                   segment, offset and count of what is settled, with a checksum
    lock                                       held by the process that uses the folder

What `append` has returned for is in the files (not in a buffer of this process), so that it survives SIGKILL; what
`sync` was called for survives a loss of power. After a crash, what was delivered since the position was last written is
sent again, in the same order; ingest knows it by its identity.
"""

import contextlib
import fcntl
import logging
import os
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zlib import crc32

from fansipan_client.push.items import Record
from fansipan_client.push.outcome import SpoolInUse
from fansipan_client.push.queue import TAKEN_BYTES, Mark
from fansipan_client.push.segments import line_of, record_in

_log = logging.getLogger(__name__)
_BLOCK: Final = 1024 * 1024
_SUFFIX: Final = ".spool"
_NEW_FILE: Final = 0o600


@dataclass(slots=True)
class _Segment:
    """One file: its number, where its records begin in the count of all, how many it has, its length in bytes."""

    number: int
    first: int
    records: int
    size: int


class Spool:
    """A queue in a folder, for one process at a time.

    Args:
        folder: made when it is missing.
        max_bytes: that its segments may take.
        segment_bytes: at which a new segment is begun; room is freed by whole segments.

    Raises:
        SpoolInUse: another process has it.
        OSError: it cannot be read or written.
    """

    def __init__(self, folder: Path, max_bytes: int, segment_bytes: int | None = None) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._segment_bytes = segment_bytes or max(4096, min(16 * 1024 * 1024, max_bytes // 8))
        self._lock = threading.Lock()
        self.dropped = self.torn = self.damaged = 0
        folder.mkdir(parents=True, exist_ok=True)
        self._lock_file = _locked(folder / "lock")
        try:
            self._recover()
        except BaseException:
            os.close(self._lock_file)
            raise

    def append(self, records: Sequence[Record], *, drop_oldest: bool) -> bool:
        """See `Queue`."""
        lines = b"".join(map(line_of, records))
        if len(lines) > self._max_bytes - self._segment_bytes:
            raise ValueError(f"{len(lines)} bytes at once do not fit into a spool of {self._max_bytes}")
        with self._lock:
            while drop_oldest and self.size + len(lines) > self._max_bytes and len(self._segments) > 1:
                self._drop_oldest()
            if self.size + len(lines) > self._max_bytes:
                return False
            last = self._segments[-1]
            if last.size and last.size + len(lines) > self._segment_bytes:
                last = self._begin_segment()
            self._write(last, lines)
            last.records += len(records)
            self.appended += len(records)
        return True

    def take(self, count: int) -> tuple[list[Record], Mark]:
        """See `Queue`. Damaged lines are kept in a file beside their segment and passed over."""
        found: list[Record] = []
        weight = 0
        while len(found) < count and weight < TAKEN_BYTES:
            with self._lock:
                segment = self._reading()
                start, end, place = self._offset, segment.size, self.taken - segment.first
                left = segment.records - place
            if not left:
                break
            lines = _lines(self._path(segment.number), start, end, min(count - len(found), left))
            good = [record for record in map(record_in, lines) if record is not None]
            if len(good) < len(lines):
                self._set_aside(segment, [line for line in lines if record_in(line) is None])
            with self._lock:
                if self._reading_number != segment.number:  # dropped meanwhile, to make room
                    continue
                found += good
                length = sum(map(len, lines)) + len(lines)
                weight += length
                self._offset += length
                self.taken += len(lines)
        with self._lock:
            return found, Mark(self.taken, self._reading_number, self._offset)

    def settle(self, mark: Mark) -> None:
        """See `Queue`."""
        with self._lock:
            if mark.sequence <= self.settled:
                return
            self._settle(mark)

    def sync(self) -> None:
        """See `Queue`."""
        with self._lock:
            handle = os.dup(self._handle)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def close(self) -> None:
        """Let others have the folder. What is all delivered leaves no segment behind."""
        with self._lock:
            if self.settled == self.appended:
                last = self._segments[-1]
                _write_position(self._folder / "position", Mark(self.settled, last.number, last.size))
                for segment in self._segments:
                    self._path(segment.number).unlink()
            os.close(self._handle)
            os.close(self._lock_file)

    def _recover(self) -> None:
        numbers = sorted(int(path.stem) for path in self._folder.glob(f"*{_SUFFIX}"))
        position = _read_position(self._folder / "position")
        kept = [number for number in numbers if position is None or number >= position.segment]
        for number in numbers[: len(numbers) - len(kept)]:
            self._path(number).unlink()
        self._segments: deque[_Segment] = deque()
        self.size = 0
        sequence = 0
        for number in kept:
            skip = position.offset if position is not None and position.segment == number else 0
            size, before, records = _measure(self._path(number), skip)
            if position is not None and position.segment == number:
                sequence = position.sequence - before
            self._segments.append(_Segment(number, sequence, before + records, size))
            self.size += size
            sequence += before + records
        self.settled = self.taken = 0 if position is None else position.sequence
        self._handle = -1
        if not self._segments:
            first = 1 if position is None else position.segment + 1
            self._segments.append(_Segment(first, self.settled, 0, 0))
        head, last = self._segments[0], self._segments[-1]
        self._reading_number, self._offset = head.number, 0
        if position is None or position.segment != head.number:
            self.settled = self.taken = head.first
        elif position.offset <= head.size:
            self._offset = position.offset
        else:  # a loss of power took records that had been delivered already
            self._offset = head.size
            _write_position(self._folder / "position", Mark(self.settled, head.number, head.size))
        self._handle = os.open(self._path(last.number), os.O_WRONLY | os.O_CREAT | os.O_APPEND, _NEW_FILE)
        self._cut_torn(last)
        self.appended = last.first + last.records

    def _cut_torn(self, last: _Segment) -> None:
        """Cut what a crash left of a record at the end: a line without its line feed, or zeros."""
        path = self._path(last.number)
        with path.open("rb") as file:
            file.seek(last.size)
            rest = file.read()
        if not rest:
            return
        os.ftruncate(self._handle, last.size)
        os.fsync(self._handle)
        self.torn += 1
        _log.warning("a record at the end of %s was cut off by a crash (%d bytes)", path, len(rest))

    def _reading(self) -> _Segment:
        """The segment that is read; the next one when this one was read to its end and is not written any more."""
        place = next(i for i, s in enumerate(self._segments) if s.number == self._reading_number)
        segment = self._segments[place]
        if self.taken == segment.first + segment.records and place + 1 < len(self._segments):
            segment = self._segments[place + 1]
            self._reading_number, self._offset = segment.number, 0
        return segment

    def _begin_segment(self) -> _Segment:
        if self._handle >= 0:
            os.fsync(self._handle)
            os.close(self._handle)
        segment = _Segment(self._segments[-1].number + 1, self.appended, 0, 0)
        self._handle = os.open(
            self._path(segment.number), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, _NEW_FILE
        )
        _sync_folder(self._folder)
        self._segments.append(segment)
        return segment

    def _write(self, segment: _Segment, data: bytes) -> None:
        """All of the data or nothing: half a line in the middle of a file would be damage."""
        written = 0
        try:
            while written < len(data):
                written += os.write(self._handle, data[written:] if written else data)
        except OSError:
            os.ftruncate(self._handle, segment.size)
            raise
        segment.size += len(data)
        self.size += len(data)

    def _drop_oldest(self) -> None:
        oldest, following = self._segments[0], self._segments[1]
        unread = oldest.first + oldest.records - max(self.taken, oldest.first)
        if unread > 0:
            self.dropped += unread
            self.taken = following.first
            self._reading_number, self._offset = following.number, 0
        self._settle(Mark(max(self.settled, following.first), following.number, 0))

    def _settle(self, mark: Mark) -> None:
        self.settled = mark.sequence
        if self._reading_number < mark.segment:
            self._reading_number, self._offset = mark.segment, mark.offset
        _write_position(self._folder / "position", mark)
        while self._segments[0].number < mark.segment:
            gone = self._segments.popleft()
            self._path(gone.number).unlink()
            self.size -= gone.size

    def _set_aside(self, segment: _Segment, lines: list[bytes]) -> None:
        path = self._folder / f"{segment.number:012}.damaged"
        with path.open("ab") as file:
            file.writelines(line + b"\n" for line in lines)
        self.damaged += len(lines)
        _log.error("%d records of the spool are damaged; they are kept in %s", len(lines), path)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:012}{_SUFFIX}"


def _locked(path: Path) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, _NEW_FILE)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise SpoolInUse(f"{path.parent} is in use by another process: give each its own folder") from error
    return handle


def _measure(path: Path, skip: int) -> tuple[int, int, int]:
    """Bytes up to the last whole line, lines before `skip`, lines after it."""
    before = after = end = offset = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            inside = min(max(0, skip - offset), len(block))
            before += block.count(b"\n", 0, inside)
            after += block.count(b"\n", inside)
            last = block.rfind(b"\n")
            end = end if last < 0 else offset + last + 1
            offset += len(block)
    return end, before, after


def _lines(path: Path, start: int, end: int, count: int) -> list[bytes]:
    """At most `count` lines of a file that begin at `start`; those of one block, or the single one that is longer."""
    size = _BLOCK
    with path.open("rb") as file:
        while True:
            file.seek(start)
            block = file.read(min(size, end - start))
            last = block.rfind(b"\n")
            if last >= 0:
                return block[:last].split(b"\n", count)[:count]
            size *= 2


def _read_position(path: Path) -> Mark | None:
    """The position, None when there is none or when it cannot be trusted: then everything is sent again."""
    try:
        text = path.read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    rest, _, checksum = text.strip().rpartition(" ")
    try:
        segment, offset, sequence = map(int, rest.split())
        if int(checksum, 16) != crc32(rest.encode()):
            raise ValueError("the checksum is wrong")
    except ValueError as error:
        _log.warning("%s cannot be read (%s); everything in the spool is sent again", path, error)
        return None
    return Mark(sequence, segment, offset)


def _write_position(path: Path, mark: Mark) -> None:
    text = f"{mark.segment} {mark.offset} {mark.sequence}"
    temporary = path.with_suffix(".new")
    temporary.write_text(f"{text} {crc32(text.encode()):08x}\n", encoding="ascii")
    temporary.replace(path)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some file systems cannot
            os.fsync(handle)
    finally:
        os.close(handle)
