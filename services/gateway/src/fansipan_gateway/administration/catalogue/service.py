"""What is evaluated, and what still waits."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from fansipan_gateway.administration.catalogue.repository import MOST_COUNTED, CatalogueRepository
from fansipan_gateway.domain.results import Row
from fansipan_gateway.domain.time_range import format_instant

_QUEUES: Final = {
    "changed_series": "changedSeries",
    "changed_case": "changedCases",
    "stale_value": "staleValues",
    "dirty_bucket": "dirtyBuckets",
}


class CatalogueStatus:
    """Definitions and alert rules as analytics has them, its lanes, and how far behind they are."""

    def __init__(self, repository: CatalogueRepository, now: Callable[[], datetime]) -> None:
        self._repository = repository
        self._now = now

    async def read(self) -> dict[str, Any]:
        """The status as JSON.

        Raises:
            DatabaseAway.
        """
        rows = await self._repository.read()
        now = self._now()
        queues = [_queue(row, now) for row in rows.queues]
        queues.append(
            {
                "name": "staleDefinitions",
                "waiting": rows.stale_definitions,
                "more": False,
                "oldest": None,
                "oldestSeconds": None,
            }
        )
        return {
            "at": format_instant(now),
            "definitions": [_definition(row) for row in rows.definitions],
            "alertRules": [_rule(row) for row in rows.rules],
            "lanes": [_lane(row, now) for row in rows.lanes],
            "queues": queues,
            "state": [
                {"name": row["name"], "digest": row["digest"], "changedAt": _instant(row["changed_at"])}
                for row in rows.state
            ],
        }


def _definition(row: Row) -> dict[str, Any]:
    return {
        "id": row["key"],
        "version": row["version"],
        "names": row["names"],
        "digest": row["digest"],
        "lane": row["lane"],
        "public": row["public"],
        "effectiveFrom": row["effective_from"].isoformat(),
        "effectiveTo": None if row["effective_to"] is None else row["effective_to"].isoformat(),
        "syncedAt": _instant(row["synced_at"]),
        "retiredAt": _instant(row["retired_at"]),
        "evaluating": None
        if row["next_from"] is None
        else {
            "nextFrom": _instant(row["next_from"]),
            "until": _instant(row["until"]),
            "reason": row["reason"],
        },
    }


def _rule(row: Row) -> dict[str, Any]:
    return {
        "id": row["key"],
        "names": row["names"],
        "digest": row["digest"],
        "severity": row["severity"],
        "openAlerts": row["open_alerts"],
        "syncedAt": _instant(row["synced_at"]),
        "retiredAt": _instant(row["retired_at"]),
    }


def _lane(row: Row, now: datetime) -> dict[str, Any]:
    waiting = [moment for moment in (row["series_oldest"], row["values_oldest"]) if moment is not None]
    oldest = min(waiting, default=None)
    return {
        "name": row["name"],
        "properties": row["properties"],
        "refreshMilliseconds": row["refresh_ms"],
        "definitions": row["definitions"],
        "evaluatedAt": _instant(row["evaluated_at"]),
        "tickedAt": _instant(row["ticked_at"]),
        "owner": row["owner"],
        "oldest": _instant(oldest),
        "oldestSeconds": _age(oldest, now),
    }


def _queue(row: Row, now: datetime) -> dict[str, Any]:
    return {
        "name": _QUEUES[row["name"]],
        "waiting": min(row["waiting"], MOST_COUNTED),
        "more": row["waiting"] > MOST_COUNTED,
        "oldest": _instant(row["oldest"]),
        "oldestSeconds": _age(row["oldest"], now),
    }


def _age(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else round(max(0.0, (now - moment).total_seconds()), 3)


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else format_instant(moment.astimezone(UTC))
