"""The catalogue as JSON-LD by DCAT-AP 3: a dataset for each public indicator, a distribution for each way to have it.

Source of the properties and which of them are mandatory: SEMIC, DCAT-AP 3.0 (it holds for DCAT-AP 2.1 too).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fansipan_gateway.domain.time_range import format_instant
from fansipan_gateway.indicators.domain.versions import IndicatorVersion
from fansipan_gateway.open_data.domain import links
from fansipan_gateway.open_data.domain.vocabulary import (
    CONTEXT,
    FILE_TYPES,
    LANGUAGES,
    PUBLIC,
    RESTRICTED,
    STABLE,
    THEME_TAXONOMY,
    frequency,
    theme,
)
from fansipan_indicators.definitions import Citation, Text

PATH: Final = "/v1/open-data/catalogue"
_TITLE: Final = Text(vi="Dữ liệu mở", en="Open data")
_DESCRIPTION: Final = Text(
    vi="Các chỉ số công khai về môi trường và dịch vụ công, theo xã, phường và toàn tỉnh.",
    en="Public indicators of the environment and of public services, by commune and for the province.",
)


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who publishes, and under which licence.

    Attributes:
        name: of the publisher.
        url: its home page, which also stands for it.
        contact: an e-mail address, if there is one.
        licence: a URI.
    """

    name: str
    url: str
    contact: str | None
    licence: str


@dataclass(frozen=True, slots=True)
class Province:
    """What the data is about. `bbox`: west, south, east, north in degrees."""

    code: str
    name: str
    name_en: str
    bbox: Sequence[float]


@dataclass(frozen=True, slots=True)
class Extent:
    """From when until when an indicator has figures, and when the newest was made."""

    start: datetime
    end: datetime
    modified: datetime


def catalogue_document(
    base: str,
    publisher: Publisher,
    province: Province,
    versions: Sequence[IndicatorVersion],
    extents: Mapping[int, Extent],
    *,
    open_api: bool,
) -> dict[str, Any]:
    """The catalogue as JSON-LD.

    Args:
        base: address of the gateway, without a slash at its end.
        publisher: who publishes.
        province: what it is about.
        versions: of each public indicator, the one in force.
        extents: by id of the version; one without figures has none.
        open_api: whether the JSON answers are read without a login.
    """
    catalogue, service = f"{base}{PATH}", f"{base}/v1"
    place = _place(base, province)
    changed = [extents[v.id].modified for v in versions if v.id in extents]
    datasets = [
        _dataset(base, publisher, province, v, extents.get(v.id), open_api=open_api) for v in versions
    ]
    return {
        "@context": CONTEXT,
        "@id": catalogue,
        "@type": "dcat:Catalog",
        "dct:title": _texts(Text(vi=f"{_TITLE.vi}: {province.name}", en=f"{_TITLE.en}: {province.name_en}")),
        "dct:description": _texts(_DESCRIPTION),
        "dct:publisher": {
            "@id": publisher.url,
            "@type": "foaf:Agent",
            "foaf:name": {"@value": publisher.name, "@language": "vi"},
            "foaf:homepage": _typed(publisher.url, "foaf:Document"),
        },
        "dct:license": _typed(publisher.licence, "dct:LicenseDocument"),
        "dct:language": [_typed(language, "dct:LinguisticSystem") for language in LANGUAGES],
        "dct:spatial": place,
        "dcat:themeTaxonomy": _typed(THEME_TAXONOMY, "skos:ConceptScheme"),
        "foaf:homepage": _typed(f"{base}/open", "foaf:Document"),
        **({"dct:modified": _instant(max(changed))} if changed else {}),
        "dcat:dataset": datasets,
        "dcat:service": {
            "@id": service,
            "@type": "dcat:DataService",
            "dct:title": _texts(Text(vi="Giao diện lập trình Fansipan", en="Fansipan API")),
            "dct:publisher": {"@id": publisher.url},
            "dct:license": {"@id": publisher.licence},
            "dct:accessRights": _typed(PUBLIC if open_api else RESTRICTED, "dct:RightsStatement"),
            "dcat:endpointURL": {"@id": service},
            "dcat:endpointDescription": {"@id": f"{base}/openapi.json"},
            "dcat:servesDataset": [{"@id": dataset["@id"]} for dataset in datasets],
        },
    }


def _dataset(
    base: str,
    publisher: Publisher,
    province: Province,
    version: IndicatorVersion,
    extent: Extent | None,
    *,
    open_api: bool,
) -> dict[str, Any]:
    definition, said = version.definition, version.version
    address = f"{base}{PATH}#{definition.id}"
    files = {
        name: {"dcat:downloadURL": {"@id": url}, **_distribution(address, name, url, publisher)}
        for name, url in links.downloads(base, version).items()
    }
    if open_api:
        files["json"] = {
            "dcat:accessService": {"@id": f"{base}/v1"},
            **_distribution(address, "json", links.values(base, version, province.code), publisher),
        }
    dataset: dict[str, Any] = {
        "@id": address,
        "@type": "dcat:Dataset",
        "dct:identifier": definition.id,
        "dct:title": _texts(definition.names),
        "dct:description": _texts(definition.description),
        "dct:publisher": {"@id": publisher.url},
        "dcat:contactPoint": _contact(publisher),
        "dcat:theme": _typed(theme(definition.group), "skos:Concept"),
        "dcat:keyword": [{"@value": definition.group, "@language": "en"}],
        "dct:spatial": {"@id": _place_id(base, province)},
        "dct:accrualPeriodicity": _typed(frequency(said.periods[0]), "dct:Frequency"),
        "dct:accessRights": _typed(PUBLIC, "dct:RightsStatement"),
        "dct:language": [{"@id": language} for language in LANGUAGES],
        "dcat:version": str(version.number),
        "dcat:landingPage": _typed(f"{base}/open", "foaf:Document"),
        "dcat:distribution": list(files.values()),
    }
    provenance = [_provenance(source) for source in (*definition.sources, *said.sources)]
    if provenance:
        dataset["dct:provenance"] = provenance
    if extent is not None:
        dataset["dct:modified"] = _instant(extent.modified)
        dataset["dct:temporal"] = {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": _instant(extent.start),
            "dcat:endDate": _instant(extent.end),
        }
    return dataset


def _distribution(dataset: str, name: str, url: str, publisher: Publisher) -> dict[str, Any]:
    file_type, media_type = FILE_TYPES[name]
    return {
        "@id": f"{dataset}-{name}",
        "@type": "dcat:Distribution",
        "dct:title": {"@value": name.upper() if name != "geojson" else "GeoJSON", "@language": "en"},
        "dcat:accessURL": {"@id": url},
        "dct:license": {"@id": publisher.licence},
        "dct:format": _typed(file_type, "dct:MediaTypeOrExtent"),
        "dcat:mediaType": _typed(media_type, "dct:MediaType"),
        "dcatap:availability": _typed(STABLE, "skos:Concept"),
    }


def _contact(publisher: Publisher) -> dict[str, Any]:
    means = (
        {"vcard:hasURL": {"@id": publisher.url}}
        if publisher.contact is None
        else {"vcard:hasEmail": {"@id": f"mailto:{publisher.contact}"}}
    )
    return {"@type": "vcard:Organization", "vcard:fn": publisher.name, **means}


def _place_id(base: str, province: Province) -> str:
    return f"{base}{PATH}#area-{province.code}"


def _place(base: str, province: Province) -> dict[str, Any]:
    west, south, east, north = province.bbox
    corners = ((west, south), (east, south), (east, north), (west, north), (west, south))
    ring = ", ".join(f"{x} {y}" for x, y in corners)
    return {
        "@id": _place_id(base, province),
        "@type": "dct:Location",
        "skos:prefLabel": _texts(Text(vi=province.name, en=province.name_en)),
        "dcat:bbox": {
            "@value": f"POLYGON(({ring}))",
            "@type": "http://www.opengis.net/ont/geosparql#wktLiteral",
        },
    }


def _provenance(source: Citation) -> dict[str, Any]:
    label = source.title if source.article is None else f"{source.title}, {source.article}"
    return {"@type": "dct:ProvenanceStatement", "rdfs:label": {"@value": label, "@language": "vi"}}


def _texts(text: Text) -> list[dict[str, str]]:
    return [{"@value": text.vi, "@language": "vi"}, {"@value": text.en, "@language": "en"}]


def _typed(address: str, kind: str) -> dict[str, str]:
    return {"@id": address, "@type": kind}


def _instant(moment: datetime) -> dict[str, str]:
    return {"@value": format_instant(moment), "@type": "xsd:dateTime"}
