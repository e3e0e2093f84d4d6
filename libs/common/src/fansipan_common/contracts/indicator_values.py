"""Events on `indicator-values.v1`: figures that changed, some of one indicator in each event."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from fansipan_common.contracts.moment import Moment

VALUES_CHANGED: Final = "vn.fansipan.indicator.values-changed.v1"
"""Type of the event."""


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class IndicatorSubject(_Model):
    """Whom a figure is about. Keys: area code, agency code, procedure code, `<provider>/<thing>`; pairs joined by
    `|`."""

    kind: Literal["area", "agency", "procedure", "thing", "agency-procedure", "area-procedure"]
    key: str


class IndicatorValue(_Model):
    """One figure. A null value says "not applicable"."""

    subject: IndicatorSubject
    period: Literal["hour", "day", "month", "quarter", "year"]
    start: Moment
    value: float | None
    band: str | None
    numerator: float | None
    denominator: float | None
    sample_count: int
    completeness: float | None
    revision: Annotated[int, Field(ge=1)]
    reason: Literal["new-data", "late-data", "correction", "definition-changed"]


class IndicatorValues(_Model):
    """Figures of one indicator that changed together."""

    indicator: str
    version: int
    computed_at: Moment
    values: Annotated[list[IndicatorValue], Field(min_length=1, max_length=1000)]
