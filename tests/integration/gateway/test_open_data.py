"""Open data is read by everybody, says its licence, and other portals understand its catalogue."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from rdflib import RDF, Graph, Literal, URIRef
from rdflib.compare import isomorphic
from rdflib.namespace import DCAT, DCTERMS, FOAF, SKOS
from tests.support.figures import FigureWriter, connect_as_owner

from fansipan_gateway.open_data.schemas import OpenIndicatorList
from fansipan_indicators.periods import PeriodKind, period_at

Serve = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]
CATALOGUE = "/v1/open-data/catalogue"
INDICATORS = "/v1/open-data/indicators"
_LICENCE = URIRef("https://creativecommons.org/licenses/by/4.0/")
_NOW = datetime.now(UTC)
_MONTH = period_at(PeriodKind.MONTH, _NOW)


@pytest.fixture(scope="module", autouse=True)
async def figures(world: Any) -> None:
    """Three public indicators, one of them without figures and one of agencies; one that is internal."""
    connection = await connect_as_owner(world.url)
    writer = FigureWriter(connection)
    bands = [{"key": "any", "name": {"vi": "Bất kỳ", "en": "Any"}, "colour": "#00ff00"}]
    source = {"title": "Quyết định 766/QĐ-TTg", "article": "Điều 2"}
    on_time = await writer.define(
        "on-time",
        sources=[source],
        version_fields={"bands": bands},
        names={"vi": "Đúng hạn", "en": "On time"},
    )
    await writer.define("quiet", group="e-government")
    await writer.define("agencies", subjects=("agency",))
    secret = await writer.define("internal", public=False)
    for code in ("15", "02671"):
        subject = await writer.subject("area", code)
        await writer.put(on_time, subject, "2026-01", 70.0)
        await writer.put(on_time, subject, _MONTH, 82.5)
        await writer.put(secret, subject, _MONTH, 1.0)
    await connection.close()


@pytest.fixture(scope="module")
async def closed_gateway(world: Any, serve: Serve) -> AsyncGenerator[httpx.AsyncClient]:
    """A gateway where reading needs a login."""
    async with serve(world.url, anonymous_read=False) as client:
        yield client


async def _graph(client: httpx.AsyncClient, accept: str, form: str) -> Graph:
    response = await client.get(CATALOGUE, headers={"Accept": accept})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith(accept)
    return Graph().parse(data=response.text, format=form)


def _the(graph: Graph, subject: Any, predicate: Any) -> Any:
    values = list(graph.objects(subject, predicate))
    assert len(values) == 1, (subject, predicate, values)
    return values[0]


def _languages(graph: Graph, subject: Any, predicate: Any) -> set[str | None]:
    return {text.language for text in graph.objects(subject, predicate) if isinstance(text, Literal)}


@pytest.mark.parametrize(("accept", "form"), [("application/ld+json", "json-ld"), ("text/turtle", "turtle")])
async def test_the_catalogue_has_what_dcat_ap_requires(
    closed_gateway: httpx.AsyncClient, accept: str, form: str
) -> None:
    graph = await _graph(closed_gateway, accept, form)
    catalogue = _the_subject(graph, DCAT.Catalog)
    assert catalogue == URIRef(f"http://gateway{CATALOGUE}")
    assert _languages(graph, catalogue, DCTERMS.title) == {"vi", "en"}
    assert _languages(graph, catalogue, DCTERMS.description) == {"vi", "en"}
    publisher = _the(graph, catalogue, DCTERMS.publisher)
    assert (publisher, RDF.type, FOAF.Agent) in graph
    assert str(_the(graph, publisher, FOAF.name)) == "Ủy ban nhân dân tỉnh Lào Cai"
    assert _the(graph, catalogue, DCTERMS.license) == _LICENCE
    datasets = set(graph.objects(catalogue, DCAT.dataset))
    assert datasets == set(graph.subjects(RDF.type, DCAT.Dataset))
    assert {str(_the(graph, dataset, DCTERMS.identifier)) for dataset in datasets} == {
        "on-time",
        "quiet",
        "agencies",
    }
    for dataset in datasets:
        assert _languages(graph, dataset, DCTERMS.title) == {"vi", "en"}
        assert _languages(graph, dataset, DCTERMS.description) == {"vi", "en"}
        assert _the(graph, dataset, DCTERMS.publisher) == publisher
        theme = _the(graph, dataset, DCAT.theme)
        assert str(theme).startswith("http://publications.europa.eu/resource/authority/data-theme/")
        assert (theme, RDF.type, SKOS.Concept) in graph
        assert _the(graph, dataset, DCTERMS.accrualPeriodicity)
        assert _the(graph, dataset, DCAT.contactPoint)
        assert (_the(graph, dataset, DCTERMS.spatial), RDF.type, DCTERMS.Location) in graph
        distributions = list(graph.objects(dataset, DCAT.distribution))
        assert len(distributions) >= 3
        for distribution in distributions:
            assert (distribution, RDF.type, DCAT.Distribution) in graph
            assert isinstance(_the(graph, distribution, DCAT.accessURL), URIRef)
            assert _the(graph, distribution, DCTERMS.license) == _LICENCE
            assert _the(graph, distribution, DCTERMS.format)
            assert _the(graph, distribution, DCAT.mediaType)
    service = _the_subject(graph, DCAT.DataService)
    assert isinstance(_the(graph, service, DCAT.endpointURL), URIRef)
    assert _languages(graph, service, DCTERMS.title) == {"vi", "en"}


def _the_subject(graph: Graph, kind: Any) -> Any:
    (subject,) = graph.subjects(RDF.type, kind)
    return subject


async def test_both_forms_are_one_graph(closed_gateway: httpx.AsyncClient) -> None:
    one = await _graph(closed_gateway, "application/ld+json", "json-ld")
    other = await _graph(closed_gateway, "text/turtle", "turtle")
    assert len(one) > 100
    assert isomorphic(one, other)


async def test_the_period_of_a_dataset_is_that_of_its_figures(closed_gateway: httpx.AsyncClient) -> None:
    graph = await _graph(closed_gateway, "text/turtle", "turtle")
    dataset = URIRef(f"http://gateway{CATALOGUE}#on-time")
    period = _the(graph, dataset, DCTERMS.temporal)
    start, end = (_the(graph, period, name).toPython() for name in (DCAT.startDate, DCAT.endDate))
    assert (start, end) == (datetime(2025, 12, 31, 17, tzinfo=UTC), _MONTH.end)
    quiet = URIRef(f"http://gateway{CATALOGUE}#quiet")
    assert (quiet, DCTERMS.temporal, None) not in graph


async def test_every_download_of_the_catalogue_is_there_for_everybody(
    closed_gateway: httpx.AsyncClient,
) -> None:
    graph = await _graph(closed_gateway, "text/turtle", "turtle")
    addresses = {str(address) for address in graph.objects(None, DCAT.accessURL)}
    assert len(addresses) == 4 + 4 + 3
    for address in addresses:
        response = await closed_gateway.get(address)
        assert response.status_code == 200, (address, response.text)


async def test_where_reading_is_open_the_json_is_a_distribution_too(gateway: httpx.AsyncClient) -> None:
    graph = await _graph(gateway, "text/turtle", "turtle")
    distribution = URIRef(f"http://gateway{CATALOGUE}#on-time-json")
    address = str(_the(graph, distribution, DCAT.accessURL))
    assert [item["value"] for item in (await gateway.get(address)).json()["items"]] == [70.0, 82.5]


@pytest.mark.parametrize(
    ("accept", "query", "status", "content_type"),
    [
        (None, "", 200, "application/ld+json"),
        ("*/*", "", 200, "application/ld+json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "", 200, "application/ld+json"),
        ("text/turtle;q=0.5, application/ld+json;q=0.9", "", 200, "application/ld+json"),
        ("text/turtle, application/ld+json;q=0.9", "", 200, "text/turtle; charset=utf-8"),
        ("*/*", "?format=turtle", 200, "text/turtle; charset=utf-8"),
        ("image/png", "", 406, "application/problem+json"),
        ("text/turtle;q=0", "", 406, "application/problem+json"),
        ("*/*", "?format=rdf", 400, "application/problem+json"),
        ("*/*", "?x=1", 400, "application/problem+json"),
    ],
)
async def test_the_form_follows_the_accept_header(
    closed_gateway: httpx.AsyncClient, accept: str | None, query: str, status: int, content_type: str
) -> None:
    headers = {} if accept is None else {"Accept": accept}
    request = closed_gateway.build_request("GET", CATALOGUE + query, headers=headers)
    if accept is None:
        del request.headers["accept"]
    response = await closed_gateway.send(request)
    assert (response.status_code, response.headers["content-type"]) == (status, content_type)


async def test_public_indicators_at_a_glance(closed_gateway: httpx.AsyncClient) -> None:
    response = await closed_gateway.get(INDICATORS)
    OpenIndicatorList.model_validate(response.json())
    body = response.json()
    assert body["licence"] == str(_LICENCE)
    assert (body["province"]["key"], body["province"]["name"]) == ("15", "Tỉnh Lào Cai")
    items = {item["id"]: item for item in body["items"]}
    assert set(items) == {"on-time", "quiet", "agencies"}
    on_time = items["on-time"]
    assert on_time["names"] == {"vi": "Đúng hạn", "en": "On time"}
    assert (on_time["unit"]["symbol"], on_time["sources"][0]["article"]) == ("%", "Điều 2")
    latest = on_time["latest"]
    assert (latest["period"], latest["value"], latest["band"]["key"]) == (_MONTH.label, 82.5, "any")
    assert latest["provisional"] is True
    assert items["quiet"]["latest"] is None
    csv = await closed_gateway.get(on_time["links"]["downloads"]["csv"])
    assert csv.text.count("\r\n") == 5
    assert "geojson" not in items["agencies"]["links"]["downloads"]


@pytest.mark.parametrize("path", [CATALOGUE, INDICATORS])
async def test_it_is_cacheable_by_everybody_whoever_asks(
    closed_gateway: httpx.AsyncClient, world: Any, path: str
) -> None:
    first = await closed_gateway.get(path)
    assert first.headers["cache-control"].startswith("public, max-age=")
    assert "Authorization" not in first.headers.get("vary", "")
    again = await closed_gateway.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    operators = await closed_gateway.get(path, auth=world.operator)
    assert operators.content == first.content


async def test_many_who_ask_at_once_wait_for_one_answer(world: Any, serve: Serve) -> None:
    async with serve(world.url) as client:
        answers = await asyncio.gather(*(client.get(INDICATORS) for _ in range(50)))
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.content for answer in answers}) == 1


async def test_publisher_licence_and_address_are_settings(world: Any, serve: Serve) -> None:
    async with serve(
        world.url,
        public_url="https://data.example.vn/fansipan/",
        open_data_licence="https://example.org/licence",
        open_data_publisher="Sở Khoa học và Công nghệ",
        open_data_contact="data@example.vn",
    ) as client:
        body = (await client.get(INDICATORS)).json()
        assert (body["licence"], body["publisher"]) == (
            "https://example.org/licence",
            "Sở Khoa học và Công nghệ",
        )
        link = body["items"][0]["links"]["definition"]
        assert link.startswith("https://data.example.vn/fansipan/v1/indicators/")
        turtle = (await client.get(CATALOGUE, headers={"Accept": "text/turtle"})).text
        assert "mailto:data@example.vn" in turtle
        assert "http://gateway" not in turtle
