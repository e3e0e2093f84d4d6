"""The kinds of formula, a discriminated union: over readings, over cases, over other indicators."""

from fansipan_indicators.formulas.base import FormulaModel
from fansipan_indicators.formulas.cases import (
    AnyOf,
    CaseCount,
    CaseDuration,
    CaseFormula,
    CaseKind,
    CaseRatio,
    CaseSet,
    Clause,
    Condition,
    DueSoon,
    Not,
    RatingMean,
    UsageRatio,
)
from fansipan_indicators.formulas.composites import (
    Add,
    CompositeFormula,
    Divide,
    Expression,
    Indicator,
    Maximum,
    Minimum,
    Multiply,
    NormalisedIndex,
    ScoreComponent,
    Subtract,
    Term,
    WeightedScore,
    operands,
)
from fansipan_indicators.formulas.readings import (
    AirQuality,
    AlarmLevel,
    AttributeRatio,
    ChangeRate,
    Completeness,
    DataHealth,
    RainfallRisk,
    Rolling,
    SeriesFormula,
    Statistic,
    TimeShare,
)

Formula = (
    Statistic
    | Rolling
    | ChangeRate
    | AttributeRatio
    | TimeShare
    | AirQuality
    | AlarmLevel
    | RainfallRisk
    | DataHealth
    | CaseRatio
    | CaseCount
    | DueSoon
    | CaseDuration
    | RatingMean
    | UsageRatio
    | WeightedScore
    | NormalisedIndex
    | Expression
)

__all__ = [
    "Add",
    "AirQuality",
    "AlarmLevel",
    "AnyOf",
    "AttributeRatio",
    "CaseCount",
    "CaseDuration",
    "CaseFormula",
    "CaseKind",
    "CaseRatio",
    "CaseSet",
    "ChangeRate",
    "Clause",
    "Completeness",
    "CompositeFormula",
    "Condition",
    "DataHealth",
    "Divide",
    "DueSoon",
    "Expression",
    "Formula",
    "FormulaModel",
    "Indicator",
    "Maximum",
    "Minimum",
    "Multiply",
    "NormalisedIndex",
    "Not",
    "RainfallRisk",
    "RatingMean",
    "Rolling",
    "ScoreComponent",
    "SeriesFormula",
    "Statistic",
    "Subtract",
    "Term",
    "TimeShare",
    "UsageRatio",
    "WeightedScore",
    "operands",
]
