"""Events on `indicator-values.v1`: figures that changed, some of one indicator in each event."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from fansipan_common.contracts.moment import Moment

VALUES_CHANGED: Final = "vn.fansipan.indicator.values-changed.v1"
"""Type of the event."""


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


SubjectKind = Literal["area", "agency", "procedure", "thing", "agency-procedure", "area-procedure"]
PeriodName = Literal["hour", "day", "month", "quarter", "year"]
Reason = Literal["new-data", "late-data", "correction", "definition-changed"]


class IndicatorValues(_Model):
    """Up to 1,000 figures of one indicator that changed together, as columns: place n of each list is figure n.

    Attributes:
        subject_kinds, subject_keys: whom it is about. Keys: area code, agency code, procedure code,
        `<provider>/<thing>`;
            pairs are joined by `|`.
        starts: when the period begins.
        values: null says "not applicable".
        bands: key of the band that holds the value.
        completeness: share of what was expected, 0 to 1; null where nothing says what to expect.
        reasons: why this revision was made.
    """

    indicator: str
    version: int
    computed_at: Moment
    subject_kinds: list[SubjectKind]
    subject_keys: list[str]
    periods: list[PeriodName]
    starts: list[Moment]
    values: list[float | None]
    bands: list[str | None]
    numerators: list[float | None]
    denominators: list[float | None]
    sample_counts: list[int]
    completeness: list[float | None]
    revisions: list[Annotated[int, Field(ge=1)]]
    reasons: list[Reason]

    @model_validator(mode="after")
    def _columns_have_one_length(self) -> "IndicatorValues":
        lengths = {len(value) for _, value in self if isinstance(value, list)}
        if len(lengths) != 1 or not 1 <= lengths.pop() <= 1000:
            raise ValueError("all columns have the same length, 1 to 1,000")
        return self
