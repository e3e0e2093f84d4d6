"""How well the sensors report."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from fansipan_gateway.data_health.repository import HealthFilter, HealthRepository
from fansipan_gateway.domain.results import Row
from fansipan_gateway.domain.time_range import format_instant
from fansipan_gateway.domain.visibility import Visibility

_STATES = ("reporting", "silent", "never")


class DataHealth:
    """Counts of datastreams that report, are silent, or never sent anything."""

    def __init__(self, repository: HealthRepository, now: Callable[[], datetime]) -> None:
        self._repository = repository
        self._now = now

    async def read(self, wanted: HealthFilter, visibility: Visibility) -> dict[str, Any]:
        """The health now, as JSON.

        Raises:
            DatabaseAway.
        """
        now = self._now()
        rows = await self._repository.read(wanted, visibility, now=now)
        providers = [_provider(row, now) for row in rows.providers]
        return {
            "at": format_instant(now),
            "things": sum(item["things"] for item in providers),
            "datastreams": {
                "total": sum(item["datastreams"]["total"] for item in providers),
                **{state: sum(item["datastreams"][state] for item in providers) for state in _STATES},
            },
            "providers": providers,
            "silent": [_silent(row, now) for row in rows.silent],
            "figures": [_figure(row) for row in rows.figures],
        }


def _provider(row: Row, now: datetime) -> dict[str, Any]:
    return {
        "provider": row["provider"],
        "name": row["provider_name"],
        "things": row["things"],
        "datastreams": {"total": row["datastreams"], **{state: row[state] for state in _STATES}},
        "lastObservedAt": _instant(row["last_observed_at"]),
        "longestSilenceSeconds": None
        if row["silent_since"] is None
        else round((now - row["silent_since"]).total_seconds()),
    }


def _silent(row: Row, now: datetime) -> dict[str, Any]:
    return {
        "datastream": {"id": row["id"], "key": row["key"], "name": row["name"]},
        "thing": {"id": row["thing_id"], "name": row["thing_name"], "areaCode": row["area_code"]},
        "provider": row["provider"],
        "lastObservedAt": _instant(row["phenomenon_time"]),
        "silentSeconds": round((now - row["phenomenon_time"]).total_seconds()),
        "silentAfterSeconds": row["stale_after"],
    }


def _figure(row: Row) -> dict[str, Any]:
    return {
        "indicator": row["key"],
        "version": row["version"],
        "names": row["names"],
        "subject": f"area:{row['subject']}",
        "period": row["period"],
        "start": _instant(row["period_start"]),
        "value": row["value"],
        "band": row["band"],
    }


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else format_instant(moment.astimezone(UTC))
