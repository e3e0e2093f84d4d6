"""docs/indicators.md: its examples are valid and compute what it says, and its table is current."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel, TypeAdapter

from fansipan_cli.catalogue.listing import definitions_of, markdown_table
from fansipan_indicators.case_figures import case_figure
from fansipan_indicators.cases import Case
from fansipan_indicators.catalogue import load_catalogue
from fansipan_indicators.definitions import Definition, Version, band_of
from fansipan_indicators.formulas import CaseRatio, Formula
from fansipan_indicators.measures import Layout, Sums, measures_of
from fansipan_indicators.periods import parse_period

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs" / "indicators.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"(?:<!-- example: (\S+) -->\n)?```yaml\n(.*?)```", PAGE, re.DOTALL)
FORMULAS: TypeAdapter[Any] = TypeAdapter(Formula)
KINDS = [model.model_fields["kind"].annotation for model in get_args(Formula)]


def example(name: str) -> str:
    [text] = [text for label, text in BLOCKS if label == name]
    return text


def test_the_worked_example_is_valid_and_computes_what_the_page_says(tmp_path: Path) -> None:
    (tmp_path / "cases-postal-share.yaml").write_text(example("cases-postal-share.yaml"), encoding="utf-8")
    [pair] = load_catalogue(tmp_path)
    formula = pair.version.formula
    assert isinstance(formula, CaseRatio)

    month = parse_period("2026-10")
    assert pair.holds_for(month)
    layout = Layout(measures_of(formula))
    within = [0.0] * len(layout)
    for number in range(10):
        channel = "postal" if number < 3 else "online"
        one = Case("dossier", 1, str(number), "A", None, "p", month.start, fields={"channel": channel})
        for amounts in layout.contribution(one, month.end).values():
            for place, amount in amounts.items():
                within[place] += amount
    figure = case_figure(formula, layout, Sums(within, [0.0] * len(layout)))

    assert (figure.value, figure.numerator, figure.denominator) == (pytest.approx(30.0), 3, 10)
    band = band_of(pair.version.bands, figure.value)
    assert band is not None
    assert band.key == "reached"
    assert "the figure of the month is 30.0 %, numerator 3, denominator 10, band\n`reached`" in PAGE


def test_a_second_version_holds_from_its_day_on() -> None:
    document = yaml.safe_load(example("cases-postal-share.yaml")) | yaml.safe_load(example("versions"))
    versions = Definition.model_validate(document).versions
    assert [version.version for version in versions] == [1, 2]
    assert versions[0].effective_to == versions[1].effective_from


def test_every_kind_of_formula_has_an_example_that_is_valid() -> None:
    shown = {
        FORMULAS.validate_python(yaml.safe_load(text)).kind for _, text in BLOCKS if text.startswith("kind:")
    }
    assert shown == {get_args(kind)[0] for kind in KINDS}


@pytest.mark.parametrize("model", [Definition, Version])
def test_every_field_is_explained(model: type[BaseModel]) -> None:
    for name, field in model.model_fields.items():
        assert f"`{field.alias or name}`" in PAGE


def test_the_table_is_current() -> None:
    begin = "<!-- begin: fansipan indicators list --markdown -->"
    end = "<!-- end: fansipan indicators list --markdown -->"
    table = PAGE[PAGE.index(begin) + len(begin) : PAGE.index(end)].strip()
    assert table == markdown_table(definitions_of(ROOT / "catalogue")), (
        "paste: fansipan indicators list --markdown"
    )
