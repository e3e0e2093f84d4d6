"""What the names of columns say, in Vietnamese and English, with or without diacritics."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

from fansipan_common.contracts.keys import PROPERTY_KEY
from fansipan_common.contracts.naming import key_part

Role = Literal[
    "time", "date", "hour", "datastream", "thing", "property", "result", "quality", "unit", "place"
]

_ROLES: Final[tuple[tuple[Role, str], ...]] = (
    ("datastream", r"data ?stream|datastream key|luong du lieu"),
    (
        "place",
        r"lat|latitude|lon|lng|long|longitude|vi do|kinh do|stt|id|so thu tu|ghi chu|note|notes|x|y",
    ),
    ("quality", r"chat luong|quality|flag|status|trang thai|co hieu|qc"),
    ("unit", r"don vi|don vi do|dvt|unit|units|uom"),
    (
        "property",
        r"thong so|chi tieu|chi so|yeu to|parameter|param|property|observed property|variable|pollutant",
    ),
    ("result", r"gia tri|ket qua|so lieu|value|result|measurement|reading"),
    ("hour", r"gio|hour|gio do|thoi diem|time of day"),
    ("date", r"ngay|date|ngay do|day"),
    ("time", r"thoi gian.*|time.*|timestamp.*|date ?time.*|ngay gio.*|phenomenon ?time|thoi diem do"),
    (
        "thing",
        r"(ma |ten )?(tram|diem do|diem|thiet bi|cam bien)( do| quan trac)?|station.*|site.*|device.*|sensor.*|thing"
        r"|location|vi tri",
    ),
)
_PROPERTIES: Final[tuple[tuple[str, str], ...]] = (
    ("pm2_5", r"pm ?2[.,_ ]?5|bui pm ?2[.,_ ]?5|bui min"),
    ("pm10", r"pm ?10|bui pm ?10"),
    ("pm1", r"pm ?1|bui pm ?1"),
    ("so2", r"so2"),
    ("no2", r"no2"),
    ("co", r"co"),
    ("o3", r"o3|ozone?"),
    ("temperature", r"nhiet do( khong khi)?|temperature|temp|air temperature"),
    ("humidity", r"do am( khong khi| tuong doi)?|humidity|relative humidity|rh"),
    ("pressure", r"ap suat|khi ap|pressure|air pressure"),
    ("wind_speed", r"toc do gio|van toc gio|wind ?speed"),
    ("rain", r"mua|luong mua|rain|rainfall|precipitation"),
    ("water_level", r"muc nuoc|water ?level|stage"),
)
_USUAL_UNIT: Final = {
    "temperature": "°c",
    "humidity": "%",
    "pressure": "hpa",
    "wind_speed": "m/s",
    "rain": "mm",
    "water_level": "m",
    **dict.fromkeys(("pm2_5", "pm10", "pm1", "so2", "no2", "co", "o3"), "µg/m³"),
}
_FACTORS: Final = {
    ("cm", "m"): 0.01,
    ("mm", "m"): 0.001,
    ("cm", "mm"): 10.0,
    ("mg/m³", "µg/m³"): 1000.0,
    ("kpa", "hpa"): 10.0,
    ("pa", "hpa"): 0.01,
}
_BRACKETS: Final = re.compile(r"^(?P<name>.*?)\s*[(\[](?P<unit>[^)\]]*)[)\]]\s*$")


@dataclass(frozen=True, slots=True)
class NamedProperty:
    """The property that a name of a column stands for.

    Attributes:
        key: of the property.
        known: whether it is one of the well-known ones.
        unit: that the name states; "" for none.
        scale: what results are multiplied with to be in the usual unit; None when that is not known.
    """

    key: str
    known: bool
    unit: str
    scale: float | None


def role_of(name: str) -> Role | None:
    """What a column with this name probably is; None when the name says nothing."""
    plain = _plain(name)
    for role, pattern in _ROLES:
        if re.fullmatch(pattern, plain):
            return role
    return None


def property_of(name: str) -> NamedProperty:
    """The property that a column of results with this name is about."""
    bracketed = _BRACKETS.match(name)
    bare = bracketed["name"] if bracketed else name
    unit = bracketed["unit"].strip() if bracketed else ""
    plain = _plain(bare)
    for key, pattern in _PROPERTIES:
        if re.fullmatch(pattern, plain):
            return NamedProperty(key, True, unit, _scale(unit, _USUAL_UNIT[key]))
    bare = bare.strip()
    return NamedProperty(
        bare if PROPERTY_KEY.fullmatch(bare) else key_part((bare or name,)), False, unit, 1.0
    )


def _scale(unit: str, usual: str) -> float | None:
    written = unit.lower().replace("μ", "µ").replace("ug/", "µg/").replace("m3", "m³").replace(" ", "")
    if written in ("", usual) or (usual == "°c" and written in ("c", "ºc", "oc")):
        return 1.0
    return _FACTORS.get((written, usual))


def _plain(name: str) -> str:
    bracketed = _BRACKETS.match(name)
    text = (bracketed["name"] if bracketed else name).lower().replace("đ", "d")
    letters = (sign for sign in unicodedata.normalize("NFD", text) if not unicodedata.combining(sign))
    text = unicodedata.normalize("NFKC", "".join(letters))
    return re.sub(r"[\s_\-/]+", " ", text).strip(" .:")
