"""Cells of CSV, names of files, places for exports, and which form of the catalogue is wanted."""

from collections.abc import AsyncGenerator

import pytest

from fansipan_gateway.exports.domain.about import About, Origin
from fansipan_gateway.exports.domain.faults import ExportsBusy, ExportTooSlow
from fansipan_gateway.exports.domain.formats import CsvStyle, FigureFormat, SeriesFormat, file_name, max_rows
from fansipan_gateway.exports.domain.tables import Batch, Column, ColumnKind
from fansipan_gateway.exports.service.streaming import Exporter, ExportSlots
from fansipan_gateway.exports.writers.csv import CsvWriter, text_cell
from fansipan_gateway.open_data.domain.negotiation import CatalogueForm, NotAcceptable, form_for

_ABOUT = About("Title", Origin("Publisher", "https://licence"), "http://source", "2026-11-26T00:00:00.000Z")
_COLUMNS = (
    Column("name", ColumnKind.TEXT),
    Column("value", ColumnKind.NUMBER),
    Column("yes", ColumnKind.FLAG),
)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        (None, ""),
        ("", ""),
        ("Phường Cam Đường", "Phường Cam Đường"),
        ("a,b", '"a,b"'),
        ('say "hi"', '"say ""hi"""'),
        ("two\r\nlines", '"two\r\nlines"'),
        ("=1+1", "'=1+1"),
        ("+84", "'+84"),
        ("-5", "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", '"\'\r=1"'),
        ("＝1", "'＝1"),
        ('=HYPERLINK("http://x","y")', '"\'=HYPERLINK(""http://x"",""y"")"'),
        ("1=2", "1=2"),
    ],
)
def test_text_is_quoted_and_never_a_formula(text: str | None, cell: str) -> None:
    assert text_cell(text) == cell


def test_numbers_are_written_as_in_json() -> None:
    writer = CsvWriter(_COLUMNS, _ABOUT, CsvStyle())
    text = writer.add((["a", "b", "c"], [-0.1, None, 2.5e-7], [True, False, None])).decode()
    assert text == "a,-0.1,true\r\nb,,false\r\nc,2.5e-7,\r\n"


def test_a_comment_is_one_line() -> None:
    about = About("two\r\nlines", _ABOUT.origin, "http://source", "now")
    begin = CsvWriter(_COLUMNS, about, CsvStyle(bom=True, comment=True)).begin().decode("utf-8-sig")
    assert begin.splitlines() == [
        "# title: two lines; publisher: Publisher; licence: https://licence; source: http://source; generatedAt: now",
        "name,value,yes",
    ]


def test_names_of_files_are_plain() -> None:
    name = file_name("demo/s1/a:b~c", "../..", "Đường", file_format=SeriesFormat.CSV)
    assert name == "demo-s1-a-b-c__ng.csv"
    assert len(file_name("x" * 400, file_format=SeriesFormat.PARQUET)) < 170


def test_a_sheet_and_a_map_hold_fewer_rows() -> None:
    assert max_rows(FigureFormat.CSV, 2_000_000) == 2_000_000
    assert max_rows(FigureFormat.XLSX, 2_000_000) == 200_000
    assert max_rows(FigureFormat.GEOJSON, 2_000_000) == 20_000
    assert max_rows(FigureFormat.XLSX, 10) == 10


def test_anonymous_readers_never_take_all_places() -> None:
    slots = ExportSlots(3, anonymous=1)
    with slots.take(anonymous=True):
        with pytest.raises(ExportsBusy), slots.take(anonymous=True):
            pass
        with (
            slots.take(anonymous=False),
            slots.take(anonymous=False),
            pytest.raises(ExportsBusy),
            slots.take(anonymous=False),
        ):
            pass
    with slots.take(anonymous=True):
        pass


async def _batches(ended: list[bool], count: int = 3) -> AsyncGenerator[Batch]:
    try:
        for number in range(count):
            yield ([str(number)], [number], [True])
    finally:
        ended.append(True)


async def test_a_download_that_is_given_up_frees_its_place_and_ends_the_query() -> None:
    slots, ended = ExportSlots(1, anonymous=1), list[bool]()
    exporter = Exporter(slots, seconds=60.0)
    chunks = await exporter.start(
        lambda: CsvWriter(_COLUMNS, _ABOUT, CsvStyle()), _batches(ended), anonymous=True
    )
    with pytest.raises(ExportsBusy):
        await exporter.start(lambda: CsvWriter(_COLUMNS, _ABOUT, CsvStyle()), _batches([]), anonymous=True)
    assert await anext(aiter(chunks)) == b"name,value,yes\r\n"
    await chunks.aclose()
    assert ended == [True]
    with slots.take(anonymous=True):
        pass


async def test_a_file_has_a_time_by_which_it_must_be_finished() -> None:
    now = iter((0.0, 1.0, 61.0))
    ended: list[bool] = []
    exporter = Exporter(ExportSlots(1, anonymous=1), seconds=60.0, monotonic=lambda: next(now))
    chunks = await exporter.start(
        lambda: CsvWriter(_COLUMNS, _ABOUT, CsvStyle()), _batches(ended), anonymous=True
    )
    with pytest.raises(ExportTooSlow):
        async for _ in chunks:
            pass
    assert ended == [True]


async def test_a_file_that_nobody_began_to_read_is_ended_too() -> None:
    ended: list[bool] = []
    exporter = Exporter(ExportSlots(1, anonymous=1), seconds=60.0)
    chunks = await exporter.start(
        lambda: CsvWriter(_COLUMNS, _ABOUT, CsvStyle()), _batches(ended), anonymous=True
    )
    await chunks.aclose()
    assert ended == [True]


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, CatalogueForm.JSON_LD),
        ("", CatalogueForm.JSON_LD),
        ("application/json", CatalogueForm.JSON_LD),
        ("text/turtle", CatalogueForm.TURTLE),
        ("text/*", CatalogueForm.TURTLE),
        ("*/*;q=0.1, text/turtle", CatalogueForm.TURTLE),
        ("text/turtle;q=0.2, */*;q=0.1", CatalogueForm.TURTLE),
        ("application/ld+json;q=0, text/turtle;q=0.1", CatalogueForm.TURTLE),
        ("text/turtle;q=nonsense, application/ld+json;q=0.1", CatalogueForm.JSON_LD),
    ],
)
def test_the_form_that_is_liked_best(accept: str | None, form: CatalogueForm) -> None:
    assert form_for(accept) is form


@pytest.mark.parametrize("accept", ["image/png", "text/turtle;q=0", "nonsense"])
def test_no_form_that_is_taken(accept: str) -> None:
    with pytest.raises(NotAcceptable):
        form_for(accept)
