"""Every metric and attribute that a dashboard or a rule asks for is in a real scrape, after some traffic."""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from tests.conftest import Addresses
from tests.support.mqtt import Device
from tests.support.promql import uses
from tests.support.providers import make_key
from tests.support.sending import Sender

from fansipan_common.telemetry.registry import INSTRUMENTS

OBSERVABILITY: Final = Path(__file__).parents[3] / "deploy" / "observability"
FROM_PROMETHEUS: Final = {"job", "instance"}
ONLY_OF_FAILURES: Final = {"error_type"}
"""Beside `rejected`, whose reasons are traffic of every day: nothing fails here on purpose."""
PROVIDER: Final = "telemetry-scrape"
_PATIENCE: Final = 60.0

Scrape = dict[str, dict[str, set[str]]]
"""Names of series, the labels that were seen with each, and their values."""


def questions() -> Iterator[tuple[str, str]]:
    """Where each expression is, and what it asks."""
    for path in sorted((OBSERVABILITY / "rules").iterdir()):
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]:
            for rule in group["rules"]:
                yield f"{path.name}: {rule.get('alert') or rule['record']}", rule["expr"]
    for path in sorted((OBSERVABILITY / "dashboards").iterdir()):
        for panel in json.loads(path.read_text(encoding="utf-8"))["panels"]:
            for target in panel.get("targets", []):
                yield f"{path.name}: {panel['title']}", target["expr"]


def recorded() -> set[str]:
    """Names that rules record."""
    rules = yaml.safe_load((OBSERVABILITY / "rules" / "objectives.yaml").read_text(encoding="utf-8"))
    return {rule["record"] for group in rules["groups"] for rule in group["rules"]}


async def traffic(addresses: Addresses, http: httpx.AsyncClient) -> None:
    """A little of everything that the platform is for."""
    key = make_key(addresses.database, PROVIDER)
    sender = Sender(http, addresses.ingest, key.key)
    now = datetime.now(UTC).isoformat()
    await sender.store([{"datastream": f"{PROVIDER}/box/temperature", "phenomenonTime": now, "result": 21}])
    future = {
        "datastream": f"{PROVIDER}/box/temperature",
        "phenomenonTime": "2099-01-01T00:00:00Z",
        "result": 1,
    }
    assert (await sender.observations([future])).json()["accepted"] == 0
    await sender.store_events(
        {
            "specversion": "1.0",
            "id": "telemetry-1",
            "source": "/agencies/telemetry",
            "type": "vn.fansipan.dossier.received.v1",
            "time": "2026-07-01T08:00:00+07:00",
            "data": {
                "dossierId": "t-1",
                "agency": "so-tu-phap",
                "procedure": "1.000688",
                "channel": "online",
            },
        }
    )
    answer = await http.put(
        f"{addresses.ingest}/v1/mqtt/access", headers={"Authorization": f"Bearer {key.key}"}
    )
    assert answer.status_code == 200, answer.text
    with Device(addresses.mqtt, key.key_id, key.key) as device:
        assert await asyncio.to_thread(device.publish, f"fansipan/{PROVIDER}/box/humidity", "71") == "Success"
    for _ in range(2):
        answer = await http.get(f"{addresses.gateway}/v1/things", auth=addresses.operator)
        assert answer.status_code == 200, answer.text


async def scrape(addresses: Addresses, http: httpx.AsyncClient) -> Scrape:
    """What the three services give to Prometheus."""
    found: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for url in (addresses.ingest, addresses.analytics, addresses.gateway):
        text = (await http.get(f"{url}/metrics")).text
        seen: set[tuple[str, frozenset[tuple[str, str]]]] = set()
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                labels = found[sample.name]
                for label, value in sample.labels.items():
                    labels[label].add(value)
                series = (sample.name, frozenset(sample.labels.items()))
                assert series not in seen, f"{url} gives {series} twice"  # Prometheus would take none of them
                seen.add(series)
    return {name: dict(labels) for name, labels in found.items()}


@pytest.fixture(scope="module")
async def scraped(addresses: Addresses, http: httpx.AsyncClient) -> Scrape:
    """A scrape after traffic, once all that follows from it has come about."""
    await traffic(addresses, http)
    wanted = {use.metric for _, expression in questions() for use in uses(expression)} - recorded() - {"up"}
    until = time.monotonic() + _PATIENCE
    while wanted - (found := await scrape(addresses, http)).keys() and time.monotonic() < until:
        await asyncio.sleep(0.5)
    return found


def test_every_question_can_be_answered(scraped: Scrape):
    asked, ours = 0, recorded()
    for place, expression in questions():
        for use in uses(expression):
            asked += 1
            if use.metric in ours:
                assert use.labels <= {"slo"}, place
                continue
            if use.metric == "up":
                assert use.labels <= FROM_PROMETHEUS, place
                continue
            assert use.metric in scraped, f"{place} asks for {use.metric}"
            missing = use.labels - scraped[use.metric].keys() - FROM_PROMETHEUS - ONLY_OF_FAILURES
            assert not missing, f"{place} asks for {missing} of {use.metric}"
    assert asked > 100


def test_all_that_is_scraped_is_in_the_registry(scraped: Scrape):
    known = {name: instrument for instrument in INSTRUMENTS for name in instrument.series}
    ours = {name for name in scraped if name.startswith(("fansipan_", "http_", "messaging_", "db_"))}
    assert len(ours) > 50
    for name in ours:
        assert name in known, name
        assert scraped[name].keys() <= {*known[name].labels}, name
        for attribute in known[name].attributes:
            if attribute.values:
                assert scraped[name].get(attribute.label, set()) <= {*attribute.values}, name


async def test_what_is_given_from_memory_counts_for_its_endpoint(
    scraped: Scrape, addresses: Addresses, http: httpx.AsyncClient
):
    assert scraped["fansipan_gateway_cache_reads_total"].keys() == {"fansipan_cache_outcome"}
    counted = await _requests(addresses, http)
    answer = await http.get(f"{addresses.gateway}/v1/things", auth=addresses.operator)
    answer = await http.get(f"{addresses.gateway}/v1/things", auth=addresses.operator)
    assert answer.headers["cache-status"] == "fansipan; hit"
    assert await _requests(addresses, http) == counted + 2


async def _requests(addresses: Addresses, http: httpx.AsyncClient) -> float:
    samples: list[Any] = [
        sample
        for family in text_string_to_metric_families((await http.get(f"{addresses.gateway}/metrics")).text)
        for sample in family.samples
        if sample.name == "http_server_request_duration_seconds_count"
    ]
    # A request that meets no endpoint has no route, as the conventions say.
    routes = [(sample.labels.get("http_route", ""), sample.value) for sample in samples]
    assert not any("{" not in route and route.count("/") > 6 for route, _ in routes)
    return sum(count for route, count in routes if route == "/v1/things")
