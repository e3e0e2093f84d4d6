"""What `/v1/live` takes."""

from typing import Annotated

from pydantic import Field

from fansipan_gateway.api.parameters import Parameters, Reference

_MANY = 200


class LiveParameters(Parameters):
    """Which events are wanted."""

    topics: Annotated[
        str,
        Field(
            max_length=100,
            examples=["values,alerts"],
            description="Some of `values`, `alerts`, `observations`, joined by commas.",
        ),
    ] = "values,alerts"
    indicator: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]],
        Field(
            default_factory=list,
            max_length=_MANY,
            description="Only values of these indicators; repeat it for several.",
        ),
    ]
    subject: Annotated[
        list[Reference],
        Field(
            default_factory=list,
            max_length=_MANY,
            examples=[["area:02671"]],
            description="Only values and alerts of these: `area:02671`, `agency:<code>`, `thing:<provider>/<thing>` …",
        ),
    ]
    datastream: Annotated[
        list[Reference],
        Field(
            default_factory=list,
            max_length=1_000,
            description="Ids or keys; needed for the topic `observations`.",
        ),
    ]
