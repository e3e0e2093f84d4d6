"""One observation as an integrator sends it."""

from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    TypeAdapter,
)
from pydantic.alias_generators import to_camel

from fansipan_common.contracts.moment import Moment

MAX_TEXT_RESULT: Final = 8192
"""Longest text result, in characters."""

MAX_FEATURE_ID: Final = (1 << 31) - 1

MAX_RESULT: Final = 1e290
"""Largest number, either way: the sum of a day of them is still a 64-bit floating-point number."""


class ResultQuality(StrEnum):
    """How far the sender trusts a result. `bad` results are stored but enter no rollup."""

    GOOD = "good"
    SUSPECT = "suspect"
    BAD = "bad"


QUALITY_CODES: Final[dict[ResultQuality | None, int | None]] = {
    None: None,
    ResultQuality.GOOD: 0,
    ResultQuality.SUSPECT: 1,
    ResultQuality.BAD: 2,
}
QUALITY_NAMES: Final[dict[int | None, str | None]] = {
    code: (None if name is None else name.value) for name, code in QUALITY_CODES.items()
}

Number = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-MAX_RESULT, le=MAX_RESULT)]
Text = Annotated[StrictStr, Field(max_length=MAX_TEXT_RESULT)]
ResultValue = Annotated[
    Number | StrictBool | Text | dict[str, Any],
    Field(union_mode="left_to_right", description="A number, text, boolean or object."),
]


DatastreamName = Annotated[
    StrictStr | Annotated[StrictInt, Field(gt=0)],
    Field(union_mode="left_to_right", description="`<provider>/<thing>/<property>`, or the datastream's id."),
]


class ObservationItem(BaseModel):
    """An observation: what a datastream measured (`result`) and when (`phenomenonTime`).

    Identity is (datastream, phenomenonTime at ms): the same again is a no-op, a different result a correction.
    """

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)

    datastream: DatastreamName
    phenomenon_time: Annotated[Moment, Field(description="RFC 3339 with offset.")]
    result: ResultValue
    result_time: Moment | None = None
    result_quality: ResultQuality | None = None
    parameters: dict[str, Any] | None = None
    feature_id: Annotated[
        Annotated[StrictInt, Field(gt=0, le=MAX_FEATURE_ID)] | None,
        Field(
            description="Id of the FeatureOfInterest; without it, that of where the datastream's thing stood then."
        ),
    ] = None


class ObservationName(BaseModel):
    """An observation by its identity, to take it back."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)

    datastream: DatastreamName
    phenomenon_time: Annotated[Moment, Field(description="RFC 3339 with offset.")]


OBSERVATION_LIST: Final[TypeAdapter[list[ObservationItem]]] = TypeAdapter(list[ObservationItem])
"""Validates a whole JSON array in one call."""

OBSERVATION_NAME_LIST: Final[TypeAdapter[list[ObservationName]]] = TypeAdapter(list[ObservationName])
"""As `OBSERVATION_LIST`, of names."""
