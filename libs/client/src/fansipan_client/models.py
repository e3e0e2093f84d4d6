"""Results: frozen models with the names of the API in snake_case. Members that a newer gateway adds are left out."""

from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Quality = Literal["good", "suspect", "bad"]
Direction = Literal["higher-is-better", "lower-is-better", "none"]
PeriodKind = Literal["hour", "day", "month", "quarter", "year"]
SubjectKind = Literal["area", "agency", "procedure", "thing", "agency-procedure", "area-procedure"]


class Model(BaseModel):
    """Base of all results."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


T = TypeVar("T")


class Page(Model, Generic[T]):
    """One page of a list; `next` is the address of the following one."""

    items: list[T]
    next: str | None = None


class Text(Model):
    """A text in both languages."""

    vi: str
    en: str


class Thing(Model):
    """What carries sensors."""

    id: int
    key: str
    name: str
    description: str
    properties: dict[str, Any]
    area_code: str | None
    longitude: float | None
    latitude: float | None
    datastream_count: int
    last_observed_at: datetime | None = None


class UnitOfMeasurement(Model):
    """Unit of a datastream."""

    name: str | None
    symbol: str | None
    definition: str | None


class ObservedProperty(Model):
    """What is observed."""

    id: int
    key: str
    name: str
    definition: str
    description: str


class DatastreamThing(Model):
    """The thing that a datastream belongs to."""

    id: int
    key: str
    name: str
    properties: dict[str, Any]
    area_code: str | None
    longitude: float | None
    latitude: float | None


class LatestValue(Model):
    """The observation with the latest phenomenon time."""

    phenomenon_time: datetime
    result: Any
    result_quality: Quality | None


class Datastream(Model):
    """One observed property of one thing."""

    id: int
    key: str
    name: str
    description: str
    properties: dict[str, Any]
    observation_type: str
    unit_of_measurement: UnitOfMeasurement
    observed_property: ObservedProperty
    thing: DatastreamThing
    latest: LatestValue | None
    last_observed_at: datetime | None = None
    expected_interval_seconds: float | None = None


class Observation(Model):
    """One observation; `result` is a number, text, boolean or object."""

    datastream: str
    phenomenon_time: datetime
    result: Any
    result_quality: Quality | None


class LatestObservation(Observation):
    """The newest observation of a datastream, and when it was stored."""

    stored_at: datetime


class Rollup(Model):
    """The numeric observations of a bucket that are not marked bad."""

    datastream: str
    bucket: datetime
    count: int
    sum: float
    min: float
    max: float
    first: float
    last: float
    mean: float


class Area(Model):
    """A commune (or a former one, of which less is known) as a GeoJSON feature."""

    id: str
    properties: dict[str, Any]
    geometry: dict[str, Any] | None
    bbox: list[float] | None = None

    @property
    def name(self) -> str:
        """Its full Vietnamese name."""
        return self.properties["fullName"]


class AreaCollection(Model):
    """A GeoJSON FeatureCollection of areas."""

    features: list[Area]


class Unit(Model):
    """What the values of an indicator are counted in."""

    symbol: str
    ucum: str = "1"
    name: Text | None = None


class Band(Model):
    """A named range of values."""

    key: str
    name: Text
    colour: str
    up_to: float | None = None
    from_: float | None = Field(default=None, alias="from")


class Citation(Model):
    """Where a definition comes from."""

    title: str
    article: str | None = None
    note: str | None = None


class Indicator(Model):
    """An indicator by the version in force."""

    id: str
    names: Text
    short_names: Text | None
    description: Text
    group: str
    unit: Unit
    direction: Direction
    decimals: int
    public: bool
    version: int
    periods: list[PeriodKind]
    subjects: list[str]
    bands: list[Band]
    sources: list[Citation]


class IndicatorDetail(Indicator):
    """An indicator with everything that one version says."""

    refresh_seconds: float
    formula: dict[str, Any]
    in_words: Text
    disputed: list[Text]
    digest: str
    retired_at: datetime | None
    previous_version: int | None
    next_version: int | None


class Agency(Model):
    """What an agency is called; `key` is as service events name it."""

    key: str
    name: str
    name_en: str | None
    level: Literal["central", "province", "commune"] | None
    area_code: str | None


class Procedure(Model):
    """What a procedure is called. `processing_days`: working days."""

    key: str
    name: str
    name_en: str | None
    field: str | None
    national_code: str | None
    law: str | None
    processing_days: float | None


class Subject(Model):
    """Whom a figure is about. Without a name it is shown by its key."""

    kind: SubjectKind
    key: str
    name: str | None
    name_en: str | None


class FigureBand(Model):
    """The band that a value lies in."""

    key: str
    name: Text | None
    colour: str | None


class Restated(Model):
    """What is known today of a figure whose period is closed."""

    value: float | None
    reason: str | None
    at: datetime | None
    revision: int


class Figure(Model):
    """The figure of a subject for a period; of a closed period the one that was closed."""

    indicator: str
    version: int
    subject: Subject
    period: str
    start: datetime
    end: datetime
    value: float | None
    band: FigureBand | None
    numerator: float | None
    denominator: float | None
    sample_count: int
    completeness: float | None
    revision: int | None
    reason: str | None
    known_from: datetime | None
    missing: str | None
    provisional: bool
    closed: bool
    restated: Restated | None


class MovingFigure(Figure):
    """A figure, and what came before it."""

    previous: float | None
    change: float | None


class RankedFigure(MovingFigure):
    """A figure with its rank."""

    rank: int | None


class Ranking(Model):
    """A whole ranking, best first."""

    indicator: str
    period: PeriodKind
    direction: Direction
    total: int
    province: MovingFigure | None
    items: list[RankedFigure]
    next: str | None = None


class Card(MovingFigure):
    """The newest figure of an indicator, with what is needed to show it."""

    names: Text
    short_names: Text | None
    group: str
    unit: Unit
    decimals: int
    direction: Direction


class Revision(Model):
    """What was known, from when until when."""

    revision: int
    value: float | None
    reason: str
    known_from: datetime
    superseded_at: datetime | None


class Explanation(Model):
    """Why a figure is what it is. `inputs` are those of the first page; `kind` in it says which they are."""

    definition: dict[str, Any]
    figure: Figure
    numerator: dict[str, Any] | None
    denominator: dict[str, Any] | None
    completeness: dict[str, Any]
    details: dict[str, Any]
    inputs: dict[str, Any]
    revisions: list[Revision]
    more_revisions: bool
    close: dict[str, Any] | None
    next: str | None


class Alert(Model):
    """One open problem, or one that has ended."""

    id: int
    rule: str
    rule_names: Text
    subject: str
    subject_kind: str
    subject_name: str
    subject_name_en: str | None = None
    area_code: str | None
    severity: Literal["info", "warning", "serious", "critical"]
    state: Literal["open", "acknowledged", "resolved", "withdrawn"]
    summary: Text
    cause: dict[str, Any]
    opened_at: datetime
    started_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    assignee: str | None
    ended_at: datetime | None
    silenced: bool
    version: int


class OpenFigure(Model):
    """The province's newest figure."""

    period: str
    start: datetime
    end: datetime
    value: float | None
    band: FigureBand | None
    sample_count: int
    completeness: float | None
    missing: str | None
    provisional: bool
    closed: bool
    known_from: datetime | None
    previous: float | None
    change: float | None


class OpenLinks(Model):
    """Where to have more: `downloads` by format."""

    downloads: dict[str, str]
    values: str
    definition: str


class OpenIndicator(Model):
    """A public indicator."""

    id: str
    names: Text
    short_names: Text | None
    description: Text
    group: str
    unit: Unit
    decimals: int
    direction: Direction
    version: int
    periods: list[PeriodKind]
    bands: list[Band]
    sources: list[Citation]
    latest: OpenFigure | None
    links: OpenLinks


class OpenData(Model):
    """All public indicators, with their licence (a URI)."""

    licence: str
    publisher: str
    province: Subject
    items: list[OpenIndicator]
