"""The YAML of a scenario, validated."""

from datetime import timedelta
from typing import Annotated, Any, Generic, Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    model_validator,
)

from fansipan_cli.durations import parse_duration
from fansipan_cli.errors import UsageError
from fansipan_common.contracts import ResultQuality, ServiceEventType
from fansipan_common.contracts.keys import PROPERTY_KEY, PROVIDER_KEY, THING_KEY
from fansipan_common.contracts.service_event import AreaCode, Channel, Code

T = TypeVar("T")


def _zone(value: Any) -> Any:
    try:
        return ZoneInfo(value) if isinstance(value, str) else value
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{value!r} is no time zone of the IANA database") from error


def _length(value: Any) -> Any:
    try:
        return parse_duration(value) if isinstance(value, str) else value
    except UsageError as error:
        raise ValueError(str(error)) from error


Zone = Annotated[ZoneInfo, BeforeValidator(_zone), PlainSerializer(str)]
Length = Annotated[timedelta, BeforeValidator(_length)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
ProviderKey = Annotated[str, StringConstraints(pattern=f"^{PROVIDER_KEY.pattern}$")]
ThingKey = Annotated[str, StringConstraints(pattern=f"^{THING_KEY.pattern}$")]
PropertyKey = Annotated[str, StringConstraints(pattern=f"^{PROPERTY_KEY.pattern}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Names(_Part):
    """A name in Vietnamese and in English."""

    vi: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]


class Unit(_Part):
    """A SensorThings unitOfMeasurement; `ucum` is its definition."""

    name: str
    symbol: str
    ucum: str


class Property(_Part):
    """What is observed."""

    name: Names
    unit: Unit
    definition: str = ""


class Provider(_Part):
    """Under which provider the datastreams stand."""

    key: ProviderKey
    name: str


class Sensor(_Part):
    """What measured the readings of a source."""

    key: Slug
    name: str
    description: str = ""


class Thing(_Part):
    """Where the readings of one station are placed. `point` is longitude, latitude."""

    key: ThingKey
    name: Names
    area: AreaCode
    point: tuple[Annotated[float, Field(ge=-180, le=180)], Annotated[float, Field(ge=-90, le=90)]]
    origin: Annotated[str, Field(min_length=1, description="Where the readings were really taken.")]
    attributes: Annotated[
        dict[str, Any],
        Field(
            description="What indicators ask a thing for: alarmLevels, capacity, referenceSpeed, hazardZone."
        ),
    ] = {}


class Time(_Part):
    """The column with the time; `zone` only when its values carry no offset."""

    column: str
    zone: Zone | None = None


class Column(_Part):
    """A column of numbers: the observed property, and a factor to its unit."""

    property: PropertyKey
    scale: Annotated[float, Field(gt=0)] = 1.0


class Quality(_Part):
    """A column that says how far a reading may be trusted; values that are not listed are not stated."""

    column: str
    map: dict[str, ResultQuality]


class Observations(_Part):
    """How rows become observations: one for every column with a number.

    Without `thing_column` the file is about one thing, whose key in `things` is `*`.
    """

    time: Time
    thing_column: str | None = None
    columns: Annotated[dict[str, Column], Field(min_length=1)]
    quality: Quality | None = None
    sensor: Sensor
    things: Annotated[dict[str, Thing], Field(min_length=1)]

    @model_validator(mode="after")
    def _things_fit(self) -> "Observations":
        if self.thing_column is None and set(self.things) != {"*"}:
            raise ValueError("without thing_column there is one thing, under the key '*'")
        return self


class Mapped(_Part, Generic[T]):
    """A column whose values are looked up in `map`; others are `default`, or an error when there is none."""

    column: str
    map: dict[str, T]
    default: T | None = None

    def get(self, value: str) -> T:
        """What `value` stands for. Raises `KeyError` when it is not listed and there is no default."""
        found = self.map.get(value, self.default)
        if found is None:
            raise KeyError(value)
        return found


FinishedType = Literal["processed", "returned", "rejected", "withdrawn"]


class Dossiers(_Part):
    """How rows become dossier events: received, and when the row has a finish, how it ended.

    Columns of times carry an offset; an empty cell means that there is no such moment.
    """

    source: Annotated[str, Field(min_length=1, max_length=256)]
    id_column: str
    id_prefix: Slug
    received: str
    due: str
    finished: str
    procedure_column: str
    procedure_prefix: Slug
    agency: Mapped[Code]
    channel: Mapped[Channel]
    area: Mapped[AreaCode]
    outcome: Mapped[FinishedType]

    def finished_type(self, outcome: str) -> ServiceEventType:
        """The type of the event that ends a dossier."""
        return ServiceEventType(f"vn.fansipan.dossier.{self.outcome.get(outcome)}.v1")


class ServiceNames(_Part):
    """What the agencies and procedures of the dossiers are called, by their keys."""

    agencies: dict[Code, Names]
    procedures: dict[Code, Names]


class Source(_Part):
    """One file.

    Attributes:
        file: path from the scenario's folder, `*.csv` or `*.csv.gz`, sorted by time.
        clock: the zone whose wall clock the readings followed; kept on the wall clock of the scenario's zone, so that
            rush hours stay in the morning.
        align: the demo moves the file by whole days or weeks of that wall clock.
        hold_back: how much of the end the demo keeps for its live part.
    """

    id: Slug
    file: str
    title: str
    licence: str
    clock: Zone
    align: Literal["day", "week"] = "week"
    hold_back: Length
    observations: Observations | None = None
    dossiers: Dossiers | None = None

    @model_validator(mode="after")
    def _is_one_kind(self) -> "Source":
        if (self.observations is None) == (self.dossiers is None):
            raise ValueError("give either observations or dossiers")
        return self


class Scenario(_Part):
    """Sources and what they are about."""

    id: Slug
    name: Names
    zone: Zone
    provider: Provider
    properties: dict[PropertyKey, Property]
    names: ServiceNames = ServiceNames(agencies={}, procedures={})
    sources: Annotated[list[Source], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_agree(self) -> "Scenario":
        ids = [source.id for source in self.sources]
        if len(set(ids)) != len(ids):
            raise ValueError("two sources have the same id")
        keys = [thing.key for s in self.sources if s.observations for thing in s.observations.things.values()]
        if len(set(keys)) != len(keys):
            raise ValueError("two things have the same key")
        for source in self.sources:
            for column in source.observations.columns.values() if source.observations else ():
                if column.property not in self.properties:
                    raise ValueError(f"{source.id}: the property {column.property!r} is not described")
        return self
