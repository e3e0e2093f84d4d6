"""What a file probably is."""

from pathlib import Path

import pytest

from fansipan_bulk import Preview, check, preview
from fansipan_bulk.guessing.numbers import guess_numbers
from fansipan_bulk.guessing.words import property_of, role_of


def look(folder: Path, text: str) -> Preview:
    path = folder / "file.csv"
    path.write_text(text, encoding="utf-8")
    return preview(path, provider="so-tnmt")


def test_a_wide_file_of_an_agency(tmp_path: Path) -> None:
    shown = look(
        tmp_path,
        "Báo cáo;;;;\nNgày;Giờ;Trạm;PM2.5 (µg/m³);Mực nước (cm)\n"
        "31/12/2025;23;Lào Cai;12,5;1.234\n31/12/2025;24;Sa Pa;-;12\n",
    )

    assert [(column.name, column.type) for column in shown.columns] == [
        ("Ngày", "date"),
        ("Giờ", "integer"),
        ("Trạm", "text"),
        ("PM2.5 (µg/m³)", "number"),
        ("Mực nước (cm)", "number"),
    ]
    assert [(row.line, row.cells[2]) for row in shown.rows] == [(3, "Lào Cai"), (4, "Sa Pa")]
    assert shown.proposal is not None
    assert shown.proposal.mapping.model_dump(mode="json", exclude_defaults=True) == {
        "provider": "so-tnmt",
        "time": {"column": "Ngày", "hour": "Giờ", "format": "day-first"},
        "numbers": {"decimal": ",", "thousands": "."},
        "values": {
            "form": "wide",
            "thing": {"column": "Trạm"},
            "columns": {
                "PM2.5 (µg/m³)": {"property": "pm2_5"},
                "Mực nước (cm)": {"property": "water_level", "scale": 0.01},
            },
        },
    }
    report = check(tmp_path / "file.csv", shown.proposal.mapping)
    assert (report.observations, report.missing, report.faults) == (3, 1, 0)


def test_a_long_file_and_what_a_person_has_to_say(tmp_path: Path) -> None:
    shown = look(
        tmp_path,
        "Thời gian,Mã trạm,Thông số,Giá trị,Đơn vị,Chất lượng\n"
        "01/02/2025 00:00,lc-1,PM2.5,1.5,µg/m3,tốt\n02/02/2025 00:00,lc-1,Nhiệt độ,21,C,good\n",
    )

    assert shown.proposal is not None
    assert shown.proposal.mapping.values.model_dump(mode="json", exclude_defaults=True, by_alias=True) == {
        "thing": {"column": "Mã trạm"},
        "property": {"column": "Thông số", "keys": {"PM2.5": "pm2_5", "Nhiệt độ": "temperature"}},
        "result": "Giá trị",
        "quality": {"column": "Chất lượng", "words": {"tốt": None}},
        "unit": {"column": "Đơn vị", "factors": {"µg/m3": 1.0, "C": 1.0}},
    }
    unsure = {remark.code: remark for remark in shown.proposal.unsure}
    assert unsure.keys() == {"day-or-month", "no-time-of-day", "no-offset", "unit-factors", "quality-words"}
    assert unsure["quality-words"].values == {"column": "Chất lượng", "words": "'tốt'"}
    assert "Asia/Ho_Chi_Minh" in unsure["no-offset"].detail


def test_dates_of_a_spreadsheet_beside_dates_as_text_are_pointed_at(tmp_path: Path) -> None:
    shown = look(tmp_path, "time,pm10\n2025-02-01 00:00:00,1\n13/02/2025,2\n14/02/2025,3\n")

    assert shown.proposal is not None
    assert "mixed-dates" in [remark.code for remark in shown.proposal.unsure]


@pytest.mark.parametrize(
    ("text", "why"),
    [("a,b\n1,2\n", "no-time"), ("time,b\n2025-01-01,x\n", "no-results"), ("time,b\n", "no-rows")],
)
def test_no_mapping_is_proposed_where_nothing_speaks_for_one(tmp_path: Path, text: str, why: str) -> None:
    shown = look(tmp_path, text)
    assert shown.proposal is None
    assert shown.proposal_missing is not None
    assert shown.proposal_missing.code == why


@pytest.mark.parametrize(
    ("values", "written"),
    [
        (["1.5", "2"], (".", "")),
        (["1,5", "2"], (",", "")),
        (["1.234,5"], (",", ".")),
        (["1,234.5"], (".", ",")),
        (["1,5", "1.234"], (",", ".")),
        (["1 234,5"], (",", " ")),
    ],
)
def test_how_numbers_are_written(values: list[str], written: tuple[str, str]) -> None:
    found = guess_numbers(values).written
    assert (found.decimal, found.thousands) == written


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Thời gian", "time"),
        ("TRẠM", "thing"),
        ("Mã trạm", "thing"),
        ("Đơn vị", "unit"),
        ("STT", "place"),
        ("PM10", None),
    ],
)
def test_what_names_of_columns_say(name: str, role: str | None) -> None:
    assert role_of(name) == role


def test_units_in_brackets_become_a_scale() -> None:
    assert (property_of("Mực nước (cm)").key, property_of("Mực nước (cm)").scale) == ("water_level", 0.01)
    assert property_of("Nhiệt độ [°F]").scale is None
    assert property_of("CO (mg/m3)").scale == 1000.0
