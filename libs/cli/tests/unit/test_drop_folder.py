"""Which files of a watched folder are complete, whose mapping they get, and where they go."""

import json
from pathlib import Path

import pytest

from fansipan_bulk import MappingFault, parse_mapping
from fansipan_cli.bulk.folder import DropFolder, NamedMapping, load_mappings, mapping_for

pytestmark = pytest.mark.unit


class Clock:
    """Seconds that go on when they are told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def names(folder: DropFolder) -> tuple[list[str], int]:
    paths, arriving = folder.complete()
    return [path.name for path in paths], arriving


def test_a_file_is_complete_when_it_has_not_changed_for_a_while(tmp_path: Path) -> None:
    clock = Clock()
    folder = DropFolder(tmp_path, 10.0, clock)
    file = tmp_path / "a.csv"
    file.write_text("1")

    assert names(folder) == ([], 1)
    clock.now += 9
    file.write_text("12")
    assert names(folder) == ([], 1)
    clock.now += 9
    assert names(folder) == ([], 1)
    clock.now += 1
    assert names(folder) == (["a.csv"], 0)


def test_a_mark_makes_a_file_complete_and_unfinished_names_are_left_alone(tmp_path: Path) -> None:
    folder = DropFolder(tmp_path, 10.0, Clock())
    for name in ("a.csv", "a.csv.done", "b.csv", ".c.csv", "d.csv.part", "~$e.xlsx", "f.TMP"):
        (tmp_path / name).touch()
    folder.prepare()

    assert names(folder) == (["a.csv"], 1)


def test_a_file_is_put_away_with_its_report_and_errors_under_a_free_name(tmp_path: Path) -> None:
    folder = DropFolder(tmp_path, 0.0)
    folder.prepare()
    for number in (1, 2):
        file = tmp_path / "a.csv.gz"
        file.write_text(str(number))
        folder.errors(file).write_text("wrong")
        folder.checkpoint(file).touch()
        (tmp_path / "a.csv.gz.done").touch()
        folder.put_away(file, "done", {"number": number})

    assert sorted(path.name for path in (tmp_path / "done").iterdir()) == [
        "a-2.csv.gz",
        "a-2.csv.gz.errors.csv",
        "a-2.csv.gz.report.json",
        "a.csv.gz",
        "a.csv.gz.errors.csv",
        "a.csv.gz.report.json",
    ]
    assert json.loads((tmp_path / "done" / "a-2.csv.gz.report.json").read_text()) == {"number": 2}
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == []
    assert list(folder.work.iterdir()) == []


def test_one_watches_at_a_time(tmp_path: Path) -> None:
    first, second = DropFolder(tmp_path, 0.0), DropFolder(tmp_path, 0.0)
    first.prepare()

    assert (first.take_lock(), second.take_lock(), first.take_lock()) == (True, False, True)
    first.release_lock()
    assert second.take_lock()
    second.release_lock()


def named(name: str, *patterns: str) -> NamedMapping:
    values = {"form": "long", "datastream": "d", "result": "v"}
    return NamedMapping(
        name, parse_mapping({"files": list(patterns), "time": {"column": "t"}, "values": values})
    )


def test_a_file_gets_the_mapping_that_its_name_says() -> None:
    mappings = [named("air", "air-*.csv"), named("rain", "rain-*", "*.xlsx")]

    assert mapping_for("AIR-2025.CSV", mappings).name == "air"
    for name, code in (
        ("other.csv", "mapping-missing"),
        ("rain-1.xlsx", ""),
        ("air-1.csv", "mapping-several"),
    ):
        several = [*mappings, named("all", "air-1*")]
        if code:
            with pytest.raises(MappingFault) as fault:
                mapping_for(name, several)
            assert fault.value.code == code
        else:
            assert mapping_for(name, several).name == "rain"


@pytest.mark.parametrize(
    "text", ["time: {column: t}\nvalues: {form: long, datastream: d, result: v}\n", ": :", "[]"]
)
def test_a_mapping_that_is_not_valid_stops_all(tmp_path: Path, text: str) -> None:
    (tmp_path / "m.yaml").write_text(text)
    with pytest.raises(MappingFault, match=r"m\.yaml"):
        load_mappings(tmp_path)
