"""Which encoding a text file is in, and why that is believed."""

import codecs
from dataclasses import dataclass
from typing import Final

from fansipan_bulk.errors import MappingFault
from fansipan_bulk.remarks import Remark, remark

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16, little-endian"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16, big-endian"),
)
_TONES_1258: Final = frozenset(b"\xcc\xd2\xde\xec\xf2")
"""Combining tone marks of Windows-1258: they follow the letter they stand on."""
_LETTERS_1258: Final = frozenset(b"\xc3\xd0\xd5\xdd\xe3\xf0\xf5\xfd")
"""Ă Đ Ơ Ư ă đ ơ ư in Windows-1258; in Windows-1252 they are Ã Ð Õ Ý ã ð õ ý."""
_BEFORE_TONE: Final = frozenset(b"AEIOUYaeiouy") | _LETTERS_1258 | frozenset(b"\xc2\xca\xd4\xe2\xea\xf4")


@dataclass(frozen=True, slots=True)
class Encoding:
    """Attributes:
    codec: as Python calls it.
    mark: bytes at the beginning that are no text.
    reason: why it is believed.
    """

    codec: str
    mark: int
    reason: Remark


def find_encoding(sample: bytes, told: str | None) -> Encoding:
    """The encoding of a file that begins with `sample`.

    Raises:
        MappingFault: `mapping-encoding`: there is no encoding called `told`.
    """
    for mark, codec, encoding in _MARKS:
        if sample.startswith(mark) and (told is None or _same_family(told, codec)):
            return Encoding(codec, len(mark), remark("byte-order-mark", encoding=encoding))
    if told is not None:
        return Encoding(_known(told), 0, remark("told"))
    even, odd = sample[0:2000:2].count(0), sample[1:2000:2].count(0)
    if max(even, odd) * 5 > min(len(sample), 2000) and min(even, odd) * 50 < len(sample):
        codec = "utf-16-le" if odd > even else "utf-16-be"
        return Encoding(codec, 0, remark("zero-bytes"))
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError as error:
        return _one_byte(sample, error.start)
    if sample.isascii():
        return Encoding("utf-8", 0, remark("ascii"))
    return Encoding("utf-8", 0, remark("utf-8"))


def _one_byte(sample: bytes, at: int) -> Encoding:
    high = [place for place, byte in enumerate(sample) if byte >= 0x80]
    tones = sum(
        sample[place] in _TONES_1258 and place > 0 and sample[place - 1] in _BEFORE_TONE for place in high
    )
    letters = sum(sample[place] in _LETTERS_1258 for place in high)
    if tones * 20 >= len(high) or letters * 4 >= len(high):
        reason = remark("windows-1258", byte=at + 1, found=tones + letters, beyond=len(high))
        return Encoding("cp1258", 0, reason)
    return Encoding("cp1252", 0, remark("windows-1252", byte=at + 1))


def _same_family(told: str, codec: str) -> bool:
    return codecs.lookup(_known(told)).name.replace("-sig", "")[:6] == codec[:6]


def _known(told: str) -> str:
    name = told.strip().lower()
    name = {"windows-1258": "cp1258", "windows-1252": "cp1252", "utf-16": "utf-16-le"}.get(name, name)
    try:
        info = codecs.lookup(name)
        "a".encode(info.name)  # `hex` and the like are codecs, but of no text
    except (LookupError, UnicodeError, ValueError, TypeError):
        raise MappingFault("mapping-encoding", f"there is no encoding {told!r}") from None
    return info.name
