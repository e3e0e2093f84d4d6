"""What `/v1/latest` takes and gives."""

from typing import Annotated, Any, Literal

from pydantic import Field

from fansipan_gateway.api.parameters import AreaCode, Cursor, Limit, Parameters, Reference, ResponseModel


class LatestParameters(Parameters):
    """Query parameters."""

    datastream: Annotated[
        list[Reference],
        Field(
            default_factory=list,
            max_length=500,
            description="Key `<provider>/<thing>/<property>` or id; repeat it for several.",
            examples=[["demo/station-1/pm25"]],
        ),
    ]
    area: Annotated[
        AreaCode | None,
        Field(description="Official code of a commune, or of a province with all its communes."),
    ] = None
    thing: Annotated[
        Reference | None, Field(description="Id of a thing, or its key `<provider>/<thing>`.")
    ] = None
    limit: Limit = 1_000
    cursor: Cursor | None = None


class LatestItem(ResponseModel):
    """The observation of a datastream with the latest phenomenon time."""

    datastream: Annotated[str, Field(examples=["demo/station-1/pm25"])]
    phenomenon_time: Annotated[str, Field(examples=["2026-07-01T00:00:00.000Z"])]
    result: Annotated[Any, Field(examples=[23.4], description="A number, text, boolean or object.")]
    result_quality: Literal["good", "suspect", "bad"] | None
    stored_at: Annotated[str, Field(examples=["2026-07-01T00:00:00.412Z"])]


class LatestList(ResponseModel):
    """One page, in the order of datastream ids."""

    items: list[LatestItem]
    next: Annotated[str | None, Field(description="Address of the next page; null on the last.")]
