"""The synchronous face: `Client`."""

import time
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

import httpx

from fansipan_client import calls
from fansipan_client import models as m
from fansipan_client.calls import Call
from fansipan_client.exchange import Exchange, Retries, Wait, exchange, whole_ranking
from fansipan_client.options import DEFAULT_TIMEOUT, NO_CREDENTIAL, Credential, http_options

T = TypeVar("T")


class Client:
    """Reads a gateway.

    Lists are iterators that fetch page after page while they are read. Every request has a timeout and is repeated with
    back-off when the gateway cannot answer now.

    Args:
        base_url: address of the gateway.
        api_key: a key with the scope `read`; or
        operator: an operator's name and password; or neither, where reading is open.
        timeout: seconds for each step of a request (connect, read …).
        retries: how often, and how long between.
        transport: in place of the network, for tests.

    Raises:
        Problem: of each method, when the gateway refuses; see `fansipan_client.errors`.
        ConnectionFailed: of each method, when it cannot be reached.
    """

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str | None = None,
        operator: tuple[str, str] | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        retries: Retries | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        credential = Credential(api_key, operator) if api_key or operator else NO_CREDENTIAL
        self._http = httpx.Client(**http_options(base_url, credential, timeout), transport=transport)
        self._retries = retries or Retries()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def things(
        self, *, area: str | None = None, q: str | None = None, limit: int = 1_000
    ) -> Iterator[m.Thing]:
        """Things in the order of their ids: in an area, with a text in name or key."""
        return self._items(calls.things(area=area, q=q, limit=limit))

    def thing(self, reference: str | int) -> m.Thing:
        """A thing by its id or its key `<provider>/<thing>`."""
        return self._run(exchange(calls.thing(reference), self._retries))

    def datastreams(
        self,
        *,
        thing: str | None = None,
        observed_property: str | None = None,
        area: str | None = None,
        q: str | None = None,
        limit: int = 1_000,
    ) -> Iterator[m.Datastream]:
        """Datastreams in the order of their ids, with latest values; several filters must all fit."""
        return self._items(
            calls.datastreams(thing=thing, observed_property=observed_property, area=area, q=q, limit=limit)
        )

    def datastream(self, reference: str | int) -> m.Datastream:
        """A datastream by its id or its key `<provider>/<thing>/<property>`."""
        return self._run(exchange(calls.datastream(reference), self._retries))

    def observations(
        self,
        datastream: str | Sequence[str],
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        max_points: int | None = None,
        limit: int = 10_000,
    ) -> Iterator[m.Observation]:
        """Raw observations with `start` ≤ time < `end` (default: the last 24 hours), by datastream and time.

        With `max_points` a datastream that has more is thinned to so many, which keeps its peaks.
        """
        return self._items(
            calls.observations(datastream, start=start, end=end, max_points=max_points, limit=limit)
        )

    def rollups(
        self,
        datastream: str | Sequence[str],
        granularity: Literal["1m", "1h", "1d"],
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        limit: int = 10_000,
    ) -> Iterator[m.Rollup]:
        """Rollups whose buckets begin in the range, by datastream and time."""
        return self._items(calls.rollups(datastream, granularity, start=start, end=end, limit=limit))

    def latest(
        self,
        *,
        datastream: str | Sequence[str] | None = None,
        area: str | None = None,
        thing: str | None = None,
        limit: int = 1_000,
    ) -> Iterator[m.LatestObservation]:
        """The newest observation of each datastream: of those named, in an area, or on a thing."""
        return self._items(calls.latest(datastream=datastream, area=area, thing=thing, limit=limit))

    def areas(
        self, *, parent: str | None = None, geometry: bool = True, at: date | None = None
    ) -> m.AreaCollection:
        """The communes of a province or of all, today or on a day."""
        return self._run(exchange(calls.areas(parent=parent, geometry=geometry, at=at), self._retries))

    def area_at(self, longitude: float, latitude: float, *, geometry: bool = False) -> m.Area:
        """The commune that holds a point (degrees, WGS 84)."""
        return self._run(exchange(calls.area_at(longitude, latitude, geometry=geometry), self._retries))

    def agencies(
        self,
        *,
        q: str | None = None,
        level: Literal["central", "province", "commune"] | None = None,
        area: str | None = None,
        limit: int = 1_000,
    ) -> Iterator[m.Agency]:
        """Agencies that have a name, by key: with a text in it, of a level, or that serve an area."""
        return self._items(calls.agencies(q=q, level=level, area=area, limit=limit))

    def procedures(
        self, *, q: str | None = None, field: str | None = None, limit: int = 1_000
    ) -> Iterator[m.Procedure]:
        """Procedures that have a name, by key: with a text in it, or of a field (lĩnh vực)."""
        return self._items(calls.procedures(q=q, field=field, limit=limit))

    def indicators(self, *, group: str | None = None, public: bool | None = None) -> Iterator[m.Indicator]:
        """What is computed, by id."""
        return self._items(calls.indicators(group=group, public=public))

    def indicator(self, key: str, *, version: int | None = None) -> m.IndicatorDetail:
        """Everything that a version of an indicator says; by default the one in force."""
        return self._run(exchange(calls.indicator(key, version=version), self._retries))

    def values(
        self,
        indicator: str,
        subject: str,
        *,
        period: m.PeriodKind | None = None,
        start: str | datetime | None = None,
        end: str | datetime | None = None,
        as_of: datetime | None = None,
        version: int | None = None,
        limit: int = 1_000,
    ) -> Iterator[m.Figure]:
        """The figures of a subject in the order of time.

        Args:
            indicator: its id.
            subject: `02671` or `15` (an area), `agency:…`, `procedure:…`, `thing:<provider>/<thing>` …
            period: length of the periods; None: the first of the definition.
            start, end: periods (`2026-01`; `end` is then inside) or times.
            as_of: as known then.
            version: of the definition; None: of each period the one in force.
            limit: figures a page.
        """
        return self._items(
            calls.values(
                indicator,
                subject,
                period=period,
                start=start,
                end=end,
                as_of=as_of,
                version=version,
                limit=limit,
            )
        )

    def ranking(
        self,
        indicator: str,
        *,
        by: Literal["area", "agency", "procedure", "thing"] = "area",
        period: m.PeriodKind | None = None,
        as_of: datetime | None = None,
        limit: int = 1_000,
    ) -> m.Ranking:
        """The newest figure of each subject, best first: all pages in one."""
        return self._run(
            whole_ranking(
                calls.ranking(indicator, by=by, period=period, as_of=as_of, limit=limit), self._retries
            )
        )

    def cards(
        self,
        subject: str,
        *,
        group: str | None = None,
        period: m.PeriodKind | None = None,
        as_of: datetime | None = None,
    ) -> Iterator[m.Card]:
        """The newest figure of each indicator of a subject."""
        return self._items(calls.cards(subject, group=group, period=period, as_of=as_of))

    def explain(
        self,
        indicator: str,
        subject: str,
        period: str,
        *,
        as_of: datetime | None = None,
        version: int | None = None,
        limit: int = 100,
    ) -> m.Explanation:
        """Why a figure is what it is, with the first `limit` of its inputs."""
        return self._run(
            exchange(
                calls.explain(indicator, subject, period, as_of=as_of, version=version, limit=limit),
                self._retries,
            )
        )

    def alerts(
        self,
        *,
        state: str | Sequence[str] | None = None,
        severity: str | Sequence[str] | None = None,
        rule: str | None = None,
        area: str | None = None,
        subject: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        limit: int = 1_000,
    ) -> Iterator[m.Alert]:
        """Alerts, the newest first; `start` and `end` bound when they were opened."""
        return self._items(
            calls.alerts(
                state=state,
                severity=severity,
                rule=rule,
                area=area,
                subject=subject,
                start=start,
                end=end,
                limit=limit,
            )
        )

    def open_data(self) -> m.OpenData:
        """The public indicators with the province's newest figures. No credential is needed."""
        return self._run(exchange(calls.open_data(), self._retries))

    def _items(self, call: Call[m.Page[T]]) -> Iterator[T]:
        following: Call[m.Page[T]] | None = call
        while following is not None:
            page = self._run(exchange(following, self._retries))
            yield from page.items
            following = call.following(page.next)

    def _run(self, steps: Exchange[T]) -> T:
        """Do what an exchange wants, until it has its answer."""
        try:
            step = next(steps)
            while True:
                if isinstance(step, Wait):
                    time.sleep(step.seconds)
                    step = steps.send(None)
                    continue
                try:
                    answer = self._http.get(step.path, params=list(step.parameters))
                except httpx.TransportError as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(answer)
        except StopIteration as end:
            result: Any = end.value
            return result
