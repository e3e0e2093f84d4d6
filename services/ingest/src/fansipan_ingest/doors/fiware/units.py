"""Codes of UN/CEFACT Recommendation 20, which NGSI uses as `unitCode`, and what UCUM calls them.

Code and name of each are those of the Recommendation's Annex I (UNECE, "Codes for Units of Measure Used in
International Trade"); the UCUM codes here and in the other tables of units were checked with the validator of the
U.S. National Library of Medicine (`@lhncbc/ucum-lhc`), which finds them valid and gives them the same names. Not here
on purpose: HPA, which some senders mean to be hectopascal: it is a hectolitre of pure alcohol.
"""

from typing import Final

from fansipan_ingest.domain.registration import Unit

CEFACT_UNITS: Final[dict[str, Unit]] = {
    "CEL": Unit("degree Celsius", "°C", "Cel"),
    "KEL": Unit("kelvin", "K", "K"),
    "FAH": Unit("degree Fahrenheit", "°F", "[degF]"),
    "P1": Unit("percent", "%", "%"),
    "GP": Unit("milligram per cubic metre", "mg/m³", "mg/m3"),
    "GQ": Unit("microgram per cubic metre", "µg/m³", "ug/m3"),
    "59": Unit("part per million", "ppm", "[ppm]"),
    "61": Unit("part per billion", "ppb", "[ppb]"),
    "A97": Unit("hectopascal", "hPa", "hPa"),
    "PAL": Unit("pascal", "Pa", "Pa"),
    "KPA": Unit("kilopascal", "kPa", "kPa"),
    "MBR": Unit("millibar", "mbar", "mbar"),
    "BAR": Unit("bar", "bar", "bar"),
    "MTS": Unit("metre per second", "m/s", "m/s"),
    "KMH": Unit("kilometre per hour", "km/h", "km/h"),
    "KNT": Unit("knot", "kn", "[kn_i]"),
    "MMT": Unit("millimetre", "mm", "mm"),
    "CMT": Unit("centimetre", "cm", "cm"),
    "MTR": Unit("metre", "m", "m"),
    "KMT": Unit("kilometre", "km", "km"),
    "H67": Unit("millimetre per hour", "mm/h", "mm/h"),
    "2N": Unit("decibel", "dB", "dB"),
    "DD": Unit("degree", "°", "deg"),
    "LUX": Unit("lux", "lx", "lx"),
    "D54": Unit("watt per square metre", "W/m²", "W/m2"),
    "WTT": Unit("watt", "W", "W"),
    "KWT": Unit("kilowatt", "kW", "kW"),
    "MAW": Unit("megawatt", "MW", "MW"),
    "KWH": Unit("kilowatt hour", "kWh", "kW.h"),
    "MWH": Unit("megawatt hour", "MWh", "MW.h"),
    "JOU": Unit("joule", "J", "J"),
    "VLT": Unit("volt", "V", "V"),
    "2Z": Unit("millivolt", "mV", "mV"),
    "AMP": Unit("ampere", "A", "A"),
    "4K": Unit("milliampere", "mA", "mA"),
    "HTZ": Unit("hertz", "Hz", "Hz"),
    "LTR": Unit("litre", "L", "L"),
    "MTQ": Unit("cubic metre", "m³", "m3"),
    "MQS": Unit("cubic metre per second", "m³/s", "m3/s"),
    "MQH": Unit("cubic metre per hour", "m³/h", "m3/h"),
    "M1": Unit("milligram per litre", "mg/L", "mg/L"),
    "KGM": Unit("kilogram", "kg", "kg"),
    "GRM": Unit("gram", "g", "g"),
    "C26": Unit("millisecond", "ms", "ms"),
    "SEC": Unit("second", "s", "s"),
    "MIN": Unit("minute", "min", "min"),
    "HUR": Unit("hour", "h", "h"),
    "D10": Unit("siemens per metre", "S/m", "S/m"),
    "C62": Unit("one", "1", "1"),
}
"""By code; one that is not here states no unit."""
