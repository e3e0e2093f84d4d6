"""CSV as it is written by real programs: encodings, delimiters, quotes, damaged lines."""

import csv
import gzip
import io
import tempfile
import unicodedata
from contextlib import closing
from pathlib import Path

import pytest
import zstandard
from hypothesis import assume, example, given
from hypothesis import strategies as st

from fansipan_bulk import FileFault, FileOptions, MappingFault, open_source
from fansipan_bulk.sources import lines
from fansipan_bulk.sources.csv_parsing import is_plain, parse_plain, parse_quoted

VIETNAMESE = "Thời gian,Trạm,Giá trị\n2025-12-31 23:00,Lào Cai,1\n2025-12-31 24:00,Sa Pả,2\n"


def write(folder: Path, content: bytes) -> Path:
    path = folder / "file.csv"
    path.write_bytes(content)
    return path


def rows_of(path: Path, options: FileOptions | None = None) -> list[tuple[str, ...]]:
    with closing(open_source(path, options)) as source:
        return [block.cells(row) for block in source.blocks() for row in range(len(block))]


def found(path: Path, what: str) -> str:
    with closing(open_source(path)) as source:
        return next(finding.value for finding in source.findings if finding.what == what)


def as_1258(text: str) -> bytes:
    """As Windows-1258 writes it: tones behind the letters they stand on."""
    written = b""
    for letter in text:
        try:
            written += letter.encode("cp1258")
        except UnicodeEncodeError:
            base, tone = unicodedata.normalize("NFD", letter)[:-1], unicodedata.normalize("NFD", letter)[-1]
            written += unicodedata.normalize("NFC", base).encode("cp1258") + tone.encode("cp1258")
    return written


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (VIETNAMESE.encode(), "utf-8"),
        (VIETNAMESE.encode("utf-8-sig"), "utf-8"),
        (b"\xff\xfe" + VIETNAMESE.encode("utf-16-le"), "utf-16-le"),
        (b"\xfe\xff" + VIETNAMESE.encode("utf-16-be"), "utf-16-be"),
        (VIETNAMESE.encode("utf-16-le"), "utf-16-le"),
        (as_1258(VIETNAMESE), "cp1258"),
        (gzip.compress(VIETNAMESE.encode()), "utf-8"),
        (zstandard.compress(VIETNAMESE.encode()), "utf-8"),
    ],
    ids=["utf-8", "bom", "utf-16-le", "utf-16-be", "utf-16 without mark", "windows-1258", "gzip", "zstd"],
)
def test_the_encoding_is_found_and_all_read_the_same(tmp_path: Path, content: bytes, encoding: str) -> None:
    path = write(tmp_path, content)

    with closing(open_source(path)) as source:
        assert source.columns == ("Thời gian", "Trạm", "Giá trị")
    assert found(path, "encoding") == encoding
    assert rows_of(path) == [("2025-12-31 23:00", "Lào Cai", "1"), ("2025-12-31 24:00", "Sa Pả", "2")]


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, sign: str) -> None:
    text = f'time{sign}note{sign}value\n2025-01-01 00:00:00{sign}"a{sign}b, c"{sign}1\n'
    path = write(tmp_path, text.encode())

    assert found(path, "delimiter") == sign
    assert rows_of(path) == [("2025-01-01 00:00:00", f"a{sign}b, c", "1")]


def test_titles_above_the_header_are_passed_over(tmp_path: Path) -> None:
    path = write(tmp_path, "Sở Tài nguyên\nBáo cáo tháng 3,,\n\nngày,trạm,mưa\n1/3/2025,a,2\n".encode())

    assert found(path, "header") == "4"
    with closing(open_source(path)) as source:
        block = next(source.blocks())
    assert (source.columns, block.lines.tolist()) == (("ngày", "trạm", "mưa"), [5])


def test_a_file_without_names_gets_numbered_columns(tmp_path: Path) -> None:
    path = write(tmp_path, b"2025-01-01,3\n2025-01-02,4\n")

    with closing(open_source(path)) as source:
        assert source.columns == ("column 1", "column 2")
    assert rows_of(path) == [("2025-01-01", "3"), ("2025-01-02", "4")]


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, b'a,b\r\n1,2\r\n"x\r\ny",3\r\n\r\n4,5,6\r\n7\r\n8,9,,\r\n10,11')

    with closing(open_source(path)) as source:
        (block,) = source.blocks()

    assert block.lines.tolist() == [2, 3, 5, 8, 9]
    assert [block.cells(row) for row in range(5)] == [
        ("1", "2"),
        ("x\r\ny", "3"),
        ("", ""),
        ("8", "9"),
        ("10", "11"),
    ]
    assert [(fault.line, fault.code, fault.cells) for fault in block.faults] == [
        (6, "row-shape", ("4", "5", "6")),
        (7, "row-shape", ("7",)),
    ]


CELLS = st.text(st.sampled_from('ab"\n\r,;é '), max_size=6)


@given(st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=30), st.integers(20, 200))
@example([["\n"]], 20)
def test_blocks_cut_nothing_in_two(rows: list[list[str]], piece: int) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([["x", "y"], *rows])
    content = text.getvalue().encode()
    expected: list[list[str]] = []
    for row in csv.reader(io.StringIO(_plain(content), newline="\n")):
        shaped = row or ["", ""]
        shaped = shaped[:2] if not any(shaped[2:]) else shaped
        expected.append(shaped)
    with tempfile.NamedTemporaryFile(suffix=".csv", delete=False) as file:
        file.write(content)
    path = Path(file.name)
    before, lines.PIECE = lines.PIECE, piece
    try:
        with closing(open_source(path, FileOptions(delimiter=",", header=1, encoding="utf-8"))) as source:
            blocks = list(source.blocks())
            later = list(source.blocks(1))
    finally:
        lines.PIECE = before
        path.unlink()

    whole = [list(block.cells(row)) for block in blocks for row in range(len(block))]
    odd = [list(fault.cells) for block in blocks for fault in block.faults]
    assert whole == [row for row in expected[1:] if len(row) == 2]
    assert odd == [row for row in expected[1:] if len(row) != 2]
    assert [block.lines.tolist() for block in later] == [block.lines.tolist() for block in blocks[1:]]


def _plain(content: bytes) -> str:
    """CR alone ends no line here: it is read as a space."""
    return content.decode().replace("\r\n", "\0").replace("\r", " ").replace("\0", "\r\n")


class Nothing:
    """Where nothing more can be read."""

    def take(self) -> bytes | None:
        return None

    def give_back(self, text: bytes, lines: int) -> None:
        raise AssertionError("nothing was borrowed")


LINES = st.one_of(
    st.text(st.sampled_from('ab,; é1."\r'), max_size=12),
    st.lists(st.sampled_from(['"a"', '"b, c"', '""', "d", "", '"é"', '"', 'e"f']), max_size=3).map(",".join),
)


@given(st.lists(LINES, min_size=1, max_size=20))
def test_the_fast_way_and_the_careful_way_agree(rows: list[str]) -> None:
    text = "".join(row + "\n" for row in rows).encode()
    assume(is_plain(text, ","))

    fast = parse_plain(text, 7, ",", 2)
    careful = parse_quoted(text, Nothing(), 7, ",", 2)

    assert [column.to_pylist() for column in fast.columns] == [
        column.to_pylist() for column in careful.columns
    ]
    assert fast.lines.tolist() == careful.lines.tolist()
    assert [(fault.line, fault.cells) for fault in fast.faults] == [
        (fault.line, fault.cells) for fault in careful.faults
    ]


def test_bytes_that_are_not_of_the_encoding_are_a_fault_of_their_row(tmp_path: Path) -> None:
    good = b"t,note\n" + b"2025-01-01,abc\n" * 20_000
    path = write(tmp_path, good + b"2025-01-02,\xe9t\xe9\n2025-01-03,x\n")

    with closing(open_source(path)) as source:
        blocks = list(source.blocks())

    (fault,) = [fault for block in blocks for fault in block.faults]
    assert (fault.line, fault.column, fault.code) == (20_002, "note", "encoding-invalid")
    assert sum(map(len, blocks)) == 20_001


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file-empty"),
        (b"PK\x03\x04rubbish", "file-damaged"),
        (b"\xd0\xcf\x11\xe0 old excel", "file-kind"),
        (b"PAR1 rubbish", "file-damaged"),
        (b"a,b\r1,2\r", "file-line-ends"),
        (b"\x00\x01\x02\x03binary\x00", "file-kind"),
        (gzip.compress(b"a,b\n" * 1000)[:-20], "file-damaged"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    with pytest.raises(FileFault) as fault, closing(open_source(write(tmp_path, content))) as source:
        list(source.blocks())
    assert fault.value.code == code


def test_a_quotation_mark_that_is_not_closed_is_told_and_bounded(tmp_path: Path) -> None:
    path = write(tmp_path, b'a,b\n1,"2\n' + b"3,4\n" * 200_000)

    with pytest.raises(FileFault) as fault, closing(open_source(path)) as source:
        list(source.blocks())
    assert fault.value.code == "file-quotes"


def test_an_unknown_encoding_is_a_fault_of_the_mapping(tmp_path: Path) -> None:
    with pytest.raises(MappingFault, match="klingon"):
        open_source(write(tmp_path, b"a\n1\n"), FileOptions(encoding="klingon"))
