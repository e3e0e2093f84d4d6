"""Where the catalogue is found, and what is said when it is not; when a calendar is another."""

from pathlib import Path

import pytest
import yaml

from fansipan_indicators.calendar_document import CalendarDocument
from fansipan_indicators.calendars import WorkingCalendar
from fansipan_indicators.location import NoCatalogue, catalogue_folder


def test_in_a_source_tree_it_is_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert (catalogue_folder() / "calendars" / "lao-cai.yaml").is_file()


def test_the_working_directory_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "catalogue" / "calendars").mkdir(parents=True)
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert catalogue_folder() == tmp_path / "catalogue"


def test_a_given_folder_is_taken_or_refused(tmp_path: Path):
    with pytest.raises(NoCatalogue, match=r"lacks calendars/.*FANSIPAN_CATALOGUE"):
        catalogue_folder(tmp_path)
    (tmp_path / "calendars").mkdir()
    assert catalogue_folder(tmp_path) == tmp_path


def test_a_calendar_with_another_day_off_has_another_digest():
    content = yaml.safe_load((catalogue_folder() / "calendars" / "lao-cai.yaml").read_text(encoding="utf-8"))

    def digest(change: dict[str, object]) -> str:
        return WorkingCalendar(CalendarDocument.model_validate(content | change)).digest

    day_off = {"date": "2026-07-15", "reason": "flood"}
    assert digest({}) == digest({})
    assert digest({"daysOff": [*content["daysOff"], day_off]}) != digest({})
    assert digest({"pause": "working"}) != digest({})
