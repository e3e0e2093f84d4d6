"""Files of names are read as people write them, and everything that is wrong is said at once, with its line."""

import csv
from pathlib import Path

import pytest

from fansipan_cli.errors import CommandError, UsageError
from fansipan_cli.names import AGENCIES, PROCEDURES, AgencyEntry, ProcedureEntry, Register, read_entries

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[4]


def _file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _wrong(path: Path, register: Register = AGENCIES) -> str:
    with pytest.raises(CommandError) as raised:
        read_entries(path, register)
    return str(raised.value)


@pytest.mark.parametrize("text", ["key,name,nameEn,level\n", "\ufeffkey;name;nameEn;level\r\n"])
def test_a_table_as_spreadsheets_write_it(tmp_path: Path, text: str) -> None:
    comma = ";" if ";" in text else ","
    row = comma.join(["SYT", " Sở Y tế ", "", "province"])
    (one,) = read_entries(_file(tmp_path, "a.csv", f"{text}{row}\n{comma * 3}\n"), AGENCIES)
    assert one.entry == AgencyEntry(key="SYT", name="Sở Y tế", level="province")


def test_a_list_with_lines(tmp_path: Path) -> None:
    text = "# thủ tục\n- key: '1.004194'\n  name: Đăng ký tạm trú\n  processingDays: 3\n- {key: TT2, name: Hai}\n"
    one, two = read_entries(_file(tmp_path, "p.yaml", text), PROCEDURES)
    assert one.entry == ProcedureEntry(key="1.004194", name="Đăng ký tạm trú", processing_days=3)
    assert (one.line, two.line) == (2, 5)


def test_everything_wrong_is_said_with_its_line(tmp_path: Path) -> None:
    rows = [
        'A,"Sở\nnội vụ",,',  # a line break inside a cell: the next row is on line 4
        "B,Sở,,district",
        "-C,Sở,,",
        ",Sở,,",
        "D,Sở,,province",
        "D,Sở khác,,",
    ]
    said = _wrong(_file(tmp_path, "a.csv", "key,name,nameEn,level\n" + "\n".join(rows) + "\n"))
    assert said.startswith("a.csv is not imported, nothing was changed")
    for part in ("line 2: name", "line 4: level 'district'", "line 5: key '-C'", "line 6: key is missing"):
        assert part in said
    assert "line 8: D is on line 7 already" in said


@pytest.mark.parametrize(
    ("name", "text", "part"),
    [
        ("a.csv", "key,Name\nA,B\n", "line 1: it lacks the column name"),
        ("a.csv", "key,name,phone\nA,B,1\n", "line 1: it has a column 'phone'"),
        ("a.csv", "key,name\nA,B,C\n", "line 2: it has more cells than the header"),
        ("a.csv", "key,name\n", "has no entry"),
        ("a.yaml", "key: A\n", "is no list"),
        ("a.yaml", "- [\n", "is no YAML"),
        ("a.yaml", "- just words\n", "line 1"),
        (
            "a.yaml",
            "- {key: A, name: B, areaCode: 12671}\n",
            "line 1: areaCode is a number: put it in quotes",
        ),
        ("a.yaml", "- {key: A, name: B, phone: x}\n", "line 1: phone is no member of an entry"),
    ],
)
def test_what_is_no_such_file(tmp_path: Path, name: str, text: str, part: str) -> None:
    assert part in _wrong(_file(tmp_path, name, text))


def test_other_files_are_a_wrong_call(tmp_path: Path) -> None:
    for path in (_file(tmp_path, "a.xlsx", "x"), tmp_path / "missing.csv"):
        with pytest.raises(UsageError):
            read_entries(path, AGENCIES)


def test_the_shipped_committees_are_those_of_the_communes() -> None:
    entries = [one.entry for one in read_entries(ROOT / "catalogue/agencies/laocai-communes.csv", AGENCIES)]
    with (ROOT / "catalogue/areas/laocai-communes.csv").open(encoding="utf-8", newline="") as file:
        communes = {row["code"]: row for row in csv.DictReader(file)}

    assert len(entries) == 99
    for entry in entries:
        assert isinstance(entry, AgencyEntry)
        commune = communes.pop(entry.area_code or "")
        assert entry.key == f"UBND-{commune['code']}"
        assert entry.name == f"Ủy ban nhân dân {commune['unit_type']} {commune['name']}"
        assert entry.name_en == f"People's Committee of {commune['full_name_en']}"
