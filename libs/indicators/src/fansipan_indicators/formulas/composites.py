"""Formulas over the figures of other indicators."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, StrictBool, model_validator

from fansipan_indicators.formulas.base import FormulaModel, Percent

IndicatorRef = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,62}$")]


class CompositeFormula(FormulaModel):
    """A formula over figures of other indicators, of the same subject and period."""

    @property
    def indicators(self) -> frozenset[str]:
        """Keys of the indicators it reads."""
        raise NotImplementedError

    @property
    def spreads_missing(self) -> bool:
        """Whether the other components make up for one without a value."""
        return False


class ScoreComponent(FormulaModel):
    """A part of a weighted score.

    With `fullAt` the indicator is a ratio in percent, that gives all points from `fullAt` on and in proportion below;
    without it the indicator's value is taken as points already, at most `maximum`.
    """

    indicator: IndicatorRef
    maximum: Annotated[float, Field(gt=0, le=10_000)]
    full_at: Percent | None = None
    assumed: StrictBool = False
    """Whether `maximum` or `fullAt` is our assumption, because the source does not give it."""


class WeightedScore(CompositeFormula):
    """The sum of the components' points.

    `missing` says what a component without a value does: the score has no value, the component counts 0, or the
    points of the others are stretched to the whole.
    """

    kind: Literal["weighted-score"]
    components: Annotated[list[ScoreComponent], Field(min_length=1, max_length=200)]
    missing: Literal["not-applicable", "zero", "stretch"] = "not-applicable"

    @property
    def indicators(self) -> frozenset[str]:
        return frozenset(component.indicator for component in self.components)

    @property
    def spreads_missing(self) -> bool:
        return self.missing == "stretch"


class IndexComponent(FormulaModel):
    """A part of a normalised index; `minimum` and `maximum` fix the scale of min-max normalisation, else the
    subjects' own."""

    indicator: IndicatorRef
    weight: Annotated[float, Field(gt=0, le=10_000)]
    minimum: float | None = None
    maximum: float | None = None


class NormalisedIndex(CompositeFormula):
    """A weighted mean of normalised components in the manner of the ICT Index: compared across subjects of a kind."""

    kind: Literal["normalised-index"]
    normalisation: Literal["min-max", "z-score"]
    components: Annotated[list[IndexComponent], Field(min_length=1, max_length=200)]
    missing: Literal["not-applicable", "renormalise"] = "not-applicable"
    scale: float = 1.0

    @property
    def indicators(self) -> frozenset[str]:
        return frozenset(component.indicator for component in self.components)

    @property
    def spreads_missing(self) -> bool:
        return self.missing == "renormalise"


class Indicator(FormulaModel):
    """The value of another indicator."""

    indicator: IndicatorRef


class Add(FormulaModel):
    add: Annotated[list["Term"], Field(min_length=2, max_length=50)]


class Subtract(FormulaModel):
    subtract: Annotated[list["Term"], Field(min_length=2, max_length=2)]


class Multiply(FormulaModel):
    multiply: Annotated[list["Term"], Field(min_length=2, max_length=50)]


class Divide(FormulaModel):
    divide: Annotated[list["Term"], Field(min_length=2, max_length=2)]


class Minimum(FormulaModel):
    minimum: Annotated[list["Term"], Field(min_length=2, max_length=50)]


class Maximum(FormulaModel):
    maximum: Annotated[list["Term"], Field(min_length=2, max_length=50)]


Term = float | Indicator | Add | Subtract | Multiply | Divide | Minimum | Maximum


class Expression(CompositeFormula):
    """Arithmetic over other indicators. A missing operand or a division by zero gives no value."""

    kind: Literal["expression"]
    expression: Term

    @property
    def indicators(self) -> frozenset[str]:
        return frozenset(_named(self.expression))

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if not _named(self.expression):
            raise ValueError("an expression names at least one indicator")
        return self


def operands(term: Any) -> list[Any]:
    """The parts of an operation."""
    [parts] = [getattr(term, name) for name in type(term).model_fields]
    return parts


def _named(term: Any) -> set[str]:
    if isinstance(term, Indicator):
        return {term.indicator}
    if isinstance(term, FormulaModel):
        return {name for part in operands(term) for name in _named(part)}
    return set()


for _model in (Add, Subtract, Multiply, Divide, Minimum, Maximum, Expression):
    _model.model_rebuild()
