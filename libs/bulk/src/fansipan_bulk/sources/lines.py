"""Whole lines of a text file, as UTF-8, some hundred kilobytes at a time."""

import codecs
import unicodedata
from typing import Final

from fansipan_bulk.errors import FileFault
from fansipan_bulk.sources.encodings import Encoding
from fansipan_bulk.sources.unpacking import Unpacked

PIECE: Final = 448 * 1024
"""Bytes of the file that make a block: about as many rows as a request holds."""
_LONGEST_LINE: Final = 4 * 1024 * 1024


class Lines:
    """The lines of an opened file.

    Attributes:
        line: how many lines have been given out.
    """

    def __init__(self, opened: Unpacked, encoding: Encoding, name: str) -> None:
        self._opened = opened
        self._name = name
        self._composed = encoding.codec == "cp1258"  # its letters are written as base and tone
        self._decoder = (
            None
            if encoding.codec in ("utf-8", "ascii")
            else codecs.getincrementaldecoder(encoding.codec)("replace")
        )
        self._rest = b""
        self._at_end = False
        self.line = 0
        opened.read(encoding.mark)

    def take(self) -> bytes | None:
        """The next whole lines, the last with its line end; None at the end of the file."""
        while not self._at_end:
            piece = self._read()
            cut = piece.rfind(b"\n")
            if cut >= 0:
                text = self._rest + piece[: cut + 1]
                self._rest = piece[cut + 1 :]
                return self._given(text)
            self._rest += piece
            if len(self._rest) > _LONGEST_LINE:
                raise FileFault(
                    "file-line-too-long",
                    f"{self._name}, line {self.line + 1} is over {_LONGEST_LINE} bytes: this is no CSV",
                )
        text, self._rest = self._rest, b""
        if not text:
            return None
        return self._given(text if text.endswith(b"\n") else text + b"\n")

    def skip(self, lines: int) -> None:
        """Pass over the first lines of the file."""
        while lines > self.line:
            text = self.take()
            if text is None:
                return
            surplus = self.line - lines
            if surplus >= 0:
                self.give_back(text, surplus)
                return

    def give_back(self, text: bytes, lines: int) -> None:
        """Take the last `lines` lines of the text that was given last back."""
        cut = len(text)
        for _ in range(lines + 1):
            cut = text.rfind(b"\n", 0, cut)
        # What is given back is longer than nothing only where less than a piece was needed: the header.
        self._rest = text[cut + 1 :] + self._rest
        self.line -= lines

    def _given(self, text: bytes) -> bytes:
        if self._composed and not text.isascii():
            text = unicodedata.normalize("NFC", text.decode()).encode()
        self.line += text.count(b"\n")
        return text

    def _read(self) -> bytes:
        piece = self._opened.read(PIECE)
        self._at_end = not piece
        if self._decoder is None:
            return piece
        return self._decoder.decode(piece, final=not piece).encode("utf-8", "replace")
