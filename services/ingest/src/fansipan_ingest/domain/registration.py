"""What an unknown datastream is registered as when its provider may register on first use."""

from dataclasses import dataclass
from typing import Any, Final

from fansipan_common.contracts import DatastreamKey

_OM: Final = "http://www.opengis.net/def/observationType/OGC-OM/2.0/"
MEASUREMENT: Final = _OM + "OM_Measurement"
COUNT: Final = _OM + "OM_CountObservation"
TRUTH: Final = _OM + "OM_TruthObservation"
CATEGORY: Final = _OM + "OM_CategoryObservation"
ANY: Final = _OM + "OM_Observation"


@dataclass(frozen=True, slots=True)
class Unit:
    """A SensorThings unitOfMeasurement; the definition is a UCUM code."""

    name: str
    symbol: str
    ucum: str


_MASS_CONCENTRATION: Final = Unit("microgram per cubic metre", "µg/m³", "ug/m3")
_KNOWN_UNITS: Final[dict[str, Unit]] = {
    "pm1": _MASS_CONCENTRATION,
    "pm2_5": _MASS_CONCENTRATION,
    "pm10": _MASS_CONCENTRATION,
    "so2": _MASS_CONCENTRATION,
    "no2": _MASS_CONCENTRATION,
    "co": _MASS_CONCENTRATION,
    "o3": _MASS_CONCENTRATION,
    "temperature": Unit("degree Celsius", "°C", "Cel"),
    "humidity": Unit("percent", "%", "%"),
    "pressure": Unit("hectopascal", "hPa", "hPa"),
    "wind_speed": Unit("metre per second", "m/s", "m/s"),
    "rain": Unit("millimetre", "mm", "mm"),
    "water_level": Unit("metre", "m", "m"),
}
_UNITS_BY_ENDING: Final[dict[str, Unit]] = {
    "mm": Unit("millimetre", "mm", "mm"),
    "cm": Unit("centimetre", "cm", "cm"),
    "mv": Unit("millivolt", "mV", "mV"),
    "hpa": Unit("hectopascal", "hPa", "hPa"),
    "kpa": Unit("kilopascal", "kPa", "kPa"),
    "kwh": Unit("kilowatt hour", "kWh", "kW.h"),
    "kw": Unit("kilowatt", "kW", "kW"),
    "ppm": Unit("part per million", "ppm", "[ppm]"),
    "ppb": Unit("part per billion", "ppb", "[ppb]"),
    "lux": Unit("lux", "lx", "lx"),
    "ugm3": _MASS_CONCENTRATION,
    "percent": Unit("percent", "%", "%"),
    "pct": Unit("percent", "%", "%"),
    "celsius": Unit("degree Celsius", "°C", "Cel"),
}
"""By what follows the last underscore of a property. Only endings that mean nothing else."""


def known_units() -> list[Unit]:
    """The units that names of properties suggest."""
    return [*_KNOWN_UNITS.values(), *_UNITS_BY_ENDING.values()]


@dataclass(frozen=True, slots=True)
class NewDatastream:
    """Metadata of a datastream to register."""

    key: DatastreamKey
    observation_type: str
    unit: Unit | None


def describe(key: DatastreamKey, result: Any, unit: Unit | None = None) -> NewDatastream:
    """Sane metadata from the key and the first result: type by the result; the unit that the sender states, else one
    that the property's name suggests."""
    kind = observation_type_of(result)
    if kind != MEASUREMENT:
        return NewDatastream(key, kind, None)
    return NewDatastream(key, kind, unit or _unit_by_name(key.property))


def _unit_by_name(prop: str) -> Unit | None:
    """The unit of a well-known property, or one that its name ends with; of a path (`water:level_mm`) the last name
    counts."""
    name = prop.lower().rpartition(":")[2]
    known = _KNOWN_UNITS.get(name)
    return known or (_UNITS_BY_ENDING.get(name.rpartition("_")[2]) if "_" in name else None)


def observation_type_of(result: Any) -> str:
    """The OGC observation type whose result has the type of `result`."""
    if isinstance(result, bool):
        return TRUTH
    if isinstance(result, int | float):
        return MEASUREMENT
    return CATEGORY if isinstance(result, str) else ANY


def result_fits(observation_type: str, result: Any) -> bool:
    """Whether a result is of the type that its datastream declares."""
    if observation_type == MEASUREMENT:
        return type(result) in (int, float)
    if observation_type == COUNT:
        return type(result) in (int, float) and float(result).is_integer()
    if observation_type == TRUTH:
        return isinstance(result, bool)
    if observation_type == CATEGORY:
        return isinstance(result, str)
    return True
