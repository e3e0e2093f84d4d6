"""Rules of alerts: what is read, what is refused and why, and that the shipped ones hold together."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fansipan_indicators.alert_bounds import bounds_of
from fansipan_indicators.alert_catalogue import check_indicators, load_alert_rules
from fansipan_indicators.alert_rules import AlertRule, document_of, rule_of
from fansipan_indicators.alert_texts import SubjectNames, summary_of
from fansipan_indicators.alerting import Episode, Level, Point
from fansipan_indicators.documents import CatalogueError

CATALOGUE = Path(__file__).parents[4] / "catalogue"
RULE = """\
id: high-water
names: {vi: "Nước cao", en: "High water"}
severity: warning
subjects: datastream
condition:
  kind: threshold
  property: water_level
  above: 80
  clearAt: 79.5
  for: 10m
summary: {vi: "{subject}: {value} m", en: "{subject}: {value} m"}
"""


def findings(folder: Path, **files: str) -> list[str]:
    """What is wrong with a folder of these files, without the folder's name."""
    for name, text in files.items():
        (folder / f"{name.replace('_', '-')}.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        load_alert_rules(folder)
    return [str(finding).replace(f"{folder}/", "") for finding in caught.value.findings]


def changed(old: str, new: str) -> str:
    assert old in RULE
    return RULE.replace(old, new)


def test_the_shipped_rules_are_good_and_survive_the_database():
    catalogue = load_alert_rules(CATALOGUE / "alerts")
    assert len(catalogue.rules) >= 8
    for rule in catalogue.rules.values():
        assert rule_of(document_of(rule)) == rule
    assert {rule.condition.kind for rule in catalogue.rules.values()} == {
        "threshold",
        "rate-of-rise",
        "silence",
        "composite",
    }


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (changed("clearAt: 79.5", "clearAt: 81"), 5, "clearAt 81 must not be above the bound 80"),
        (changed("above: 80\n  clearAt: 79.5", "below: 2\n  clearAt: 1"), 5, "must not be below the bound 2"),
        (changed("above: 80", "above: 80\n  below: 3"), 5, "give either above or below"),
        (changed("for: 10m", "for: ten"), 10, "a duration is a number with its unit"),
        (changed("for: 10m", "for: 0s"), 10, "a duration is a number with its unit"),
        (changed("for: 10m", "for: 31d"), 10, "at most 30d"),
        (changed("for: 10m", "fore: 10m"), 10, "fore is not known here"),
        (changed("kind: threshold", "kind: limit"), 5, "limit"),
        (changed("property: water_level", "period: hour"), 5, "watch an indicator or the datastreams"),
        (changed("property: water_level", "indicator: x"), 5, "period goes with indicator"),
        (changed("subjects: datastream", "subjects: area"), 1, "subjects is datastream for datastreams"),
        (changed("severity: warning\n", ""), 1, "severity is given once"),
        (changed("severity: warning", "severity: bad"), 3, "'info', 'warning', 'serious' or 'critical'"),
        (changed('en: "{subject}: {value} m"', 'en: "{value!r}"'), 11, "only plain names"),
        (changed('en: "{subject}: {value} m"', 'en: "{subject.id}"'), 11, "only plain names"),
        (
            changed('en: "{subject}: {value} m"', 'en: "{after}"'),
            1,
            "{after} is not known for this condition",
        ),
        (changed('en: "{subject}: {value} m"', 'en: "{"'), 11, "not a template"),
        (RULE + "receivers: [nobody]\n", 12, "there is no receiver 'nobody'"),
        (RULE + "escalate: [{after: 5m, receivers: [nobody]}]\n", 12, "there is no receiver 'nobody'"),
        (changed("id: high-water", "id: other"), 1, "the id is the file's name: high-water, not other"),
    ],
)
def test_what_is_wrong_is_said_with_file_line_and_reason(tmp_path: Path, text: str, line: int, reason: str):
    said = findings(tmp_path, high_water=text)
    assert any(one.startswith(f"high-water.yaml:{line}:") and reason in one for one in said), said


LEVELS = """
  levels:
    - {{above: {0}, severity: {1}}}
    - {{above: {2}, severity: {3}}}
"""


@pytest.mark.parametrize(
    ("levels", "reason"),
    [
        ((80, "serious", 82, "warning"), "listed from mild to grave"),
        ((82, "warning", 80, "serious"), "must lie further out"),
        ((80, "warning", 82, "warning"), "each with another severity"),
    ],
)
def test_levels_go_from_mild_to_grave(tmp_path: Path, levels: tuple[object, ...], reason: str):
    text = changed("\n  above: 80\n  clearAt: 79.5\n", LEVELS.format(*levels)).replace(
        "severity: warning\nsub", "sub"
    )
    assert reason in "\n".join(findings(tmp_path, high_water=text))


def composite(members: str, match: str = "subject", subjects: str = "datastream") -> str:
    head, _, _ = RULE.replace("high-water", "both").partition("condition:")
    condition = f"condition: {{kind: composite, all: {members}, match: {match}}}\n"
    summary = 'summary: {vi: "{subject}", en: "{subject}"}\n'
    return head.replace("subjects: datastream", f"subjects: {subjects}") + condition + summary


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (composite("[high-water, nothing]"), "both.yaml:5: condition.all.1: there is no rule 'nothing'"),
        (composite("[high-water, both]"), "both is a composite itself"),
        (composite("[high-water, high-water]"), "a rule is listed twice"),
        (composite("[high-water]"), "at least 2"),
        (composite("[high-water, other]", subjects="thing"), "is about another kind of subject (datastream)"),
        (composite("[high-water, other]", match="area"), "has subjects: area"),
    ],
)
def test_composites_name_rules_that_fit(tmp_path: Path, text: str, reason: str):
    other = RULE.replace("id: high-water", "id: other")
    assert reason in "\n".join(findings(tmp_path, high_water=RULE, other=other, both=text))


def test_unknown_indicators_are_found_by_whoever_knows_them(tmp_path: Path):
    text = changed("property: water_level", "indicator: aqi\n  period: hour").replace("datastream", "area")
    (tmp_path / "high-water.yaml").write_text(text, encoding="utf-8")
    catalogue = load_alert_rules(tmp_path)
    assert catalogue.indicators == {"aqi"}
    check_indicators(catalogue, {"aqi", "more"})
    with pytest.raises(
        CatalogueError, match=r"high-water.yaml:7: condition.indicator: there is no indicator 'aqi'"
    ):
        check_indicators(catalogue, {"more"})


def test_receivers_never_hold_a_secret(tmp_path: Path):
    for webhook, reason in (
        ('{url: "https://x.vn/", secret: abc}', "secret is not known here"),
        ('{url: "file:///etc", secretEnv: THE_SECRET}', "should match pattern"),
        ('{url: "https://x.vn/"}', "secretEnv is missing"),
    ):
        text = f"receivers:\n  - id: duty\n    names: {{vi: a, en: b}}\n    webhook: {webhook}\n"
        said = "\n".join(findings(tmp_path, receivers=text))
        assert "receivers.yaml:4" in said
        assert reason in said


def rule(condition: dict[str, Any], **more: Any) -> AlertRule:
    names = {"vi": "x", "en": "x"}
    return AlertRule.model_validate(
        {"id": "x", "names": names, "severity": "info", "subjects": "datastream", "condition": condition}
        | {"summary": names}
        | more
    )


def test_bounds_come_from_the_rule_or_from_the_thing():
    own = {"kind": "threshold", "property": "p", "below": {"thingProperty": "a.low"}, "clearMargin": 2}
    severity = rule(own).lowest_severity
    bounds = bounds_of(rule(own), {"a": {"low": 3}})
    assert bounds is not None
    assert (bounds.levels, bounds.is_rising, bounds.hold) == ((Level(severity, 3, 5),), False, timedelta(0))
    for properties in ({}, {"a": 3}, {"a": {"low": "3"}}, {"a": {"low": True}}):
        assert bounds_of(rule(own), properties) is None
    with_default = own | {"below": {"thingProperty": "low", "default": 1}}
    found = bounds_of(rule(with_default), {})
    assert found is not None
    assert found.levels[0].bound == 1


def test_a_summary_is_written_as_each_language_does():
    at = datetime(2026, 7, 1, 18, 30, tzinfo=UTC)
    one = rule(
        {"kind": "threshold", "property": "p", "above": 80},
        summary={"vi": "{subject} {value} m (≥ {bound}) {since}", "en": "{subject} {value} m, {since}"},
    )
    episode = Episode(at, None, one.lowest_severity, Point(at, 80.456), 80.0)
    assert summary_of(one, SubjectNames("Lào Cai", "Lao Cai"), episode) == {
        "vi": "Lào Cai 80,46 m (≥ 80) 01:30 02/07/2026",
        "en": "Lao Cai 80.46 m, 01:30 02/07/2026",
    }
    silent = rule(
        {"kind": "silence", "property": "p", "after": "180m"},
        summary={"vi": "quá {after}", "en": "for {after}"},
    )
    assert summary_of(silent, SubjectNames("x", "x"), Episode(at, None, one.lowest_severity)) == {
        "vi": "quá 3 giờ",
        "en": "for 3 h",
    }


def test_the_examples_of_the_documentation_are_good_rules(tmp_path: Path):
    page = (CATALOGUE.parent / "docs" / "alerts.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    for block in blocks:
        name = (
            "receivers" if block.startswith("receivers:") else block.partition("\n")[0].removeprefix("id: ")
        )
        (tmp_path / f"{name}.yaml").write_text(block, encoding="utf-8")
    catalogue = load_alert_rules(tmp_path)
    assert len(catalogue.rules) == len(blocks) - 1 == 6
    assert catalogue.rules["example-danger"].escalate[1].after == timedelta(hours=1)
