"""What `/v1/observations` takes and gives."""

from typing import Annotated, Any, Literal

from pydantic import Field

from fansipan_gateway.api.parameters import Cursor, Instant, Limit, Parameters, Reference, ResponseModel
from fansipan_gateway.observations.domain.granularity import MAX_POINTS, Granularity

MAX_DATASTREAMS = 50


class ObservationParameters(Parameters):
    """Query parameters."""

    datastream: Annotated[
        list[Reference],
        Field(
            min_length=1,
            max_length=MAX_DATASTREAMS,
            description="Key `<provider>/<thing>/<property>` or id; repeat it for several.",
            examples=[["demo/station-1/pm25"]],
        ),
    ]
    start: Annotated[
        Instant | None,
        Field(alias="from", description="Earliest time, inside; RFC 3339. Default: 24 hours before `to`."),
    ] = None
    end: Annotated[
        Instant | None, Field(alias="to", description="Latest time, outside; RFC 3339. Default: now.")
    ] = None
    granularity: Annotated[
        Granularity,
        Field(
            description="`raw`, a rollup (`1m`, `1h`, `1d`), or `auto`: the finest with at most `maxPoints` points a "
            "datastream, where up to four times as many raw rows are thinned to `maxPoints`."
        ),
    ] = Granularity.AUTO
    max_points: Annotated[
        int | None,
        Field(
            ge=2,
            le=MAX_POINTS,
            description="Points a datastream at most, for `auto` (default 1000) and `raw` (default: all, unthinned).",
        ),
    ] = None
    limit: Annotated[
        Limit | None,
        Field(description="Items a page. Default 1000; with `auto` or `maxPoints` everything on one page."),
    ] = None
    cursor: Cursor | None = None


class RawObservation(ResponseModel):
    """One observation."""

    datastream: Annotated[str, Field(examples=["demo/station-1/pm25"])]
    phenomenon_time: Annotated[str, Field(examples=["2026-07-01T00:00:00.000Z"])]
    result: Annotated[Any, Field(examples=[23.4], description="A number, text, boolean or object.")]
    result_quality: Literal["good", "suspect", "bad"] | None


class Rollup(ResponseModel):
    """The numeric observations of one bucket that are not marked bad."""

    datastream: Annotated[str, Field(examples=["demo/station-1/pm25"])]
    bucket: Annotated[
        str, Field(examples=["2026-07-01T00:00:00.000Z"], description="Where the bucket begins.")
    ]
    count: Annotated[int, Field(examples=[12])]
    sum: Annotated[float, Field(examples=[280.8])]
    min: Annotated[float, Field(examples=[19.5])]
    max: Annotated[float, Field(examples=[29.0])]
    first: Annotated[float, Field(examples=[23.4])]
    last: Annotated[float, Field(examples=[24.1])]
    mean: Annotated[float, Field(examples=[23.4])]


class ObservationPage(ResponseModel):
    """One page, ordered by datastream and time."""

    items: list[RawObservation] | list[Rollup]
    next: Annotated[str | None, Field(description="Address of the next page; null on the last.")]
    granularity: Literal["raw", "1m", "1h", "1d"]
