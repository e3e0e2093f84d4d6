"""A small city on the shared stack: stations of every kind in two communes, dossiers, and an open alert."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import psycopg
from psycopg.types.json import Jsonb
from tests.conftest import Addresses
from tests.support.providers import make_key
from tests.support.sending import Sender

HERE: Final = "02671"
ELSEWHERE: Final = "02647"
ALARM_LEVELS: Final = {"bd1": 80.0, "bd2": 82.0, "bd3": 83.5}
"""Metres, of every gauge that is made here."""

_PROVIDER: Final = "e2e-city"
_AGENCY: Final = "e2e-so-tu-phap"
_WAIT_SECONDS: Final = 30.0


class Station:
    """One thing that the tests speak for. `key` is `<provider>/<thing>`."""

    def __init__(self, sender: Sender, database: str, name: str, commune: str) -> None:
        self.key = f"{_PROVIDER}/{name}"
        self.name = name
        self.commune = commune
        self._sender = sender
        self._database = database

    async def reads(self, prop: str, result: float, at: datetime | None = None) -> None:
        """A result, measured now or at another time; returns when it is readable."""
        time = (at or datetime.now(UTC)).isoformat()
        await self._sender.store(
            [{"datastream": f"{self.key}/{prop}", "phenomenonTime": time, "result": result}]
        )

    async def stands(self, prop: str, result: float, **properties: Any) -> int:
        """Read for the first time, be placed in its commune, read the same again. Returns the thing's id.

        Args:
            prop: what it measures first.
            result: what it reads.
            properties: facts of the thing that formulas use; gauges have `ALARM_LEVELS` unless they say others.
        """
        await self.reads(prop, result)
        with psycopg.connect(self._database) as connection:
            placed = connection.execute(
                "UPDATE thing t SET area_code = %s, properties = %s FROM provider p"
                " WHERE p.id = t.provider_id AND p.key = %s AND t.key = %s RETURNING t.id",
                (self.commune, Jsonb({"alarmLevels": ALARM_LEVELS} | properties), _PROVIDER, self.name),
            ).fetchone()
        assert placed is not None
        await self.reads(prop, result)
        return placed[0]


@dataclass(frozen=True, slots=True)
class City:
    """What stands there: the id of a thing, of an open alert, and the hour of the gauge's figure."""

    sender: Sender
    database: str
    thing: int = 0
    alert: int = 0
    hour: str = ""

    def station(self, name: str, commune: str = HERE) -> Station:
        """A station by its name, which need not be there yet."""
        return Station(self.sender, self.database, name, commune)


async def found(ask: Callable[[], Awaitable[list[Any]]]) -> list[Any]:
    """Ask again until there is something."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while not (answer := await ask()):
        assert time.monotonic() < deadline, "still nothing"
        await asyncio.sleep(0.2)
    return answer


async def build(http: httpx.AsyncClient, addresses: Addresses) -> City:
    """Make it; returns when figures and the alert are there."""
    sender = Sender(http, addresses.ingest, make_key(addresses.database, _PROVIDER).key)
    city = City(sender, addresses.database)
    thing = await city.station("tram-khi").stands("pm2_5", 41.5)
    await city.station("tram-mua").stands("rain", 3.2)
    await city.station("tram-khi-xa", ELSEWHERE).stands("pm2_5", 18.0)
    gauge = city.station("tram-song")
    await gauge.stands("water_level", 80.6)
    await sender.store_events(*_dossiers())

    async def alerts() -> list[dict[str, Any]]:
        answer = await http.get(f"{addresses.gateway}/v1/alerts", params={"state": "open", "limit": 200})
        return [one for one in answer.json()["items"] if one["subject"] == gauge.key]

    async def figures(subject: str, indicator: str) -> list[dict[str, Any]]:
        answer = await http.get(f"{addresses.gateway}/v1/indicators/latest", params={"subject": subject})
        return [one for one in answer.json()["items"] if one["indicator"] == indicator]

    [alert] = await found(alerts)
    await found(lambda: figures(f"agency:{_AGENCY}", "cases-received"))
    [level] = await found(lambda: figures(HERE, "river-alarm-level"))
    return City(sender, addresses.database, thing, alert["id"], level["period"])


def _dossiers() -> list[dict[str, Any]]:
    """One finished in time, one overdue, one open."""
    now = datetime.now(UTC)
    return [
        _event("received", "e2e-1", now - timedelta(days=6), due=now + timedelta(days=1)),
        _event("returned", "e2e-1", now - timedelta(days=1)),
        _event("received", "e2e-2", now - timedelta(days=9), due=now - timedelta(days=2)),
        _event("received", "e2e-3", now - timedelta(hours=3), due=now + timedelta(days=5)),
    ]


def _event(kind: str, dossier: str, at: datetime, due: datetime | None = None) -> dict[str, Any]:
    data: dict[str, Any] = {"dossierId": dossier, "agency": _AGENCY}
    if due is not None:
        data |= {"procedure": "1.000688", "channel": "online", "area": HERE, "dueAt": due.isoformat()}
    return {
        "specversion": "1.0",
        "id": f"{dossier}-{kind}",
        "source": "/e2e",
        "type": f"vn.fansipan.dossier.{kind}.v1",
        "time": at.isoformat(),
        "data": data,
    }
