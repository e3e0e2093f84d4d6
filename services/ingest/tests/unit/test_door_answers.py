"""What doors answer when something of ours is away, and what they count and do not store. Behind them is a stand-in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request, Response

from fansipan_common.api_keys import Principal
from fansipan_common.contracts.device_mapping import DeviceMapping
from fansipan_common.errors import Forbidden
from fansipan_common.kafka.publisher import BrokerAway
from fansipan_common.problems import install_problem_handlers
from fansipan_common.security import Scope
from fansipan_common.telemetry import Metrics
from fansipan_ingest.doors.acceptance import Acceptance
from fansipan_ingest.doors.influx.endpoints import influx_router
from fansipan_ingest.doors.known_devices import KnownDevices
from fansipan_ingest.doors.lorawan.endpoints import lorawan_router
from fansipan_ingest.doors.readings import Readings
from fansipan_ingest.service.answer import Answer
from fansipan_ingest.settings import IngestSettings

SETTINGS = IngestSettings(database_url="postgresql://x", max_items=3)  # pyright: ignore[reportArgumentType,reportCallIssue]


@dataclass
class FakeAcceptance:
    """Accepts all, or fails."""

    failure: Exception | None = None
    taken: list[Readings] = field(default_factory=list[Readings])

    async def accept(self, _principal: Principal, readings: Readings, **_options: Any) -> Answer:
        if self.failure is not None:
            raise self.failure
        self.taken.append(readings)
        return Answer(len(readings))

    async def take(self, principal: Principal, readings: Readings, **_options: Any) -> Response:
        answer = await self.accept(principal, readings)
        return Response(answer.to_json(), answer.status)


@dataclass
class FakeCounter:
    """Keeps what was counted."""

    counted: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    def add(self, _amount: int, attributes: dict[str, str]) -> None:
        self.counted.append(attributes)


@dataclass
class FakeMetrics:
    """The only instrument that these doors use."""

    ignored: FakeCounter = field(default_factory=FakeCounter)


async def authenticate(_request: Request) -> Principal:
    return Principal(1, "acme", "k", frozenset({Scope.WRITE}), (), True)


async def post(router: APIRouter, path: str, **request: Any) -> httpx.Response:
    app = FastAPI()
    install_problem_handlers(app)
    app.include_router(router)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        return await client.post(path, **request)


class FakeDevices:
    """No device has a mapping."""

    async def sources(self, provider_id: int, door: str) -> tuple[DeviceMapping, ...]:
        return ()

    async def device(self, provider_id: int, keys: Sequence[str], applications: Sequence[str]) -> None:
        return None


DEVICES = KnownDevices(FakeDevices())


def influx(acceptance: FakeAcceptance, who: Callable[[Request], Any] = authenticate) -> APIRouter:
    return influx_router(
        cast(Acceptance, acceptance), who, DEVICES, lambda: datetime(2026, 7, 1, tzinfo=UTC), SETTINGS
    )


@pytest.mark.parametrize("path", ["/api/v2/write", "/write"])
async def test_influx_clients_are_told_to_come_again_when_kafka_is_away(path: str):
    acceptance = FakeAcceptance(BrokerAway("Kafka does not answer", retry_after=7))
    answer = await post(influx(acceptance), path, content="a f=1")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
    assert answer.json() == (
        {"code": "unavailable", "message": "Kafka does not answer"}
        if path == "/api/v2/write"
        else {"error": "Kafka does not answer"}
    )


async def test_influx_clients_hear_of_a_key_that_may_not_write():
    async def read_only(_request: Request) -> Principal:
        raise Forbidden("this API key lacks the scope 'write'")

    answer = await post(influx(FakeAcceptance(), read_only), "/api/v2/write", content="a f=1")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        ("/api/v2/write", {"bucket": "acme"}, 204),
        ("/api/v2/write", {"bucket": ""}, 204),
        ("/api/v2/write", {"bucket": "acme/autogen"}, 404),
        ("/api/v2/write", {"precision": "h"}, 400),
        ("/write", {"db": "acme", "rp": "autogen", "precision": "h"}, 204),
        ("/write", {"db": "other"}, 404),
        ("/write", {"db": "acme", "rp": "week"}, 404),
        ("/write", {"precision": "days"}, 400),
    ],
)
async def test_points_of_two_buckets_never_mix(path: str, params: dict[str, str], status: int):
    acceptance = FakeAcceptance()
    answer = await post(influx(acceptance), path, params=params, content="a f=1 5")
    assert answer.status_code == status
    assert len(acceptance.taken) == (status == 204)


async def test_influx_requests_are_bounded():
    assert (await post(influx(FakeAcceptance()), "/api/v2/write", content="a f=1\n" * 3)).status_code == 204
    assert (await post(influx(FakeAcceptance()), "/api/v2/write", content="a f=1\n" * 4)).status_code == 413
    many = "a " + ",".join(f"f{number}=1" for number in range(10))
    assert (await post(influx(FakeAcceptance()), "/api/v2/write", content=many)).status_code == 413


@pytest.mark.parametrize(
    ("path", "body", "door", "event"),
    [
        ("/v1/lorawan/chirpstack?event=join", {}, "chirpstack", "join"),
        ("/v1/lorawan/the-things-stack", {"join_accept": {}}, "the-things-stack", "join_accept"),
        (
            "/v1/lorawan/the-things-stack",
            {"uplink_message": {}, "simulated": True},
            "the-things-stack",
            "simulated",
        ),
    ],
)
async def test_messages_of_network_servers_that_hold_no_reading_are_counted(
    path: str, body: dict[str, Any], door: str, event: str
):
    metrics, acceptance = FakeMetrics(), FakeAcceptance()
    router = lorawan_router(
        cast(Acceptance, acceptance), authenticate, DEVICES, cast(Metrics, metrics), SETTINGS
    )
    answer = await post(router, path, json=body)
    assert (answer.status_code, answer.content, acceptance.taken) == (204, b"", [])
    assert metrics.ignored.counted == [{"fansipan.door": door, "fansipan.event": event}]


async def test_a_network_server_that_sends_protobuf_is_told_to_send_json():
    router = lorawan_router(
        cast(Acceptance, FakeAcceptance()), authenticate, DEVICES, cast(Metrics, FakeMetrics()), SETTINGS
    )
    headers = {"content-type": "application/octet-stream"}
    answer = await post(router, "/v1/lorawan/chirpstack?event=up", content=b"\x0a", headers=headers)
    assert answer.status_code == 415
    assert "JSON" in answer.json()["detail"]
