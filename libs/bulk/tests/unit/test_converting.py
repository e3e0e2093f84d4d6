"""From files to observations: long and wide, with everything that can be wrong with a row."""

import gzip
import itertools
import json
import unicodedata
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fansipan_bulk import (
    CheckReport,
    Converter,
    Fault,
    MappingFault,
    check,
    dump_mapping,
    load_mapping,
    open_source,
    parse_mapping,
)
from fansipan_bulk.sources import lines, parquet_source, xlsx_source
from fansipan_common.contracts import OBSERVATION_LIST

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def convert(
    path: Path, document: dict[str, Any], max_items: int = 1000
) -> tuple[list[dict[str, Any]], list[Fault]]:
    """The observations that would be sent, and the faults."""
    mapping = parse_mapping(document)
    sent: list[dict[str, Any]] = []
    faults: list[Fault] = []
    with closing(open_source(path, mapping.file)) as source:
        converter = Converter(mapping, source.columns, provider="p", clock=lambda: NOW)
        for block in source.blocks():
            converted = converter.convert(block)
            faults += converted.faults
            for body in converted.items.bodies(max_items, 1_000_000):
                items = json.loads(body.data)
                OBSERVATION_LIST.validate_json(body.data)
                assert len(items) == body.count <= max_items
                sent += items
    return sent, faults


def short(items: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(item["datastream"], item["phenomenonTime"][:16], item["result"]) for item in items]


def csv_file(folder: Path, text: str) -> Path:
    path = folder / "file.csv"
    path.write_text(text, encoding="utf-8")
    return path


LONG = {
    "time": {"column": "t", "format": "day-first"},
    "numbers": {"decimal": ","},
    "values": {
        "form": "long",
        "thing": {"column": "trạm", "keys": {"Cầu Cốc Lếu": "coc-leu"}},
        "property": {"column": "chỉ tiêu", "keys": {"Mực nước": "water_level"}},
        "result": "giá trị",
        "unit": {"column": "đv", "factors": {"cm": 0.01, "m": 1}},
        "quality": {"column": "cl", "words": {"Tốt": "good", "Nghi ngờ": "suspect", "?": None}},
    },
}


def test_one_observation_a_row(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path,
        "t;trạm;chỉ tiêu;giá trị;đv;cl\n"
        "31/12/2025 23:00;Cầu Cốc Lếu;Mực nước;81,3;cm;Tốt\n"
        "31/12/2025 24:00;lc-2;rain;0,30;m;Nghi ngờ\n"
        "01/01/2026 01:00;Sa Pả;rain;-;m;\n"
        "01/01/2026 02:00;Sa Pả;rain;3;m;?\n",
    )

    items, faults = convert(path, LONG)

    assert faults == []
    assert short(items) == [
        ("p/coc-leu/water_level", "2025-12-31T16:00", 0.813),
        ("p/lc-2/rain", "2025-12-31T17:00", 0.3),
        ("p/Sa-Pa~ny7wifvyvpkv/rain", "2025-12-31T19:00", 3.0),
    ]
    assert [item.get("resultQuality") for item in items] == ["good", "suspect", None]


def test_each_row_is_refused_with_its_first_reason(tmp_path: Path) -> None:
    good = "01/01/2026 00:00;a;rain;1;m;"
    rows = [
        ("time-missing", ";a;rain;1;m;"),
        ("time-invalid", "32/01/2026;a;rain;1;m;"),
        ("time-too-early", "31/12/1999;a;rain;1;m;"),
        ("time-in-future", "02/07/2026 00:00;a;rain;1;m;"),
        ("name-missing", "01/01/2026 00:01;;rain;1;m;"),
        ("number-invalid", "01/01/2026 00:02;a;rain;1.5;m;"),
        ("number-too-large", "01/01/2026 00:03;a;rain;1e300;m;"),
        ("quality-unknown", "01/01/2026 00:04;a;rain;1;m;tuyệt"),
        ("unit-unknown", "01/01/2026 00:05;a;rain;1;inch;"),
        ("row-shape", "01/01/2026 00:06;a;rain"),
        ("time-missing", ";;;x;;"),
    ]
    path = csv_file(
        tmp_path,
        "t;trạm;chỉ tiêu;giá trị;đv;cl\n" + f"{good}\n" + "".join(row + "\n" for _, row in rows) + ";;;;;\n",
    )

    items, faults = convert(path, LONG)

    assert len(items) == 1
    assert [(fault.line, fault.code) for fault in faults] == [
        (line, code) for line, (code, _) in enumerate(rows, start=3)
    ]
    assert [";".join(fault.cells) for fault in faults] == [row for _, row in rows]
    assert "'1.5'" in faults[5].detail


WIDE = {
    "time": {"column": "time"},
    "values": {
        "form": "wide",
        "thing": {"value": "s1"},
        "columns": {
            "a": {"property": "pa", "scale": 0.1},
            "b": {"property": "pb", "thing": "s2"},
            "c": {"datastream": "q/s3/pc", "kind": "text"},
            "d": {"property": "open", "kind": "boolean"},
        },
    },
}


def test_several_observations_a_row_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path,
        "time,a,b,c,d\n2026-01-01 00:00,3,2.5,sunny,có\n2026-01-01 01:00,x,,rain,maybe\nbad,,,,\nworse,1,2,,\n",
    )

    items, faults = convert(path, WIDE, max_items=3)

    assert short(items) == [
        ("p/s1/pa", "2025-12-31T17:00", 0.3),
        ("p/s2/pb", "2025-12-31T17:00", 2.5),
        ("q/s3/pc", "2025-12-31T17:00", "sunny"),
        ("p/s1/open", "2025-12-31T17:00", True),
        ("q/s3/pc", "2025-12-31T18:00", "rain"),
    ]
    assert [(fault.line, fault.column, fault.code) for fault in faults] == [
        (3, "a", "number-invalid"),
        (3, "d", "boolean-invalid"),
        (5, "time", "time-invalid"),
    ]


def test_a_thing_of_its_own_in_each_row_of_a_wide_file(tmp_path: Path) -> None:
    document: dict[str, Any] = {
        "time": {"column": "time"},
        "values": {
            "form": "wide",
            "thing": "site",
            "columns": {"x": {"property": "x"}, "y": {"property": "y"}},
        },
    }
    path = csv_file(tmp_path, "time,site,x,y\n2026-01-01,a,1,2\n2026-01-01,b,3,4\n")

    assert [item["datastream"] for item in convert(path, document)[0]] == ["p/a/x", "p/a/y", "p/b/x", "p/b/y"]


def test_a_sheet_has_real_dates_numbers_and_gaps(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet["A1"] = "Sở Nông nghiệp"
    for row in (
        ["time", "site", "x", "y"],
        [datetime(2026, 1, 1, 7, 30), "Cầu 1", 1.5, 2],  # noqa: DTZ001 - a wall clock has no zone
        [None, None, None, None],
        ["2026-01-01 08:00", "Cầu 1", "-", 4],
        ["31/12/2025 09:00", "Cầu 1", "n/a", "x"],
    ):
        sheet.append(row)
    path = tmp_path / "book.xlsx"
    book.save(path)
    document: dict[str, Any] = {
        "time": {"column": "time", "format": "day-first"},
        "values": {
            "form": "wide",
            "thing": {"column": "site", "keys": {"Cầu 1": "c1"}},
            "columns": {"x": {"property": "x"}, "y": {"property": "y"}},
        },
    }

    items, faults = convert(path, document)

    assert short(items) == [
        ("p/c1/x", "2026-01-01T00:30", 1.5),
        ("p/c1/y", "2026-01-01T00:30", 2.0),
        ("p/c1/y", "2026-01-01T01:00", 4.0),
    ]
    assert [(fault.line, fault.column) for fault in faults] == [(6, "y")]
    report = check(path, parse_mapping(document), provider="p")
    assert (report.rows, report.blank_rows, report.missing) == (3, 1, 2)


def test_parquet_with_its_own_types(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    times = pa.array([1767196800000, 1767200400000, None], pa.timestamp("ms", "UTC"))
    names = pa.array(["a", "b", "b"]).dictionary_encode()
    values = pa.array([1, None, 3], pa.int32())
    pq.write_table(pa.table({"t": times, "ds": names, "v": values}), path)
    document = {
        "time": {"column": "t"},
        "values": {"form": "long", "thing": "ds", "property": {"value": "x"}, "result": "v"},
    }

    items, faults = convert(path, document)

    assert short(items) == [("p/a/x", "2025-12-31T16:00", 1.0)]
    assert [(fault.line, fault.code) for fault in faults] == [(3, "time-missing")]


@pytest.mark.parametrize("kind", ["xlsx", "parquet", "csv.gz"])
def test_every_kind_of_file_goes_on_at_any_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(xlsx_source, "_ROWS", 7)
    monkeypatch.setattr(parquet_source, "_ROWS", 7)
    monkeypatch.setattr(lines, "PIECE", 24)
    path = tmp_path / f"file.{kind}"
    values = list(range(50))
    if kind == "xlsx":
        book = openpyxl.Workbook()
        for row in (["v", "w"], *([value, "x"] for value in values)):
            book.worksheets[0].append(row)
        book.save(path)
    elif kind == "parquet":
        pq.write_table(pa.table({"v": values, "w": ["x"] * 50}), path, row_group_size=11)
    else:
        path.write_bytes(gzip.compress(("v,w\n" + "".join(f"{value},x\n" for value in values)).encode()))

    with closing(open_source(path)) as source:
        whole = [[block.cells(row)[0] for row in range(len(block))] for block in source.blocks()]
        places = [block.lines.tolist() for block in source.blocks()]
        later = [[block.cells(row)[0] for row in range(len(block))] for block in source.blocks(3)]

    assert list(itertools.chain(*whole)) == [str(value) for value in values]
    assert len(whole) > 4
    assert later == whole[3:]
    first = 1 if kind == "parquet" else 2
    assert list(itertools.chain(*places)) == list(range(first, first + 50))


def test_names_are_the_same_with_letters_in_one_or_two_characters(tmp_path: Path) -> None:
    text = "t;trạm;chỉ tiêu;giá trị;đv;cl\n31/12/2025 23:00;Cầu Cốc Lếu;Mực nước;81,3;cm;Tốt\n"
    path = csv_file(tmp_path, unicodedata.normalize("NFD", text))

    items, faults = convert(path, LONG)

    assert (short(items), faults) == ([("p/coc-leu/water_level", "2025-12-31T16:00", 0.813)], [])


def test_a_time_in_two_columns_is_told_with_both(tmp_path: Path) -> None:
    document = {
        "time": {"column": "d", "hour": "h", "format": "day-first"},
        "values": {"form": "long", "datastream": "ds", "result": "v"},
    }
    faults = convert(csv_file(tmp_path, "d,h,ds,v\n01/02/2026,25,p/a/b,1\n"), document)[1]
    assert [(fault.code, "'01/02/2026 25'" in fault.detail) for fault in faults] == [("time-invalid", True)]


def test_rows_of_many_blocks_have_the_lines_of_the_file(tmp_path: Path) -> None:
    rows = 60_000
    path = csv_file(tmp_path, "t,v\n" + "".join(f"{1_700_000_000 + n},{n}\n" for n in range(rows)) + "x,1\n")
    document = {
        "time": {"column": "t", "format": "unix-s"},
        "values": {"form": "long", "thing": {"value": "a"}, "property": {"value": "b"}, "result": "v"},
    }

    items, faults = convert(path, document)

    assert [item["result"] for item in items] == list(range(rows))
    assert [fault.line for fault in faults] == [rows + 2]


def test_requests_are_bounded_in_items_and_bytes(tmp_path: Path) -> None:
    notes = ["x" * (n % 40) for n in range(200)]
    notes[7] = "y" * 3000
    path = csv_file(
        tmp_path, "t,v\n" + "".join(f"{1_700_000_000 + n},{note}\n" for n, note in enumerate(notes))
    )
    document = {
        "time": {"column": "t", "format": "unix-s"},
        "values": {
            "form": "long", "thing": {"value": "a"}, "property": {"value": "b"}, "result": "v", "kind": "text"
        },
    }  # fmt: skip
    mapping = parse_mapping(document)
    with closing(open_source(path)) as source:
        items = Converter(mapping, source.columns, provider="p").convert(next(source.blocks())).items

    bodies = list(items.bodies(50, 1000))

    assert [item["result"] for body in bodies for item in json.loads(body.data)] == [
        note for note in notes if note
    ]
    assert [body.first for body in bodies] == list(
        itertools.accumulate((body.count for body in bodies[:-1]), initial=0)
    )
    assert all(len(body.data) <= 1000 or body.count == 1 for body in bodies)
    assert [body.count for body in bodies if len(body.data) > 1000] == [1]
    assert max(body.count for body in bodies) <= 50


def report_of(path: Path, **more: Any) -> CheckReport:
    return check(
        path, parse_mapping(LONG | more), provider="p", errors=path.with_name("errors.csv"), clock=lambda: NOW
    )


def test_a_check_counts_each_distinct_problem_and_its_error_file_can_be_imported(tmp_path: Path) -> None:
    row = "{};a;rain;{};m;\n"
    path = csv_file(
        tmp_path,
        "t;trạm;chỉ tiêu;giá trị;đv;cl\n"
        + row.format("01/01/2026 00:00", "1")
        + row.format("nie", "2")
        + row.format("jamais", "3")
        + row.format("02/01/2026", "zwölf"),
    )

    report = report_of(path)

    assert (report.rows, report.observations, report.faults, report.accepted) == (4, 1, 3, 0)
    assert [(p.code, p.column, p.count, p.lines) for p in report.problems] == [
        ("time-invalid", "t", 2, [3, 4]),
        ("number-invalid", "giá trị", 1, [5]),
    ]
    assert (report.datastreams, report.first_time) == (["p/a/rain"], "2025-12-31T17:00:00.000Z")
    corrected = csv_file(
        tmp_path,
        (tmp_path / "errors.csv")
        .read_text(encoding="utf-8")
        .replace("nie", "03/01/2026").replace("jamais", "04/01/2026").replace("zwölf", "12"),
    )  # fmt: skip
    assert (report_of(corrected).observations, report_of(corrected).faults) == (3, 0)
    assert not (tmp_path / "errors.csv").exists()


def test_a_file_that_lacks_a_column_is_refused_with_those_it_has(tmp_path: Path) -> None:
    with pytest.raises(MappingFault, match=r"no column 't'; it has: time, value") as fault:
        report_of(csv_file(tmp_path, "time;value\n1;2\n"))
    assert fault.value.code == "mapping-column"


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"time": {"column": "t", "zone": "Asia/Hanoi"}, "values": LONG["values"]}, "Asia/Ho_Chi_Minh"),
        ({"time": {"column": "t"}, "values": {"form": "long", "result": "x"}}, "datastream, or thing"),
        (
            {"time": {"column": "t"}, "values": {"form": "wide", "columns": {"a": {"property": "x"}}}},
            "needs a thing",
        ),
        (
            {
                "time": {"column": "t"},
                "numbers": {"decimal": ",", "thousands": ","},
                "values": LONG["values"],
            },
            "same",
        ),
        ({"time": {"column": "t"}, "values": LONG["values"], "surprise": 1}, "surprise"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused_with_the_place(
    document: dict[str, Any], reason: str
) -> None:
    with pytest.raises(MappingFault, match=reason):
        parse_mapping(document)


@pytest.mark.parametrize("document", [LONG, WIDE])
def test_a_mapping_is_the_same_after_it_was_written(tmp_path: Path, document: dict[str, Any]) -> None:
    mapping = parse_mapping(document)
    path = tmp_path / "m.yaml"
    path.write_text(dump_mapping(mapping), encoding="utf-8")
    assert load_mapping(path) == mapping
