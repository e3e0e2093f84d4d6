"""The shipped definitions as a whole: each has a golden test, and says what is assumed and disputed."""

import ast
from pathlib import Path

import pytest
from libs.indicators.tests.unit.golden import ROOT, shipped

from fansipan_indicators.catalogue import VersionedDefinition
from fansipan_indicators.formulas import WeightedScore

DEFINITIONS = list(shipped())
FILES = sorted((ROOT / "catalogue" / "indicators").rglob("*.yaml"))


def named_in(path: Path) -> set[str]:
    """The indicators whose shipped definition a test computes: strings of the calls and the cases of its tests."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_every_definition_has_a_golden_test() -> None:
    tests = [
        *Path(__file__).parent.glob("test_golden_*.py"),
        *(ROOT / "tests" / "integration").rglob("test_golden_*.py"),
    ]
    named = set[str]().union(*map(named_in, tests))
    assert {pair.key for pair in DEFINITIONS} - named == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_editors_find_the_schema(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    assert (path.parent / first.partition("=")[2]).resolve() == ROOT / "catalogue" / "indicators.schema.json"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_lies_in_the_folder_of_its_group(path: Path) -> None:
    [group] = {pair.definition.group for pair in DEFINITIONS if pair.key == path.stem}
    assert path.parent.name == group


@pytest.mark.parametrize("pair", DEFINITIONS, ids=lambda pair: f"{pair.key}-{pair.version.version}")
def test_what_is_assumed_is_disputed_and_not_public(pair: VersionedDefinition) -> None:
    formula = pair.version.formula
    if isinstance(formula, WeightedScore) and any(part.assumed for part in formula.components):
        assert pair.version.disputed
        assert not pair.definition.public


@pytest.mark.parametrize("pair", DEFINITIONS, ids=lambda pair: f"{pair.key}-{pair.version.version}")
def test_what_a_law_defines_cites_it(pair: VersionedDefinition) -> None:
    lawful = ("d766-", "vn-aqi-", "dti-", "river-alarm-level", "rainfall-risk", "pm2-5-")
    if pair.key.startswith(lawful):
        assert any(
            source.title.startswith(("Quyết định", "QCVN"))
            for source in (*pair.definition.sources, *pair.version.sources)
        )
