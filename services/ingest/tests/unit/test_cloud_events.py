"""The three modes of the CloudEvents HTTP binding, read by the door itself; what is behind it is a stand-in."""

from typing import Any, cast

import httpx
import orjson
import pytest
from fastapi import FastAPI, Request

from fansipan_common.api_keys import Principal
from fansipan_common.contracts import ServiceEvent
from fansipan_common.problems import install_problem_handlers
from fansipan_common.security import Scope
from fansipan_ingest.api.service_events import service_events_router
from fansipan_ingest.domain.parsing import ParsedItems
from fansipan_ingest.repository.progress import StoreProgress
from fansipan_ingest.service.answer import Answer
from fansipan_ingest.service.sandbox import Sandbox
from fansipan_ingest.service.service_events import ServiceEventService
from fansipan_ingest.settings import IngestSettings

DATA = {"dossierId": "d-1", "agency": "a", "procedure": "p", "channel": "online"}
EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "e 1",
    "source": "/agencies/Lào Cai",
    "type": "vn.fansipan.dossier.received.v1",
    "time": "2026-07-01T08:00:00+07:00",
    "data": DATA,
}
BINARY = {
    "content-type": "application/json",
    "ce-specversion": "1.0",
    "ce-id": "e%201",
    "ce-source": "/agencies/L%C3%A0o%20Cai",
    "ce-type": EVENT["type"],
    "ce-time": EVENT["time"],
}


class FakeService:
    """Keeps what the door parsed."""

    def __init__(self) -> None:
        self.parsed: ParsedItems[ServiceEvent] | None = None

    async def accept(
        self, _principal: Principal, parsed: ParsedItems[ServiceEvent], *, strict: bool
    ) -> Answer:
        del strict
        self.parsed = parsed
        return Answer(len(parsed.items), parsed.rejected)


async def post(body: Any, **headers: str) -> tuple[httpx.Response, ParsedItems[ServiceEvent] | None]:
    service = FakeService()

    async def authenticate(_request: Request) -> Principal:
        return Principal(1, "acme", "k", frozenset({Scope.WRITE}), (), False)

    app = FastAPI()
    install_problem_handlers(app)
    settings = IngestSettings(database_url="postgresql://x", max_items=3)  # pyright: ignore[reportArgumentType,reportCallIssue]
    app.include_router(
        service_events_router(
            cast(ServiceEventService, service),
            cast(Sandbox, None),
            cast(StoreProgress, None),
            authenticate,
            settings,
        )
    )
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        answer = await client.post(
            "/v1/service-events",
            content=content,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )
    return answer, service.parsed


STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (DATA, BINARY),
        (EVENT, {"content-type": STRUCTURED}),
        (EVENT, {"content-type": STRUCTURED + "; charset=utf-8"}),
        ([EVENT], {"content-type": BATCHED}),
    ],
)
async def test_an_event_is_the_same_in_every_mode(body: Any, headers: dict[str, str]):
    answer, parsed = await post(body, **headers)
    assert answer.status_code == 202
    assert answer.json() == {"accepted": 1, "duplicatesPossible": False, "rejected": []}
    assert parsed is not None
    assert parsed.items == [ServiceEvent.model_validate(EVENT)]


async def test_a_wrong_event_among_good_ones_is_refused_alone():
    wrong = EVENT | {"id": "e-2", "data": DATA | {"citizen": "x"}}
    answer, _ = await post([EVENT, wrong, EVENT], content_type=BATCHED)
    assert answer.json()["accepted"] == 2
    assert [(item["index"], item["code"]) for item in answer.json()["rejected"]] == [(1, "invalid-item")]
    assert "citizen" in answer.json()["rejected"][0]["detail"]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ([EVENT], {"content-type": STRUCTURED}, 400),
        (EVENT, {"content-type": BATCHED}, 400),
        (orjson.dumps(EVENT) + b"," + orjson.dumps(EVENT), {"content-type": STRUCTURED}, 400),
        (b"{", {"content-type": STRUCTURED}, 400),
        (b"{", BINARY, 400),
        (EVENT, {"content-type": "application/json"}, 415),
        (EVENT, {}, 415),
        ([EVENT] * 4, {"content-type": BATCHED}, 413),
    ],
)
async def test_what_is_no_event_is_a_problem(body: Any, headers: dict[str, str], status: int):
    answer, parsed = await post(body, **headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert parsed is None


@pytest.mark.parametrize(
    "change",
    [
        {"ce-specversion": "0.3"},
        {"ce-type": "com.example.other"},
        {"content-type": "text/xml"},
        {"ce-citizenname": "x"},
        {"ce-subject": "d-2"},
    ],
)
async def test_attributes_outside_the_contract_refuse_the_event(change: dict[str, str]):
    answer, _ = await post(DATA, **(BINARY | change))
    assert answer.status_code == 202
    assert answer.json()["accepted"] == 0
    assert answer.json()["rejected"][0]["code"] == "invalid-item"
