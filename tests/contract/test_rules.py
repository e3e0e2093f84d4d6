"""Prometheus' own tool reads the rules, and each alert is raised when it is to be, and not when not."""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from tests.support.promtool import NoPromtoolError, find_promtool
from tests.support.rule_cases import CASES, Case
from tests.support.store_rule_cases import BACKUP_CASES, BROKER_CASES
from typer.main import get_command

from fansipan_cli.app import make_app
from fansipan_common.telemetry.registry import INSTRUMENTS
from fansipan_observability.alerts import ALERTS
from fansipan_observability.backups import BACKUP_ALERTS
from fansipan_observability.brokers import BROKER_ALERTS
from fansipan_observability.files import made_files
from fansipan_observability.objectives import load_objectives
from fansipan_observability.rules import BURNS, alert_names, burn_alert, runbook

pytestmark = pytest.mark.contract
ROOT: Final = Path(__file__).parents[2]
RULES: Final = ROOT / "deploy" / "observability" / "rules"
STORE_RULES: Final = ROOT / "deploy" / "observability" / "stores"
RULE_FILES: Final = (*sorted(RULES.iterdir()), *sorted(STORE_RULES.glob("*.yaml")))
CONFIGURATION: Final = ROOT / "deploy" / "compose" / "prometheus" / "prometheus.yaml"
RULES_IN_CONTAINER: Final = "/etc/prometheus/rules/"
RUNBOOKS: Final = ROOT / "docs" / "runbooks"
OBJECTIVES: Final = load_objectives(ROOT / "deploy" / "observability" / "slos.yaml")
SEVERITY: Final = {alert.name: alert.severity for alert in (*ALERTS, *BROKER_ALERTS, *BACKUP_ALERTS)}


@pytest.fixture(scope="module")
def promtool() -> Path:
    try:
        return find_promtool()
    except NoPromtoolError as error:
        pytest.skip(str(error))


def run(promtool: Path, *arguments: str | Path) -> str:
    done = subprocess.run([promtool, *arguments], check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_what_is_made_is_up_to_date():
    different = [
        str(path)
        for path, text in made_files(ROOT).items()
        if not (ROOT / path).is_file() or (ROOT / path).read_text(encoding="utf-8") != text
    ]
    assert different == [], "make observability"


def test_nothing_lies_beside_what_is_made():
    made = {ROOT / path for path in made_files(ROOT)}
    for folder in ("rules", "dashboards", "stores"):
        assert set((ROOT / "deploy" / "observability" / folder).iterdir()) <= made


def test_prometheus_reads_the_rules(promtool: Path):
    out = run(promtool, "check", "rules", *RULE_FILES)
    assert out.count("SUCCESS") == len(RULE_FILES)


def test_prometheus_reads_the_configuration_of_compose(promtool: Path, tmp_path: Path):
    text = CONFIGURATION.read_text(encoding="utf-8")
    (adapted := tmp_path / "prometheus.yaml").write_text(text.replace(RULES_IN_CONTAINER, f"{RULES}/"))
    out = run(promtool, "check", "config", "--lint-fatal", adapted)
    assert f"SUCCESS: {len(list(RULES.iterdir()))} rule files found" in out
    assert out.count("SUCCESS") == 2 + len(list(RULES.iterdir()))


def test_each_alert_is_raised_when_it_is_to_be(promtool: Path, tmp_path: Path):
    raised = {case.alert for case in (*CASES, *BROKER_CASES, *BACKUP_CASES) if case.labels is not None}
    quiet = {case.alert for case in (*CASES, *BROKER_CASES, *BACKUP_CASES) if case.labels is None}
    assert raised == quiet == set(alert_names(OBJECTIVES))
    # Each objective has a run with its groups only: to evaluate all of them for every case takes ten times as long.
    burns = {burn_alert(objective): objective.name for objective in OBJECTIVES.objectives}
    files = [
        write_tests(tmp_path, name, [case for case in CASES if case.alert == alert])
        for alert, name in burns.items()
    ]
    files.append(write_tests(tmp_path, "alerts", [case for case in CASES if case.alert not in burns]))
    files.append(write_tests(tmp_path, "brokers", BROKER_CASES))
    files.append(write_tests(tmp_path, "backups", BACKUP_CASES))
    assert run(promtool, "test", "rules", *files).count("SUCCESS") == len(files)


def write_tests(folder: Path, name: str, cases: Sequence[Case]) -> Path:
    """Tests of the groups of rules whose names end so."""
    documents = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in RULE_FILES]
    groups = [
        group for document in documents for group in document["groups"] if group["name"].endswith(f"-{name}")
    ]
    rules, tests = folder / f"{name}.yaml", folder / f"{name}.test.yaml"
    rules.write_text(yaml.safe_dump({"groups": groups}), encoding="utf-8")
    document = {
        "rule_files": [str(rules)],
        "evaluation_interval": "1m",
        "tests": [as_test(case) for case in cases],
    }
    tests.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return tests


def as_test(case: Case) -> dict[str, Any]:
    """A case as promtool reads it."""
    expected: list[dict[str, Any]] = []
    if case.labels is not None and case.severities:
        expected = [
            _expected(case, {"severity": burn.severity, "burn": f"{burn.factor:g}"}, burn.long)
            for burn in BURNS
            if f"{burn.factor:g}" in case.severities
        ]
    elif case.labels is not None:
        expected = [_expected(case, {"severity": SEVERITY[case.alert]}, "")]
    return {
        "name": f"{case.alert}, {'raised' if expected else 'quiet'}",
        "interval": "1m",
        "input_series": [{"series": series, "values": values} for series, values in case.series.items()],
        "alert_rule_test": [
            {"eval_time": f"{case.minute}m", "alertname": case.alert, "exp_alerts": expected}
        ],
    }


def _expected(case: Case, labels: dict[str, str], long: str) -> dict[str, Any]:
    return {
        "exp_labels": {**(case.labels or {}), **labels},
        "exp_annotations": {
            "summary": case.summary.replace("{long}", long),
            "runbook_url": OBJECTIVES.runbooks + runbook(case.alert),
        },
    }


OTHER_PAGES: Final = {"README.md", "restore.md", "changing-partitions.md", "read-only.md"}


def test_each_alert_has_a_page_and_each_page_an_alert():
    pages = {path.name for path in RUNBOOKS.iterdir()} - OTHER_PAGES
    assert pages == {runbook(name) for name in alert_names(OBJECTIVES)}
    for name in alert_names(OBJECTIVES):
        text = (RUNBOOKS / runbook(name)).read_text(encoding="utf-8")
        headings = [line for line in text.splitlines() if line.startswith("#")]
        assert headings == [f"# {name}", "## What it means", "## How to check", "## How to fix"]


def test_what_the_pages_name_exists():
    """Commands of ours with their options, metrics, links to other pages."""
    series = {name for instrument in INSTRUMENTS for name in instrument.series}
    commands = 0
    for path in sorted(RUNBOOKS.iterdir()):
        text = path.read_text(encoding="utf-8")
        for words in re.findall(r"(?:^ {4}|`)fansipan ((?:[a-z-]+ ?)+[^#`\n]*)", text, re.MULTILINE):
            commands += 1
            _check_command(path, words.split())
        for name in re.findall(
            r"\b(?:fansipan(?!_local\b)|http_server|messaging_client|db_client)_[a-z_]+\b", text
        ):
            assert any(each.startswith(name) for each in series), f"{path.name}: {name}"
        for target in re.findall(r"\]\(([^)#:]+)", text):
            assert (path.parent / target).is_file(), f"{path.name}: {target}"
    assert commands > 10


def _check_command(path: Path, words: list[str]) -> None:
    command: Any = get_command(make_app())
    given = list(words)
    while given and hasattr(command, "commands") and given[0] in command.commands:
        command = command.commands[given.pop(0)]
    is_group = hasattr(command, "commands")  # `fansipan import` works by itself, too
    assert given != words, f"{path.name}: fansipan {' '.join(words)}"
    assert not (is_group and given), f"{path.name}: fansipan {' '.join(words)}"
    known = {
        option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
    }
    options = {word for word in given if word.startswith("--")}
    assert options <= known, f"{path.name}: fansipan {' '.join(words)}"
