"""The OpenAPI document of the gateway is what the gateway does: generated requests, good ones and bad ones, find no 5xx
and no answer that is not documented.
"""

import json
from collections.abc import Callable, Generator
from functools import partial
from typing import Any, Final

import httpx
import hypothesis
import pytest
import schemathesis
from anyio.from_thread import start_blocking_portal
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from pwdlib import PasswordHash
from pydantic import SecretStr
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks
from tests.support.figures import connect_as_owner
from tests.support.two_communes import AGENCY, CLOSED, DATASTREAM, MONTH, THING, A
from tests.support.two_communes import build as build_world

from fansipan_bulk.mapping import parse_mapping
from fansipan_gateway.app import build
from fansipan_gateway.settings import GatewaySettings

_OPERATOR: Final = ("lan", "mật khẩu dài")
_SEED: Final = 20_261_126
_EXAMPLES: Final = 9
_EXAMPLES_THERE: Final = 4
"""Requests for an operation, and for what is there of it."""

_CHECKS: Final = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
_THERE: Final[dict[str, dict[str, Any]]] = {
    "/v1/things/{reference}": {"path_parameters": {"reference": THING[A]}},
    "/v1/datastreams/{reference}": {"path_parameters": {"reference": DATASTREAM[A]}},
    "/v1/observations": {"query": {"datastream": [DATASTREAM[A]], "from": "2026-06-01T00:00:00Z"}},
    "/v1/indicators/latest": {"query": {"subject": A}},
    "/v1/indicators/{indicator}": {"path_parameters": {"indicator": "public"}},
    "/v1/indicators/{indicator}/values": {"path_parameters": {"indicator": "public"}, "query": {"area": A}},
    "/v1/indicators/{indicator}/latest": {"path_parameters": {"indicator": "public"}},
    "/v1/indicators/{indicator}/what-if": {
        "path_parameters": {"indicator": "score"},
        "body": {"subject": A, "period": MONTH.label, "finish": {"open": True}},
    },
    "/v1/indicators/{indicator}/values/{subject}/{period}/explain": {
        "path_parameters": {"indicator": "public", "subject": A, "period": MONTH.label}
    },
    "/v1/periods/{period}": {"path_parameters": {"period": CLOSED}},
    "/v1/periods/{period}/verify": {"path_parameters": {"period": CLOSED}},
    "/v1/periods/{period}/restatements": {"path_parameters": {"period": CLOSED}},
    "/v1/alerts/{alert_id}": {"path_parameters": {"alert_id": 1}},
    **{
        f"/v1/alerts/{{alert_id}}/{action}": {"path_parameters": {"alert_id": place}, "body": body}
        for place, (action, body) in enumerate(
            [
                ("acknowledge", {"note": "đã xem"}),
                ("comment", {"note": "đang xử lý"}),
                ("assign", {"assignee": "mai"}),
                ("resolve", {}),
            ],
            start=1,
        )
    },
    "/v1/maintenance-windows/{window_id}/end": {"path_parameters": {"window_id": 1}},
    "/v1/datastreams/{reference}/observations/export": {"path_parameters": {"reference": DATASTREAM[A]}},
    "/v1/indicators/{indicator}/export": {"path_parameters": {"indicator": "public"}},
    "/v1/admin/providers": {"body": {"key": "moi", "name": "Mới"}},
    "/v1/admin/providers/{key}": {"path_parameters": {"key": "city"}, "body": {"name": "City"}},
    "/v1/admin/providers/{key}/api-keys": {
        "path_parameters": {"key": "city"},
        "body": {"name": "thử", "scopes": ["read"]},
    },
    "/v1/admin/providers/{key}/members": {"path_parameters": {"key": "city"}},
    "/v1/admin/providers/{key}/members/{username}": {
        "path_parameters": {"key": "city", "username": _OPERATOR[0]}
    },
    "/v1/provider/{provider}/datastreams": {"path_parameters": {"provider": "city"}},
    "/v1/provider/{provider}/usage": {"path_parameters": {"provider": "city"}},
    "/v1/provider/{provider}/api-keys": {
        "path_parameters": {"provider": "city"},
        "body": {"name": "thử", "scopes": ["read"]},
    },
    "/v1/provider/{provider}/api-keys/{key_id}/rotate": {
        "path_parameters": {"provider": "city", "key_id": "abcdefghijkl"},
        "body": {"overlapHours": 1},
    },
    "/v1/admin/operators": {"body": {"username": "moi", "role": "viewer", "generatePassword": True}},
    "/v1/admin/operators/{username}": {
        "path_parameters": {"username": _OPERATOR[0]},
        "body": {"displayName": "Lan"},
    },
    "/v1/admin/agencies/{key}": {"path_parameters": {"key": AGENCY[A]}, "body": {"name": "Sở Y tế"}},
    "/v1/admin/procedures/{key}": {"path_parameters": {"key": "TTHC-A"}, "body": {"name": "Cấp giấy phép"}},
    "/v1/admin/devices/{provider}/{door}/{key}": {
        "path_parameters": {"provider": "city", "door": "lorawan", "key": "0101010101010101"},
        "body": {"thing": "tram-1", "readings": {"t": {"property": "temperature", "unit": "Cel"}}},
    },
    "/v1/session": {"body": {"username": _OPERATOR[0], "password": _OPERATOR[1]}},
    "/v1/areas/at": {"query": {"lon": 104.0, "lat": 22.4}},
    "/v1/latest": {"query": {"area": A}},
    "/v1/admin/dead-letters/{letter_id}": {"path_parameters": {"letter_id": 1}},
}
"""What is there: some requests ask for it, lest all answers be 404."""
_WEBHOOK: Final = {"name": "nhận", "url": "https://example.vn/hook", "events": ["alerts"]}
for _base, _owner, _delivery in (
    ("/v1/provider/{provider}/webhooks", {"provider": "city"}, 1),
    ("/v1/admin/webhooks", {}, 2),
):
    _mark = "p" if _owner else "a"
    _THERE[_base] = {"path_parameters": _owner, "body": _WEBHOOK} if _owner else {"body": _WEBHOOK}
    _THERE[f"{_base}/{{webhook}}"] = {
        "path_parameters": {**_owner, "webhook": f"webhookonce{_mark}"},
        "body": {"name": "khác"},
    }
    for _end in ("/secret", "/test", "/deliveries"):
        _THERE[f"{_base}/{{webhook}}{_end}"] = {
            "path_parameters": {**_owner, "webhook": f"webhookkept{_mark}"}
        }
    for _end in ("", "/resend"):
        _THERE[f"{_base}/{{webhook}}/deliveries/{{number}}{_end}"] = {
            "path_parameters": {**_owner, "webhook": f"webhookkept{_mark}", "number": _delivery}
        }
_MAPPING: Final = {
    "time": {"column": "t"},
    "values": {"form": "wide", "thing": "s", "columns": {"v": {"property": "v"}}},
}
_IMPORTS: Final = "/v1/provider/{provider}/imports"
_THERE[_IMPORTS] = {"path_parameters": {"provider": "city"}}
for _number, _end in enumerate(
    ("", "/mapping", "/preview", "/check", "/start", "/cancel", "/errors"), start=1
):
    _THERE[f"{_IMPORTS}/{{import_id}}{_end}"] = {
        "path_parameters": {"provider": "city", "import_id": _number},
        **({"body": _MAPPING} if _end == "/mapping" else {}),
    }
_FILES: Final = """
INSERT INTO file_import (provider_id, name, size, received, state, created_by, preview, mapping)
SELECT id, 'x.csv', 10, 10, 'ready', 'lan', $1, $2 FROM provider, generate_series(1, 7) WHERE key = 'city';
"""
_PREVIEW: Final = {
    "findings": [
        {"what": "kind", "value": "csv", "reason": {"code": "first-bytes", "detail": "by its bytes"}}
    ],
    "sheets": [],
    "columns": [{"name": "t", "type": "time", "examples": ["2026-07-01"]}],
    "rows": [{"line": 2, "cells": ["2026-07-01"]}],
    "proposal": None,
    "proposalMissing": {"code": "no-results", "detail": "no column looks like results"},
}
_WEBHOOKS: Final = """
INSERT INTO webhook (id, provider_id, name, url, events, root_key, created_by)
SELECT 'webhook' || w.kind || o.mark, o.provider, 'nhận', 'https://example.vn/hook', '{alerts}', 'x', 'lan'
  FROM (VALUES ('once'), ('kept')) w (kind),
       (SELECT 'p', id FROM provider WHERE key = 'city' UNION ALL SELECT 'a', NULL) o (mark, provider);
INSERT INTO webhook_delivery (webhook_id, event_id, type, subject, event, next_attempt_at, failed_at)
SELECT 'webhookkept' || mark, 'e', 't', 's', '{}', NULL, now() FROM unnest('{p,a}'::text[]) WITH ORDINALITY o (mark, n)
 ORDER BY n;
INSERT INTO api_key (id, provider_id, name, secret_hash, scopes)
SELECT 'abcdefghijkl', id, 'thử', '', '{read}' FROM provider WHERE key = 'city';
"""
_WITH_BODY: Final = {"post", "put", "patch"}
_GOOD: Final = {200, 201, 202, 204}


_APART: Final = {
    "/v1/live": "its answer never ends",
    "/v1/admin/read-only": "it would make the others refuse",
    "/v1/admin/dead-letters/{letter_id}/replay": "it asks ingest, which is not there: 503 as documented",
    "/v1/provider/{provider}/sandbox": "as before",
    "/v1/provider/{provider}/imports/{import_id}/content": "a piece has to fit: test_imports.py",
    "/v1/session/password": "the operator who asks would change",
    "/v1/session/totp": "as before",
}
"""Operations with tests of their own, and why they are left out here."""


@pytest.fixture(scope="module")
async def world(database_url: str) -> str:
    """The address of a database with something of everything, and an admin."""
    owner = await connect_as_owner(database_url)
    await build_world(owner)
    await owner.execute(
        "INSERT INTO operator (username, password_hash, role) VALUES ($1, $2, 'admin')",
        _OPERATOR[0],
        PasswordHash.recommended().hash(_OPERATOR[1]),
    )
    await owner.execute(_WEBHOOKS)
    mapping = parse_mapping(_MAPPING).model_dump(mode="json", by_alias=True)
    await owner.execute(_FILES, _PREVIEW, mapping)
    await owner.close()
    return database_url


Ask = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def ask(world: str) -> Generator[Ask]:
    """Asks a gateway in this process, which runs in a loop of its own. Reading is open, so that the public is answered
    too.
    """
    app = build(
        GatewaySettings(
            database_url=SecretStr(world),
            anonymous_read=True,
            webhook_root_key=SecretStr("r" * 40),
            ingest_url="http://127.0.0.1:1",  # nobody is there: files are taken, and not sent
            internal_secret=SecretStr("i" * 40),
        )
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("127.0.0.1", 1))
    client = httpx.AsyncClient(transport=transport, base_url="http://gateway")
    with start_blocking_portal() as portal:
        with portal.wrap_async_context_manager(app.router.lifespan_context(app)):

            def send(**request: Any) -> httpx.Response:
                client.cookies.clear()  # no request rides on the session that another began
                return portal.call(partial(client.request, **request))

            yield send
        portal.call(client.aclose)


@pytest.fixture(scope="module")
def schema(ask: Ask) -> Any:
    """The document as it is served."""
    return schemathesis.openapi.from_dict(ask(method="GET", url="/openapi.json").json())


@pytest.mark.parametrize("who", ["operator", "anybody"])
def test_every_answer_is_documented(schema: Any, ask: Ask, who: str) -> None:
    statuses: dict[str, set[int]] = {}
    wrong: list[str] = []
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path in _APART:
            continue
        found = statuses.setdefault(f"{operation.method} {operation.path}", set())
        try:
            _try(operation, ask, _OPERATOR if who == "operator" else None, found)
        except* AssertionError as failures:  # of this operation; the others are tried all the same
            wrong += [f"{operation.method} {operation.path}: {failure}" for failure in failures.exceptions]
    assert not wrong, "\n\n".join(wrong)
    if who == "operator":
        never = {
            name
            for name, found in statuses.items()
            if not found & _GOOD and not name.endswith(("/close", "/api-keys/{key_id}"))
        }
        assert not never, f"no request of these succeeded: { {name: statuses[name] for name in never} }"


def _try(operation: Any, ask: Ask, auth: tuple[str, str] | None, found: set[int]) -> None:
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    _send(st.one_of([operation.as_strategy(mode) for mode in modes]), _EXAMPLES, operation, ask, auth, found)
    if (there := _THERE.get(operation.path)) is not None:
        said = {
            name: value for name, value in there.items() if name != "body" or operation.method in _WITH_BODY
        }
        kind = operation.as_strategy(GenerationMode.POSITIVE, **said)
        _send(kind, _EXAMPLES_THERE, operation, ask, auth, found)


def _send(
    cases: Any, examples: int, operation: Any, ask: Ask, auth: tuple[str, str] | None, found: set[int]
) -> None:
    @hypothesis.seed(_SEED)
    @hypothesis.settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.filter_too_much,
            HealthCheck.data_too_large,
            HealthCheck.large_base_example,
        ],
    )
    @hypothesis.given(case=cases)
    def conforms(case: Any) -> None:
        sent = case.as_transport_kwargs(base_url="http://gateway")
        sent.pop("cookies")
        if "json" in sent:
            sent["content"] = json.dumps(sent.pop("json"))
        elif "data" in sent:
            sent["content"] = sent.pop("data")
        headers = [(n.encode("latin-1"), str(v).encode("latin-1")) for n, v in sent.pop("headers").items()]
        if any(name.lower() == b"authorization" for name, _ in headers):
            answer = ask(headers=headers, **sent)
        else:
            answer = ask(headers=headers, auth=auth, **sent)
        found.add(answer.status_code)
        case.validate_response(answer, checks=_CHECKS)

    conforms()
