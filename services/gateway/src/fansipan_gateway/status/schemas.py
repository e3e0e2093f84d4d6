"""What `/v1/status` gives."""

from typing import Annotated, Literal

from pydantic import Field

from fansipan_gateway.api.parameters import ResponseModel
from fansipan_gateway.read_only.schemas import ReadOnlyState


class PartAnswer(ResponseModel):
    """How a part is."""

    part: Literal["database", "redis", "ingest", "analytics"]
    state: Annotated[
        Literal["ok", "unready", "away", "unknown"],
        Field(
            description="unready: it answers, and cannot do its work; away: it does not answer; unknown: not asked yet."
        ),
    ]
    ok_at: Annotated[
        str | None, Field(description="When it was last found well; null: not since this gateway began.")
    ]


class Status(ResponseModel):
    """How the platform is, seen by this gateway. Parts whose address it does not know are left out."""

    checked_at: Annotated[str | None, Field(description="When the parts were last asked.")]
    parts: list[PartAnswer]
    newest_reading_at: Annotated[
        str | None, Field(description="When the newest reading was stored, as far as is known.")
    ]
    unusually_quiet: Annotated[
        bool,
        Field(
            description="No reading came for three times the longest pause of the hour before (two minutes at least)."
        ),
    ]
    read_only: Annotated[
        ReadOnlyState | None, Field(description="Why nothing may be changed now; null: it may.")
    ]
