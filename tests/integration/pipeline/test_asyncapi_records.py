"""What really is in Kafka is what the AsyncAPI document says: records of every topic, made by the running platform."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jsonschema
import orjson
import pytest
from aiokafka import ConsumerRecord
from tests.conftest import Addresses
from tests.support.kafka import read_records
from tests.support.providers import make_key
from tests.support.sending import Sender

from fansipan_cli.asyncapi import kafka_document
from fansipan_common.contracts import TopicName

DOCUMENT = kafka_document()
MESSAGES = {one["name"]: key for key, one in DOCUMENT["components"]["messages"].items()}
Records = dict[TopicName, list[ConsumerRecord[Any, Any]]]


def errors(part: str, message: str, instance: Any) -> list[str]:
    schema = {
        "$ref": f"#/components/messages/{message}/{part}",
        "components": DOCUMENT["components"],
    }
    return [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(instance)]


def message_of(record: ConsumerRecord[Any, Any]) -> str:
    return MESSAGES[dict(record.headers)["ce_type"].decode()]


@pytest.fixture(scope="module")
async def records(addresses: Addresses) -> Records:
    """Those of a provider of this module's own, once there is one on every topic."""
    provider = "asyncapi-records"
    key = make_key(addresses.database, provider).key
    async with httpx.AsyncClient(timeout=30.0) as http:
        await _send(Sender(http, addresses.ingest, key), provider)
    async with asyncio.timeout(90.0):
        while True:
            found = {name: await _mine(addresses.kafka, name, provider) for name in TopicName}
            if all(found.values()):
                return found
            await asyncio.sleep(1.0)


async def _mine(kafka: str, name: TopicName, provider: str) -> list[ConsumerRecord[Any, Any]]:
    records = await read_records(kafka, "", name)
    return [
        record
        for record in records
        if provider.encode() in b"".join((record.key or b"", record.value or b""))
    ]


async def _send(sender: Sender, provider: str) -> None:
    now = datetime.now(UTC)
    items: list[dict[str, Any]] = [
        {
            "datastream": f"{provider}/gauge/water_level",
            "phenomenonTime": (now - timedelta(minutes=minutes)).isoformat(),
            "result": level,
        }
        for minutes, level in ((40, 1.0), (30, 1.5), (20, 3.0), (10, 5.0), (1, 8.0))
    ]
    await sender.store(items)  # rises so fast that an alert opens
    at = now.isoformat()
    every_column: list[dict[str, Any]] = [
        {"datastream": f"{provider}/all/a", "phenomenonTime": at, "result": 1, "resultQuality": "suspect"},
        {"datastream": f"{provider}/all/b", "phenomenonTime": at, "result": "ON", "resultTime": at},
        {
            "datastream": f"{provider}/all/c",
            "phenomenonTime": at,
            "result": True,
            "parameters": {"n": [1, None]},
        },
        {"datastream": f"{provider}/all/d", "phenomenonTime": at, "result": {"north": 1.5}},
    ]
    await sender.store(every_column)
    answer = await sender.observations([{"datastream": f"{provider}/x", "phenomenonTime": at, "result": 1}])
    assert len(answer.json()["rejected"]) == 1
    subject = {"agency": "H38.1", "area": "02671"}
    data: dict[str, dict[str, Any]] = {
        "dossier.received": {
            "dossierId": provider,
            "procedure": "1.0",
            "channel": "online",
            "dueAt": at,
            **subject,
        },
        "dossier.returned": {"dossierId": provider, "resultCode": "1", **subject},
        "petition.received": {"petitionId": f"{provider}-p", "channel": "online", **subject},
        "rating.submitted": {"dossierId": provider, "score": 5, **subject},
        "usage.counted": {
            "service": f"{provider}-s",
            "count": 3,
            "agency": "H38.1",
            "periodStart": (now - timedelta(days=1)).isoformat(),
            "periodEnd": at,
        },
    }
    await sender.store_events(
        *(
            {
                "specversion": "1.0",
                "id": kind,
                "source": f"/agencies/{provider}",
                "type": f"vn.fansipan.{kind}.v1",
                "time": at,
                "data": fields,
            }
            for kind, fields in data.items()
        )
    )


@pytest.mark.parametrize("name", list(TopicName))
def test_records_are_as_the_document_says(records: Records, name: TopicName) -> None:
    seen: set[str] = set()
    for record in records[name]:
        message = message_of(record)
        channel = next(c for c in DOCUMENT["channels"].values() if c["address"] == name)
        assert message in channel["messages"]
        headers = {key: value.decode() for key, value in record.headers}
        assert errors("headers", message, headers) == []
        assert errors("payload", message, orjson.loads(record.value or b"")) == []
        seen.add(message)
    assert len(seen) == (5 if name == TopicName.SERVICE_EVENTS else 1)


def test_the_document_says_enough_to_refuse_what_is_wrong(records: Records) -> None:
    record = records[TopicName.OBSERVATIONS][0]
    headers = {key: value.decode() for key, value in record.headers}
    assert errors("headers", "observations", headers | {"ce_type": "x"})
    columns = orjson.loads(record.value or b"")
    assert errors("payload", "observations", columns | {"datastreamId": ["1"]})
    assert errors("payload", "dossierReceived", {"dossierId": "1"})
