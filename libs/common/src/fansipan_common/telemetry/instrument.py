"""What an instrument is, what it is called in Prometheus, and how it is made. Only this module makes instruments."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from opentelemetry.metrics import CallbackOptions, Counter, Histogram, Meter, Observation, UpDownCounter

_PROMETHEUS_UNITS: Final = {"s": "_seconds", "By": "_bytes"}


class Kind(StrEnum):
    """How values come together.

    Attributes:
        COUNTER: only grows; a rate is asked of it.
        HISTOGRAM: how often values of each size were seen.
        UP_DOWN_COUNTER: what there is now; values of several processes may be added.
        GAUGE: what there is now; to add values of several processes means nothing.
    """

    COUNTER = "counter"
    HISTOGRAM = "histogram"
    UP_DOWN_COUNTER = "up-down-counter"
    GAUGE = "gauge"


@dataclass(frozen=True, slots=True)
class Attribute:
    """A property that tells series of an instrument apart.

    Attributes:
        name: as OpenTelemetry knows it.
        meaning: what it says.
        values: all that it can be; empty: open, but bounded by what the platform is made of.
    """

    name: str
    meaning: str
    values: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Its name in Prometheus."""
        return prometheus_name(self.name, "")


class Observed:
    """What a gauge asks when it is read: everybody who watches something of this kind."""

    def __init__(self) -> None:
        self._sources: list[Callable[[], Iterable[tuple[float, Mapping[str, str]]]]] = []

    def watch(self, source: Callable[[], Iterable[tuple[float, Mapping[str, str]]]]) -> None:
        """Ask `source`, too: values with their attributes. It must answer at once, from any thread."""
        self._sources.append(source)

    def read(self, _options: CallbackOptions) -> Iterable[Observation]:
        """For OpenTelemetry."""
        return [Observation(value, attributes) for source in self._sources for value, attributes in source()]


@dataclass(frozen=True, slots=True)
class Instrument:
    """One line of the registry.

    Attributes:
        name: as OpenTelemetry knows it.
        kind: how values come together.
        unit: in UCUM; in braces what is counted.
        description: one line.
        attributes: all that its series may have.
        buckets: upper bounds, of a histogram.
        service: who has it, where that is not everybody.
        condition: when it has values at all, where that is not always.
    """

    name: str
    kind: Kind
    unit: str
    description: str
    attributes: tuple[Attribute, ...] = ()
    buckets: tuple[float, ...] = ()
    service: str = ""
    condition: str = ""

    @property
    def prometheus(self) -> str:
        """Its name in Prometheus; that of a histogram without `_bucket`, `_count` or `_sum`."""
        return prometheus_name(self.name, self.unit) + ("_total" if self.kind is Kind.COUNTER else "")

    @property
    def series(self) -> tuple[str, ...]:
        """The names of all its series in Prometheus."""
        if self.kind is Kind.HISTOGRAM:
            return tuple(f"{self.prometheus}_{part}" for part in ("bucket", "count", "sum"))
        return (self.prometheus,)

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of its attributes in Prometheus."""
        own = tuple(attribute.label for attribute in self.attributes)
        return (*own, "le") if self.kind is Kind.HISTOGRAM else own

    def counter(self, meter: Meter) -> Counter:
        """Make it."""
        self._require(Kind.COUNTER)
        return meter.create_counter(self.name, self.unit, self.description)

    def histogram(self, meter: Meter) -> Histogram:
        """Make it."""
        self._require(Kind.HISTOGRAM)
        return meter.create_histogram(
            self.name, self.unit, self.description, explicit_bucket_boundaries_advisory=list(self.buckets)
        )

    def up_down_counter(self, meter: Meter) -> UpDownCounter:
        """Make it."""
        self._require(Kind.UP_DOWN_COUNTER)
        return meter.create_up_down_counter(self.name, self.unit, self.description)

    def observed(self, meter: Meter) -> Observed:
        """Make a gauge, or an up-down counter that is asked for its sum."""
        observed = Observed()
        if self.kind is Kind.UP_DOWN_COUNTER:
            meter.create_observable_up_down_counter(self.name, [observed.read], self.unit, self.description)
            return observed
        self._require(Kind.GAUGE)
        meter.create_observable_gauge(self.name, [observed.read], self.unit, self.description)
        return observed

    def _require(self, kind: Kind) -> None:
        if self.kind is not kind:
            raise TypeError(f"{self.name} is a {self.kind}, no {kind}")


def prometheus_name(name: str, unit: str) -> str:
    """A name in Prometheus, with the unit where that has one there; without `_total`."""
    plain, suffix = re.sub(r"[^a-zA-Z0-9]+", "_", name), _PROMETHEUS_UNITS.get(unit, "")
    return plain if plain.endswith(suffix) else plain + suffix
