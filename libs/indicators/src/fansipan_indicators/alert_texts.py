"""The sentence of an alert, in Vietnamese and English."""

from datetime import datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from fansipan_indicators.alert_conditions import Silence, format_duration
from fansipan_indicators.alert_rules import AlertRule
from fansipan_indicators.alerting import Episode

_ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_UNITS_VI: Final = {"s": "giây", "m": "phút", "h": "giờ", "d": "ngày"}
_UNITS_EN: Final = {"s": "s", "m": "min", "h": "h", "d": "d"}


class SubjectNames(NamedTuple):
    """What a subject is called; the Vietnamese name in both where there is no English one."""

    vi: str
    en: str


def summary_of(rule: AlertRule, names: SubjectNames, episode: Episode) -> dict[str, str]:
    """The rule's summary for one alert, by language. Times are those of Việt Nam, numbers have two decimals at most."""
    values = {"vi": {"subject": names.vi}, "en": {"subject": names.en}}
    for language, texts in values.items():
        texts["since"] = _moment(episode.began)
        if episode.cause is not None:
            texts["value"] = _number(episode.cause.value, language)
        if episode.bound is not None:
            texts["bound"] = _number(episode.bound, language)
        if isinstance(rule.condition, Silence):
            duration = format_duration(rule.condition.after)
            units = _UNITS_VI if language == "vi" else _UNITS_EN
            texts["after"] = f"{duration[:-1]} {units[duration[-1]]}"
    return {"vi": rule.summary.vi.format_map(values["vi"]), "en": rule.summary.en.format_map(values["en"])}


def _moment(at: datetime) -> str:
    return at.astimezone(_ZONE).strftime("%H:%M %d/%m/%Y")


def _number(value: float, language: str) -> str:
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    text = "0" if text == "-0" else text
    return text.replace(".", ",") if language == "vi" else text
