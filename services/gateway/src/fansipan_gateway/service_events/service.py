"""Summaries of what public services did."""

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from fansipan_common.contracts import ServiceEventType
from fansipan_gateway.access.domain import LoginNeeded
from fansipan_gateway.domain.cursor import decode_cursor, encode_cursor
from fansipan_gateway.domain.pages import Page
from fansipan_gateway.domain.time_range import resolve_range
from fansipan_gateway.domain.visibility import Visibility
from fansipan_gateway.service_events.repository import GroupBy, ServiceEventRepository, SummaryRows

DEFAULT_SPAN: Final = timedelta(days=30)
_KIND: Final = "service-events-summary"
_DOSSIER_FIGURES: Final = {
    "received": "received",
    "finished": "finished",
    "onTime": "on_time",
    "late": "late",
    "open": "open",
    "overdue": "overdue",
}
_EVENT_FIGURES: Final = {
    "processed": ServiceEventType.DOSSIER_PROCESSED,
    "returned": ServiceEventType.DOSSIER_RETURNED,
    "rejected": ServiceEventType.DOSSIER_REJECTED,
    "withdrawn": ServiceEventType.DOSSIER_WITHDRAWN,
}


@dataclass(frozen=True, slots=True)
class SummaryQuery:
    """What is asked for; None takes the default. `types` narrows only the member `events`."""

    group_by: GroupBy
    start: datetime | None = None
    end: datetime | None = None
    types: Collection[str] = ()
    limit: int = 1_000
    cursor: str | None = None


class ServiceEvents:
    """Summarises service events and dossiers."""

    def __init__(self, repository: ServiceEventRepository, now: Callable[[], datetime]) -> None:
        self._repository = repository
        self._now = now

    async def summarise(self, query: SummaryQuery, visibility: Visibility) -> Page:
        """One page of figures, in the order of keys; what names no key comes first, with the key null.

        Raises:
            LoginNeeded: the public sees no cases, and no counts of them but public indicators.
            BadRange, BadCursor, DatabaseAway.
        """
        if not visibility.sees_cases:
            raise LoginNeeded(
                "log in to read counts of cases; public ones are indicators: GET /v1/indicators"
            )
        now = self._now()
        time_range = resolve_range(query.start, query.end, now=now, default_span=DEFAULT_SPAN)
        after = None if query.cursor is None else str(decode_cursor(_KIND, query.cursor, str)[0])
        rows = await self._repository.summarise(
            query.group_by,
            time_range,
            as_of=min(time_range.end, now),
            visibility=visibility,
        )
        items = [item for item in merge(rows, query.types) if after is None or (item["key"] or "") > after]
        page = items[: query.limit]
        return Page(
            items=page,
            cursor=encode_cursor(_KIND, page[-1]["key"] or "") if len(items) > query.limit else None,
            pinned={
                "from": time_range.start.isoformat().replace("+00:00", "Z"),
                "to": time_range.end.isoformat().replace("+00:00", "Z"),
            },
        )


def merge(rows: SummaryRows, types: Collection[str]) -> list[dict[str, Any]]:
    """One item a key from the counts of events and of dossiers, in the order of keys; keys that count nothing are out.

    Args:
        rows: what the database says.
        types: event types to list in `events`; empty: all.
    """
    events: dict[str | None, dict[str, int]] = defaultdict(dict)
    scores: dict[str | None, int] = defaultdict(int)
    uses: dict[str | None, int] = defaultdict(int)
    for row in rows.events:
        events[row["key"]][row["type"]] = row["count"]
        scores[row["key"]] += row["score_sum"] or 0
        uses[row["key"]] += int(row["uses"] or 0)
    dossiers = {row["key"]: row for row in rows.dossiers}
    items: list[dict[str, Any]] = []
    for key in sorted({*events, *dossiers}, key=lambda key: key or ""):
        of_key = events.get(key, {})
        dossier = dossiers.get(key)
        figures = {
            name: 0 if dossier is None else dossier[column] for name, column in _DOSSIER_FIGURES.items()
        }
        if not of_key and not any(figures.values()):
            continue
        ratings = of_key.get(ServiceEventType.RATING_SUBMITTED, 0)
        name, name_en = (None, None) if key is None else rows.names.get(key, (None, None))
        items.append(
            {
                "key": key,
                "name": name,
                "nameEn": name_en or name,
                **figures,
                **{name: of_key.get(event_type, 0) for name, event_type in _EVENT_FIGURES.items()},
                "ratings": ratings,
                "ratingMean": scores[key] / ratings if ratings else None,
                "uses": uses[key],
                "events": {
                    name: count for name, count in sorted(of_key.items()) if not types or name in types
                },
            }
        )
    return items
