"""What we take from others: licences that are allowed, findings that are accepted for a while."""

import json
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from fansipan_local.paths import find_checkout
from fansipan_local.supply_chain.accepted import Accepted, AcceptedFinding
from fansipan_local.supply_chain.audit import Finding, Unreachable, judge, python_findings
from fansipan_local.supply_chain.licences import allows, page_packages, python_packages, report

PAGE = find_checkout() / "services" / "gateway" / "web" / "package-lock.json"


def test_every_licence_is_accepted() -> None:
    accepted = Accepted.load()
    packages = [*python_packages(accepted), *page_packages(PAGE, accepted)]
    assert [each for each in packages if not each.allowed_by(accepted)] == [], "see accepted.toml"
    shipped = {each.name.lower() for each in packages if each.shipped}
    assert {"fastapi", "psycopg", "uvloop", "aiokafka", "pyarrow", "react", "echarts"} <= shipped
    assert not shipped & {"pytest", "ruff", "vite", "vitest", "supervisor"}, "only developers have them"
    assert all(name in {each.name.lower() for each in packages} for name in accepted.packages), "out of date"


@pytest.mark.parametrize(
    ("expression", "met"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("GPL-3.0-only OR MIT", True),
        ("MIT AND GPL-3.0-only", False),
        ("MIT AND (GPL-3.0-only OR Zlib)", True),
        ("GPL-3.0-only OR MIT AND Zlib", True),
        ("(GPL-3.0-only OR MIT) AND AGPL-3.0-only", False),
        ("Apache-2.0 WITH LLVM-exception", False),
        ("MIT (", False),
        ("MIT MIT", False),
        ("", False),
    ],
)
def test_an_expression_is_met_by_the_licences_that_are_allowed(expression: str, met: bool) -> None:
    assert allows(expression, {"MIT", "Zlib"}) is met


def test_what_is_shipped_may_have_fewer_licences_than_what_developers_use(tmp_path: Path) -> None:
    accepted = Accepted(frozenset({"MIT"}), frozenset({"LGPL-3.0-or-later"}), {}, {})
    lock = tmp_path / "package-lock.json"
    packages = {
        "": {"name": "page"},
        "node_modules/a": {"version": "1.0.0", "license": "LGPL-3.0-or-later"},
        "node_modules/a/node_modules/b": {"version": "2.0.0", "license": "LGPL-3.0-or-later", "dev": True},
        "node_modules/c": {"version": "3.0.0", "license": "MIT"},
        "node_modules/d": {"version": "4.0.0"},
    }
    lock.write_text(json.dumps({"packages": packages}), encoding="utf-8")
    found = page_packages(lock, accepted)
    assert [each.name for each in found if not each.allowed_by(accepted)] == ["a", "d"]
    assert "| b | 2.0.0 | LGPL-3.0-or-later | page, development only |" in report(found)


def test_an_acceptance_holds_for_its_package_and_until_its_day() -> None:
    accepted = Accepted(
        frozenset(),
        frozenset(),
        {},
        {},
        (AcceptedFinding("CVE-1", "a", "we never call it", date(2027, 1, 31)),),
    )
    findings = [
        Finding("a 1.0", frozenset({"GHSA-1", "CVE-1"}), "mended in 1.1"),
        Finding("b 1.0", frozenset({"CVE-1"}), "mended in 1.1"),
    ]
    wrong, known = judge(findings, accepted, date(2027, 1, 30))
    assert [line.partition(":")[0] for line in wrong] == ["b 1.0"]
    assert known == ["a 1.0: CVE-1, GHSA-1: mended in 1.1; accepted until 2027-01-31: we never call it"]
    wrong, known = judge(findings, accepted, date(2027, 1, 31))
    assert [line.partition(":")[0] for line in wrong] == ["a 1.0", "b 1.0"]
    assert known == []


def _client_that_says(monkeypatch: pytest.MonkeyPatch, document: Any) -> None:
    def run(command: list[str], **_options: Any) -> subprocess.CompletedProcess[str]:
        text = document if isinstance(document, str) else json.dumps(document)
        return subprocess.CompletedProcess(command, 1, text, "no route to host")

    monkeypatch.setattr(subprocess, "run", run)


def test_findings_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fault = {"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["1.1"]}
    package = {"name": "a", "version": "1.0", "vulns": [fault]}
    _client_that_says(monkeypatch, {"dependencies": [package, {"name": "b", "version": "2", "vulns": []}]})
    assert python_findings(tmp_path / "requirements.lock") == [
        Finding("a 1.0", frozenset({"PYSEC-1", "CVE-1"}), "mended in 1.1")
    ]


@pytest.mark.parametrize(
    "answer",
    [
        "",
        {"error": {"summary": "405"}},
        {"dependencies": [{"name": "a", "skip_reason": "Dependency not found on PyPI"}]},
    ],
)
def test_who_was_not_asked_is_not_well(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: Any) -> None:
    _client_that_says(monkeypatch, answer)
    with pytest.raises(Unreachable):
        python_findings(tmp_path / "requirements.lock")


def test_what_is_accepted_has_a_reason_and_an_end() -> None:
    for finding in Accepted.load().findings:
        assert finding.reason
        assert isinstance(finding.until, date)
