"""What-if questions and their answers."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from fansipan_gateway.api.parameters import Instant, ResponseModel
from fansipan_gateway.indicators.schemas.figures import SubjectItem
from fansipan_gateway.indicators.schemas.parameters import SubjectReference
from fansipan_indicators.definitions import Text


class _Body(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class NamedDossier(_Body):
    """A dossier by its provider and id."""

    provider: Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[^\x00]*$")]
    dossier_id: Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^\x00]*$")]


class AllOverdue(_Body):
    """All open dossiers of the subject that are late now."""

    overdue: Literal[True]


class AllOpen(_Body):
    """All open dossiers of the subject."""

    open: Literal[True]


class WhatIfRequest(_Body):
    """Which dossiers would be finished, and when."""

    subject: SubjectReference
    period: Annotated[str, Field(min_length=4, max_length=13, examples=["2026-11"])]
    finish: Annotated[
        Annotated[list[NamedDossier], Field(min_length=1, max_length=1_000)] | AllOverdue | AllOpen,
        Field(examples=[{"overdue": True}]),
    ]
    at: Annotated[Instant | None, Field(description="When they would end. Default: now.")] = None

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if isinstance(self.finish, list) and len(set(self.finish)) != len(self.finish):
            raise ValueError("name each dossier once")
        return self


class KnownFigure(ResponseModel):
    """A figure."""

    value: float | None
    numerator: float | None
    denominator: float | None


class EffectItem(ResponseModel):
    """A figure before and after."""

    before: KnownFigure
    after: KnownFigure
    change: float | None
    estimated: Annotated[
        bool,
        Field(
            description="False: it was left as it is, since it does not follow from single cases, or nothing is known."
        ),
    ]


class ComponentEffect(EffectItem):
    """The effect on a component."""

    indicator: str
    names: Text | None


class FinishedDossier(ResponseModel):
    """A dossier that would be finished."""

    provider: str
    dossier_id: str
    late_at: str | None


class WhatIfAnswer(EffectItem):
    """The marginal effect of finishing dossiers."""

    indicator: str
    subject: SubjectItem
    period: str
    at: str
    finished: int
    dossiers: Annotated[list[FinishedDossier], Field(description="The first 1,000.")]
    components: Annotated[list[ComponentEffect], Field(description="All that the figure is made of.")]
