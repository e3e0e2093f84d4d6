"""The operations of the API: what is asked, and what the answer is read as. Nothing here does I/O."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl, quote, urlsplit

from pydantic import TypeAdapter

from fansipan_client import models as m

T = TypeVar("T")
Parameter = str | int | float | bool | datetime | date | None
Parameters = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One GET.

    Attributes:
        path: below the address of the gateway.
        parse: reads the body.
        parameters: of the query.
    """

    path: str
    parse: Callable[[bytes], T]
    parameters: Parameters = field(default=())

    def following(self, address: str | None) -> "Call[T] | None":
        """The call of the next page. Only the query of `next` is taken: keys are sent to no other host."""
        if address is None:
            return None
        return replace(self, parameters=tuple(parse_qsl(urlsplit(address).query)))


def things(*, area: str | None, q: str | None, limit: int) -> Call[m.Page[m.Thing]]:
    return _call("/v1/things", m.Page[m.Thing], area=area, q=q, limit=limit)


def thing(reference: str | int) -> Call[m.Thing]:
    return _call(f"/v1/things/{_segment(reference)}", m.Thing)


def datastreams(
    *, thing: str | None, observed_property: str | None, area: str | None, q: str | None, limit: int
) -> Call[m.Page[m.Datastream]]:
    return _call(
        "/v1/datastreams",
        m.Page[m.Datastream],
        thing=thing,
        observedProperty=observed_property,
        area=area,
        q=q,
        limit=limit,
    )


def datastream(reference: str | int) -> Call[m.Datastream]:
    return _call(f"/v1/datastreams/{_segment(reference)}", m.Datastream)


def observations(
    datastream: str | Sequence[str],
    *,
    start: datetime | None,
    end: datetime | None,
    max_points: int | None,
    limit: int,
) -> Call[m.Page[m.Observation]]:
    return _call(
        "/v1/observations",
        m.Page[m.Observation],
        datastream=datastream,
        granularity="raw",
        **{"from": start, "to": end},
        maxPoints=max_points,
        limit=limit,
    )


def rollups(
    datastream: str | Sequence[str],
    granularity: str,
    *,
    start: datetime | None,
    end: datetime | None,
    limit: int,
) -> Call[m.Page[m.Rollup]]:
    return _call(
        "/v1/observations",
        m.Page[m.Rollup],
        datastream=datastream,
        granularity=granularity,
        **{"from": start, "to": end},
        limit=limit,
    )


def latest(
    *, datastream: str | Sequence[str] | None, area: str | None, thing: str | None, limit: int
) -> Call[m.Page[m.LatestObservation]]:
    return _call(
        "/v1/latest", m.Page[m.LatestObservation], datastream=datastream, area=area, thing=thing, limit=limit
    )


def areas(*, parent: str | None, geometry: bool, at: date | None) -> Call[m.AreaCollection]:
    return _call("/v1/areas", m.AreaCollection, parent=parent, geometry=geometry, at=at)


def area_at(longitude: float, latitude: float, *, geometry: bool) -> Call[m.Area]:
    return _call("/v1/areas/at", m.Area, lon=longitude, lat=latitude, geometry=geometry)


def agencies(*, q: str | None, level: str | None, area: str | None, limit: int) -> Call[m.Page[m.Agency]]:
    return _call("/v1/agencies", m.Page[m.Agency], q=q, level=level, area=area, limit=limit)


def procedures(*, q: str | None, field: str | None, limit: int) -> Call[m.Page[m.Procedure]]:
    return _call("/v1/procedures", m.Page[m.Procedure], q=q, field=field, limit=limit)


def indicators(*, group: str | None, public: bool | None) -> Call[m.Page[m.Indicator]]:
    return _call("/v1/indicators", m.Page[m.Indicator], group=group, public=public)


def indicator(key: str, *, version: int | None) -> Call[m.IndicatorDetail]:
    return _call(f"/v1/indicators/{_segment(key)}", m.IndicatorDetail, version=version)


def values(
    indicator: str,
    subject: str,
    *,
    period: str | None,
    start: str | datetime | None,
    end: str | datetime | None,
    as_of: datetime | None,
    version: int | None,
    limit: int,
) -> Call[m.Page[m.Figure]]:
    return _call(
        f"/v1/indicators/{_segment(indicator)}/values",
        m.Page[m.Figure],
        subject=subject,
        period=period,
        **{"from": start, "to": end},
        asOf=as_of,
        version=version,
        limit=limit,
    )


def ranking(
    indicator: str, *, by: str, period: str | None, as_of: datetime | None, limit: int
) -> Call[m.Ranking]:
    return _call(
        f"/v1/indicators/{_segment(indicator)}/latest",
        m.Ranking,
        by=by,
        period=period,
        asOf=as_of,
        limit=limit,
    )


def cards(
    subject: str, *, group: str | None, period: str | None, as_of: datetime | None
) -> Call[m.Page[m.Card]]:
    return _call(
        "/v1/indicators/latest", m.Page[m.Card], subject=subject, group=group, period=period, asOf=as_of
    )


def explain(
    indicator: str, subject: str, period: str, *, as_of: datetime | None, version: int | None, limit: int
) -> Call[m.Explanation]:
    path = f"/v1/indicators/{_segment(indicator)}/values/{_segment(subject)}/{_segment(period)}/explain"
    return _call(path, m.Explanation, asOf=as_of, version=version, limit=limit)


def alerts(
    *,
    state: str | Sequence[str] | None,
    severity: str | Sequence[str] | None,
    rule: str | None,
    area: str | None,
    subject: str | None,
    start: datetime | None,
    end: datetime | None,
    limit: int,
) -> Call[m.Page[m.Alert]]:
    return _call(
        "/v1/alerts",
        m.Page[m.Alert],
        state=state,
        severity=severity,
        rule=rule,
        area=area,
        subject=subject,
        **{"from": start, "to": end},
        limit=limit,
    )


def open_data() -> Call[m.OpenData]:
    return _call("/v1/open-data/indicators", m.OpenData)


def _call(path: str, kind: type[T], **query: Parameter | Sequence[str]) -> Call[T]:
    return Call(path, TypeAdapter(kind).validate_json, _parameters(query))


def _parameters(query: dict[str, Any]) -> Parameters:
    """A sequence is a parameter that is repeated; None is left out."""
    found: list[tuple[str, str]] = []
    for name, value in query.items():
        several: Sequence[Any] = (
            value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
        )
        found += [(name, _text(one)) for one in several if one is not None]
    return tuple(found)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone: give one, such as timezone.utc")
        return value.isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def _segment(text: str | int) -> str:
    """A part of a path; the slashes of keys stay."""
    return quote(str(text), safe="/:|~")
