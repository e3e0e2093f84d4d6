"""Units as decoders of devices write them, and what UCUM calls them."""

from typing import Final

from fansipan_ingest.domain.registration import Unit

_MICROGRAM: Final = Unit("microgram per cubic metre", "µg/m³", "ug/m3")
_METRE_PER_SECOND: Final = Unit("metre per second", "m/s", "m/s")

DECODER_UNITS: Final[dict[str, Unit]] = {
    "°C": Unit("degree Celsius", "°C", "Cel"),
    "%": Unit("percent", "%", "%"),
    "Pa": Unit("pascal", "Pa", "Pa"),
    "hPa": Unit("hectopascal", "hPa", "hPa"),
    "kPa": Unit("kilopascal", "kPa", "kPa"),
    "V": Unit("volt", "V", "V"),
    "mV": Unit("millivolt", "mV", "mV"),
    "A": Unit("ampere", "A", "A"),
    "mA": Unit("milliampere", "mA", "mA"),
    "W": Unit("watt", "W", "W"),
    "kWh": Unit("kilowatt hour", "kWh", "kW.h"),
    "m": Unit("metre", "m", "m"),
    "cm": Unit("centimetre", "cm", "cm"),
    "mm": Unit("millimetre", "mm", "mm"),
    "nm": Unit("nanometre", "nm", "nm"),
    "ms": Unit("millisecond", "ms", "ms"),
    "s": Unit("second", "s", "s"),
    "µg/m³": _MICROGRAM,
    "ug/m3": _MICROGRAM,
    "µg⋅m⁻³": _MICROGRAM,
    "m/s": _METRE_PER_SECOND,
    "m⋅s⁻¹": _METRE_PER_SECOND,
    "mm/h": Unit("millimetre per hour", "mm/h", "mm/h"),
    "mm⋅h⁻¹": Unit("millimetre per hour", "mm/h", "mm/h"),
    "W⋅m⁻²": Unit("watt per square metre", "W/m²", "W/m2"),
    "W/m²": Unit("watt per square metre", "W/m²", "W/m2"),
    "°": Unit("degree", "°", "deg"),
    "ppm": Unit("part per million", "ppm", "[ppm]"),
    "ppb": Unit("part per billion", "ppb", "[ppb]"),
    "lx": Unit("lux", "lx", "lx"),
    "lux": Unit("lux", "lx", "lx"),
    "km": Unit("kilometre", "km", "km"),
    "dB": Unit("decibel", "dB", "dB"),
}
"""By the text beside a value; a text that is not here states no unit."""
