"""Addresses under which an indicator is had as open data."""

from typing import Final

from fansipan_gateway.indicators.domain.versions import IndicatorVersion

_FORMATS: Final = ("csv", "xlsx", "parquet")


def downloads(base: str, version: IndicatorVersion) -> dict[str, str]:
    """Address of the file of each format; a map only of what communes have."""
    formats = (*_FORMATS, "geojson") if "commune" in version.version.subjects else _FORMATS
    kind = version.version.periods[0].value
    more = "" if {"commune", "province"} & set(version.version.subjects) else _of_others(version)
    return {
        name: f"{base}/v1/indicators/{version.definition.id}/export?format={name}&period={kind}{more}"
        for name in formats
    }


def values(base: str, version: IndicatorVersion, province: str) -> str:
    """Address of the JSON answer with the province's figures."""
    kind = version.version.periods[0].value
    return f"{base}/v1/indicators/{version.definition.id}/values?area={province}&period={kind}"


def _of_others(version: IndicatorVersion) -> str:
    return f"&subjectKind={version.version.subjects[0]}"
