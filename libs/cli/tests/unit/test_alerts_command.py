"""`fansipan alerts`: what is wrong with rules and receivers is named with file, line and reason; the list has all."""

import shutil
import sys
from pathlib import Path

import pytest

from fansipan_cli.__main__ import main

CATALOGUE = Path(__file__).parents[4] / "catalogue"
AIR = (CATALOGUE / "alerts" / "air-quality-bad.yaml").read_text(encoding="utf-8")
RAIN = (CATALOGUE / "alerts" / "heavy-rain.yaml").read_text(encoding="utf-8")
RECEIVERS = """\
receivers:
  - id: duty-officer
    names: {vi: "Trực ban", en: "Duty officer"}
    email: {to: [truc-ban@example.gov.vn]}
"""
TOLD = """\
receivers: [duty-officer]
escalate:
  - {after: 15m, receivers: [nobody]}
"""


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["fansipan", "alerts", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """A copy of the shipped one, to be spoilt."""
    return Path(shutil.copytree(CATALOGUE, tmp_path / "catalogue"))


def test_the_shipped_rules_are_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "validate", str(CATALOGUE)) == 0
    rules = len(list((CATALOGUE / "alerts").glob("*.yaml"))) - 1
    assert capsys.readouterr().out.strip() == f"{rules} alert rules: all well"


def test_everything_wrong_is_listed_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], catalogue: Path
) -> None:
    alerts = catalogue / "alerts"
    (alerts / "heavy-rain.yaml").write_text(RAIN.replace("above: 25", "above: much"), encoding="utf-8")
    (alerts / "air-quality-bad.yaml").write_text(AIR.replace("{since}", "{until}"), encoding="utf-8")
    (alerts / "broken.yaml").write_text("id: [", encoding="utf-8")

    assert run(monkeypatch, "validate", str(catalogue)) == 1

    written = capsys.readouterr()
    lines = written.out.splitlines()
    above = 1 + next(place for place, line in enumerate(RAIN.splitlines()) if "above: 25" in line)
    assert any(line.startswith(f"{alerts}/heavy-rain.yaml:{above}: condition.above") for line in lines)
    assert any("air-quality-bad.yaml:" in line and "{until} is not known" in line for line in lines)
    assert any("broken.yaml:" in line and "is not YAML" in line for line in lines)
    assert f"{len(lines)} things are wrong in {catalogue}" in written.err
    assert "Traceback" not in written.err


def test_what_a_rule_names_must_exist(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], catalogue: Path
) -> None:
    alerts = catalogue / "alerts"
    (alerts / "receivers.yaml").write_text(RECEIVERS, encoding="utf-8")
    (alerts / "heavy-rain.yaml").write_text(RAIN + TOLD, encoding="utf-8")
    assert run(monkeypatch, "validate", str(catalogue)) == 1
    last = len((RAIN + TOLD).splitlines())
    assert capsys.readouterr().out.splitlines() == [
        f"{alerts}/heavy-rain.yaml:{last}: escalate.0.receivers.0: there is no receiver 'nobody' in receivers.yaml"
    ]

    (alerts / "heavy-rain.yaml").unlink()
    (catalogue / "indicators" / "environment" / "vn-aqi-hourly.yaml").unlink()
    assert run(monkeypatch, "validate", str(catalogue)) == 1
    assert "there is no rule 'heavy-rain'" in capsys.readouterr().out

    shutil.rmtree(alerts)
    alerts.mkdir()
    (alerts / "air-quality-bad.yaml").write_text(AIR, encoding="utf-8")
    assert run(monkeypatch, "validate", str(catalogue)) == 1
    said = capsys.readouterr()
    assert "there is no indicator 'vn-aqi-hourly'" in said.out
    assert "1 thing is wrong" in said.err


def test_rules_alone_are_checked_as_far_as_they_go(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], catalogue: Path
) -> None:
    alerts = catalogue / "alerts"
    (alerts / "receivers.yaml").write_text(RECEIVERS, encoding="utf-8")
    assert run(monkeypatch, "validate", str(alerts)) == 0
    assert "8 alert rules, 1 receiver: all well; what it names" in capsys.readouterr().out
    assert run(monkeypatch, "validate", str(alerts / "receivers.yaml")) == 0
    assert capsys.readouterr().out.strip() == "1 receiver: all well"
    assert run(monkeypatch, "validate", str(alerts / "heavy-rain.yaml")) == 0
    assert capsys.readouterr().out.strip() == "1 alert rule: all well"
    assert run(monkeypatch, "validate", str(alerts / "air-quality-bad.yaml")) == 0
    assert "was not looked up" in capsys.readouterr().out

    alone = catalogue.parent / "alone"
    shutil.copytree(alerts, alone / "alerts")
    assert run(monkeypatch, "validate", str(alone)) == 0
    assert "was not looked up" in capsys.readouterr().out
    shutil.copytree(catalogue / "indicators", catalogue.parent / "without" / "indicators")
    assert run(monkeypatch, "validate", str(catalogue.parent / "without")) == 0
    assert capsys.readouterr().out.strip() == "nothing to check: all well"

    (alerts / "rain.yaml").write_text(RAIN, encoding="utf-8")
    assert run(monkeypatch, "validate", str(alerts / "rain.yaml")) == 1
    assert "rain.yaml:1: id: the id is the file's name: rain, not heavy-rain" in capsys.readouterr().out


def test_what_is_not_there_is_a_wrong_call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(monkeypatch, "validate", str(tmp_path / "nothing")) == 2
    assert run(monkeypatch, "list", "--catalogue", str(tmp_path)) == 2
    assert "it lacks alerts" in capsys.readouterr().err


def test_the_list_names_every_rule(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], catalogue: Path
) -> None:
    (catalogue / "alerts" / "receivers.yaml").write_text(
        RECEIVERS + RECEIVERS.partition("\n")[2].replace("duty-officer", "nobody"), encoding="utf-8"
    )
    held = RAIN.replace("above: 25, ", "above: 25, for: 10m, ") + TOLD
    (catalogue / "alerts" / "heavy-rain.yaml").write_text(held, encoding="utf-8")
    assert run(monkeypatch, "list", "--markdown", "--catalogue", str(catalogue)) == 0
    rows = capsys.readouterr().out.splitlines()
    assert len(rows) == 2 + 8
    for row in (
        "| `heavy-rain` | Mưa rất to · Very heavy rain | warning | datastream | rain from 25 up for 10m"
        " | duty-officer, nobody |",
        "| `air-quality-bad` | Chất lượng không khí xấu · Bad air quality | warning to serious | thing"
        " | vn-aqi-hourly of the hour from 151 / 201 up | – |",
    ):
        assert row in rows
    assert run(monkeypatch, "list", "--catalogue", str(catalogue)) == 0
    assert "river-reaches-alarm-level" in capsys.readouterr().out


def test_a_spoilt_catalogue_is_not_listed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], catalogue: Path
) -> None:
    (catalogue / "alerts" / "broken.yaml").write_text("id: [", encoding="utf-8")
    assert run(monkeypatch, "list", "--catalogue", str(catalogue)) == 1
    assert "fansipan alerts validate lists" in capsys.readouterr().err
