"""`fansipan indicators`: what is wrong is named with file, line and reason; the schema and the list are current."""

import sys
from pathlib import Path

import pytest

from fansipan_cli.__main__ import main
from fansipan_cli.catalogue.schema import json_schema

ROOT = Path(__file__).parents[4]
RAIN = (ROOT / "catalogue" / "indicators" / "floods" / "rain-1h.yaml").read_text(encoding="utf-8")


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["fansipan", "indicators", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_the_shipped_catalogue_is_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "validate", str(ROOT / "catalogue")) == 0
    said = capsys.readouterr().out
    assert "indicators" in said
    assert said.strip().endswith("all well")


def test_everything_wrong_is_listed_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in ("indicators", "calendars", "alerts"):
        (tmp_path / name).mkdir()
    (tmp_path / "indicators" / "rain-1h.yaml").write_text(
        RAIN.replace("hours: 1", "hours: many"), encoding="utf-8"
    )
    (tmp_path / "indicators" / "other.yaml").write_text(
        RAIN.replace("decimals: 1", "decimal: 1"), encoding="utf-8"
    )
    (tmp_path / "calendars" / "broken.yaml").write_text("id: [", encoding="utf-8")
    (tmp_path / "alerts" / "rule.yaml").write_text("key: other\n", encoding="utf-8")

    assert run(monkeypatch, "validate", str(tmp_path)) == 1

    written = capsys.readouterr()
    lines = written.out.splitlines()
    hours = 1 + [line.strip() for line in RAIN.splitlines()].index("hours: 1")
    decimals = 1 + RAIN.splitlines().index("decimals: 1")
    assert any(
        line.startswith(f"{tmp_path}/indicators/rain-1h.yaml:{hours}: versions.0.formula.hours")
        for line in lines
    )
    assert any(
        line.startswith(f"{tmp_path}/indicators/other.yaml:{decimals}:") and "not known here" in line
        for line in lines
    )
    assert any("calendars/broken.yaml" in line and "is not YAML" in line for line in lines)
    assert any("alerts/rule.yaml" in line and "is missing" in line for line in lines)
    assert f"{len(lines)} things are wrong" in written.err
    assert "Traceback" not in written.err


def test_an_alert_rule_on_an_unknown_indicator_is_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in ("indicators", "alerts"):
        (tmp_path / name).mkdir()
    (tmp_path / "indicators" / "rain-1h.yaml").write_text(RAIN, encoding="utf-8")
    rule = (ROOT / "catalogue" / "alerts" / "air-quality-bad.yaml").read_text(encoding="utf-8")
    (tmp_path / "alerts" / "air-quality-bad.yaml").write_text(rule, encoding="utf-8")

    assert run(monkeypatch, "validate", str(tmp_path)) == 1
    assert "there is no indicator 'vn-aqi-hourly'" in capsys.readouterr().out


def test_one_file_is_checked_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    score = ROOT / "catalogue" / "indicators" / "public-services" / "d766-total.yaml"
    assert run(monkeypatch, "validate", str(score)) == 0
    assert "was not looked up" in capsys.readouterr().out

    renamed = tmp_path / "rain.yaml"
    renamed.write_text(RAIN, encoding="utf-8")
    assert run(monkeypatch, "validate", str(renamed)) == 1
    assert f"{renamed}:2: id: the file of rain-1h is named rain-1h.yaml" in capsys.readouterr().out


def test_what_is_not_there_is_a_wrong_call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(monkeypatch, "validate", str(tmp_path / "nothing")) == 2
    assert "there is no" in capsys.readouterr().err


def test_the_committed_schema_is_that_of_the_model() -> None:
    committed = (ROOT / "catalogue" / "indicators.schema.json").read_text(encoding="utf-8")
    assert committed == json_schema(), (
        "run: fansipan indicators schema --output catalogue/indicators.schema.json"
    )


def test_the_schema_is_written_where_it_is_wanted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(monkeypatch, "schema", "--output", str(tmp_path / "schema.json")) == 0
    assert (tmp_path / "schema.json").read_text(encoding="utf-8") == json_schema()
    assert run(monkeypatch, "schema") == 0
    assert capsys.readouterr().out == json_schema()
    assert run(monkeypatch, "schema", "--output", str(tmp_path / "no" / "schema.json")) == 2


def test_the_list_names_every_indicator(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "list", "--markdown", "--catalogue", str(ROOT / "catalogue")) == 0
    said = capsys.readouterr().out
    for path in (ROOT / "catalogue" / "indicators").rglob("*.yaml"):
        assert f"| `{path.stem}` |" in said
