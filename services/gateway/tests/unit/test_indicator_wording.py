"""Every formula can be said in both languages."""

from typing import Any, get_args

import pytest
from pydantic import TypeAdapter

from fansipan_gateway.indicators.domain.inputs import cases_read, rollup_level
from fansipan_gateway.indicators.domain.wording import counted, in_words
from fansipan_indicators.formulas import CaseFormula, Formula, SeriesFormula
from fansipan_indicators.periods import PeriodKind

_FORMULA: TypeAdapter[Any] = TypeAdapter(Formula)
_ON_TIME = {"kind": "case-ratio", "numerator": {"set": "onTime"}, "denominator": {"set": "handled"}}
_EXAMPLES: dict[str, dict[str, Any]] = {
    "statistic": {"property": "pm2_5", "statistic": "mean", "scale": 0.5},
    "rolling": {"property": "rain", "statistic": "sum", "hours": 24, "minimumHours": 20},
    "change-rate": {"property": "water_level", "hours": 3},
    "attribute-ratio": {"property": "occupied", "statistic": "mean", "attribute": "capacity"},
    "time-share": {"property": "speed", "comparison": "below", "attribute": "reference", "share": 50},
    "air-quality-index": {"averaging": "hourly", "pollutants": {"pm2_5": "pm25"}},
    "alarm-level": {"property": "water_level", "statistic": "max"},
    "rainfall-risk": {"property": "rain"},
    "data-health": {"measure": "availability"},
    "case-ratio": _ON_TIME,
    "case-count": {
        "cases": {
            "set": "overdue",
            "where": [
                {"field": "channel", "is": "online"},
                {"any": [{"field": "paid", "is": True}, {"field": "score", "atLeast": 4}]},
                {"not": {"field": "procedure", "in": ["P1", "P2"]}},
                {"field": "rating", "given": True},
            ],
        },
        "count": "procedures",
    },
    "due-soon": {"workingDays": 3},
    "case-duration": {"statistic": "p90"},
    "rating-mean": {},
    "usage": {"services": ["portal"], "denominator": ["paper"], "scale": 100},
    "weighted-score": {"components": [{"indicator": "d766-2.1", "maximum": 20, "fullAt": 80}]},
    "normalised-index": {"normalisation": "z-score", "components": [{"indicator": "a", "weight": 2}]},
    "expression": {
        "expression": {"divide": [{"add": [{"indicator": "a"}, {"indicator": "b"}]}, {"maximum": [2, 3.5]}]}
    },
}


def _formula(kind: str) -> Any:
    return _FORMULA.validate_python({"kind": kind, **_EXAMPLES[kind]})


def test_there_is_an_example_of_every_kind() -> None:
    kinds = {get_args(one.model_fields["kind"].annotation)[0] for one in get_args(Formula)}
    assert kinds == set(_EXAMPLES)


@pytest.mark.parametrize("kind", sorted(_EXAMPLES))
def test_every_kind_is_a_sentence_in_both_languages(kind: str) -> None:
    words = in_words(_formula(kind))
    assert words.vi != words.en
    assert words.vi.endswith(".")
    assert words.en.endswith(".")
    assert words.en[0].isupper() or kind == "expression"


def test_a_ratio_says_what_is_counted() -> None:
    words, parts = in_words(_formula("case-ratio")), counted(_formula("case-ratio"))
    assert words.en == (
        "Dossiers received in the period or open from before, that were in time / dossiers received in the period or"
        " open from before × 100. A denominator of zero gives no value."
    )
    assert parts.denominator is not None
    assert parts.denominator.vi == "Số hồ sơ tiếp nhận trong kỳ hoặc chuyển từ kỳ trước"


def test_conditions_are_said() -> None:
    assert in_words(_formula("case-count")).en == (
        "The number of procedures with dossiers late and open at the end of the period (channel = online and (paid ="
        " true or score ≥ 4) and not: procedure is one of P1, P2 and rating is given)."
    )


def test_an_expression_keeps_its_brackets() -> None:
    assert in_words(_formula("expression")).en.startswith("(a + b) / max(2, 3.5).")


@pytest.mark.parametrize("kind", sorted(_EXAMPLES))
def test_inputs_are_known_for_every_kind(kind: str) -> None:
    formula = _formula(kind)
    if isinstance(formula, SeriesFormula):
        assert rollup_level(formula, PeriodKind.HOUR) in ("1m", "1h")
    if isinstance(formula, CaseFormula):
        read = cases_read(formula)
        assert read.numerator is not None or read.denominator is not None
