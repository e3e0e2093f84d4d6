"""Words of DCAT-AP: the controlled vocabularies of the Publications Office of the EU, which portals everywhere read."""

from typing import Final

from fansipan_indicators.periods import PeriodKind

_AUTHORITY: Final = "http://publications.europa.eu/resource/authority"
_MEDIA: Final = "https://www.iana.org/assignments/media-types"

CONTEXT: Final = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatap": "http://data.europa.eu/r5r/",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "locn": "http://www.w3.org/ns/locn#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
THEME_TAXONOMY: Final = f"{_AUTHORITY}/data-theme"
PUBLIC: Final = f"{_AUTHORITY}/access-right/PUBLIC"
RESTRICTED: Final = f"{_AUTHORITY}/access-right/RESTRICTED"
STABLE: Final = f"{_AUTHORITY}/planned-availability/STABLE"
LANGUAGES: Final = tuple(f"{_AUTHORITY}/language/{code}" for code in ("VIE", "ENG"))

_THEMES: Final = {
    "environment": "ENVI",
    "floods": "ENVI",
    "weather": "ENVI",
    "traffic": "TRAN",
    "parking": "TRAN",
    "energy": "ENER",
    "public-services": "GOVE",
    "e-government": "GOVE",
    "data-health": "TECH",
}
_FREQUENCIES: Final = {
    PeriodKind.HOUR: "HOURLY",
    PeriodKind.DAY: "DAILY",
    PeriodKind.MONTH: "MONTHLY",
    PeriodKind.QUARTER: "QUARTERLY",
    PeriodKind.YEAR: "ANNUAL",
}
FILE_TYPES: Final = {
    "csv": (f"{_AUTHORITY}/file-type/CSV", f"{_MEDIA}/text/csv"),
    "xlsx": (
        f"{_AUTHORITY}/file-type/XLSX",
        f"{_MEDIA}/application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    "parquet": (f"{_AUTHORITY}/file-type/PARQUET", f"{_MEDIA}/application/vnd.apache.parquet"),
    "geojson": (f"{_AUTHORITY}/file-type/GEOJSON", f"{_MEDIA}/application/geo+json"),
    "json": (f"{_AUTHORITY}/file-type/JSON", f"{_MEDIA}/application/json"),
}
"""Of each format: the file type, and the media type as IANA registers it."""


def theme(group: str) -> str:
    """The data theme of a group of indicators."""
    return f"{_AUTHORITY}/data-theme/{_THEMES.get(group, 'GOVE')}"


def frequency(kind: PeriodKind) -> str:
    """How often there is a new figure."""
    return f"{_AUTHORITY}/frequency/{_FREQUENCIES[kind]}"
