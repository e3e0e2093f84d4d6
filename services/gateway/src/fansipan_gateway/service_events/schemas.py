"""What `/v1/service-events/summary` takes and gives."""

from typing import Annotated

from pydantic import Field

from fansipan_common.contracts import ServiceEventType
from fansipan_gateway.api.parameters import Cursor, Instant, Limit, Parameters, ResponseModel
from fansipan_gateway.service_events.repository import GroupBy


class SummaryParameters(Parameters):
    """Query parameters."""

    group_by: Annotated[GroupBy, Field(description="What the figures are grouped by.")]
    start: Annotated[
        Instant | None,
        Field(alias="from", description="Earliest time, inside; RFC 3339. Default: 30 days before `to`."),
    ] = None
    end: Annotated[
        Instant | None, Field(alias="to", description="Latest time, outside; RFC 3339. Default: now.")
    ] = None
    type: Annotated[
        list[ServiceEventType],
        Field(
            default_factory=list,
            description="Event types to list in `events`; repeat it for several. Default: all.",
        ),
    ]
    limit: Limit = 1_000
    cursor: Cursor | None = None


class ServiceSummary(ResponseModel):
    """Figures of one agency, area, procedure or channel."""

    key: Annotated[str | None, Field(examples=["UBND-02671"], description="Null: events that name none.")]
    name: Annotated[
        str | None,
        Field(
            examples=["Ủy ban nhân dân phường Cam Đường"],
            description="Full name of an agency, area or procedure; null where none is known.",
        ),
    ]
    name_en: Annotated[
        str | None,
        Field(examples=["People's Committee of Cam Duong Ward"], description="In English, else as `name`."),
    ]
    received: Annotated[int, Field(examples=[120], description="Dossiers received in the range.")]
    finished: Annotated[
        int,
        Field(
            examples=[100],
            description="Dossiers that ended in the range: when processed, else returned, else rejected or withdrawn.",
        ),
    ]
    on_time: Annotated[
        int,
        Field(
            examples=[93],
            description="Of the finished, those that ended by their due time. Time in which the citizen owed a "
            "supplement is not counted.",
        ),
    ]
    late: Annotated[
        int,
        Field(
            examples=[5],
            description="Of the finished, those that ended later. Without a due time: in neither.",
        ),
    ]
    open: Annotated[
        int,
        Field(
            examples=[40], description="Dossiers received and not ended, at `to` or now if that is earlier."
        ),
    ]
    overdue: Annotated[
        int,
        Field(
            examples=[3],
            description="Of the open, those past their due time then; the clock stands while a supplement is owed.",
        ),
    ]
    processed: Annotated[int, Field(examples=[98], description="Events `dossier.processed` in the range.")]
    returned: Annotated[int, Field(examples=[96], description="Events `dossier.returned` in the range.")]
    rejected: Annotated[int, Field(examples=[1], description="Events `dossier.rejected` in the range.")]
    withdrawn: Annotated[int, Field(examples=[1], description="Events `dossier.withdrawn` in the range.")]
    ratings: Annotated[int, Field(examples=[20], description="Ratings submitted in the range.")]
    rating_mean: Annotated[
        float | None, Field(examples=[4.6], description="Mean score of the ratings, 1 to 5.")
    ]
    uses: Annotated[
        int, Field(examples=[0], description="Sum of the counts in the range's `usage.counted` events.")
    ]
    events: Annotated[
        dict[str, int],
        Field(
            examples=[{"vn.fansipan.dossier.received.v1": 120}],
            description="Events in the range by type. One that does not name the grouped property has its dossier's.",
        ),
    ]


class SummaryList(ResponseModel):
    """One page, in the order of keys."""

    items: list[ServiceSummary]
    next: Annotated[str | None, Field(description="Address of the next page; null on the last.")]
