"""Who is limited to a commune or an agency gets nothing of another, through every door of the OpenAPI file."""

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final
from urllib.parse import quote

import httpx
import pytest
from tests.support.two_communes import (
    AGENCY,
    CLOSED,
    DAY,
    FORMER_B,
    MONTH,
    NOW,
    PROCEDURE,
    PROVINCE,
    STILL_OPEN,
    THING,
    B,
    TwoCommunes,
    body_of,
    marks_in,
)
from tests.support.two_communes import DATASTREAM as KEY
from tests.support.visibility import FAR, PASSWORD, City, city_of

_READERS: Final = ("xem-a", "xem-co-quan-a", "xem-ca-hai")
_LIMITED: Final = ("xem-a", "xem-co-quan-a", "xem-ca-hai", "quan-a", "quan-co-quan-a")


@pytest.fixture(scope="module")
async def city(database_url: str, serve: Any) -> AsyncGenerator[City]:
    async with city_of(database_url, serve) as city:
        yield city


# ---------------------------------------------------------------- the walk


def _naming(made: TwoCommunes) -> dict[str, Sequence[Any]]:
    """What each parameter can say to name B, or all; by the parameter, or by `<path> <parameter>`."""
    subjects = [
        B,
        PROVINCE,
        FORMER_B,
        f"agency:{AGENCY[B]}",
        f"procedure:{PROCEDURE}",
        f"thing:{THING[B]}",
        f"agency-procedure:{AGENCY[B]}|P1",
        f"area-procedure:{B}|P1",
    ]
    return {
        "area": [B, PROVINCE],
        "thing": [THING[B], made.things[B]],
        "datastream": [KEY[B], made.datastreams[B]],
        "/v1/things/{reference} reference": [THING[B], made.things[B]],
        "/v1/datastreams/{reference} reference": [KEY[B], made.datastreams[B]],
        "q": ["Trạm", "tram-b-7102"],
        "observedProperty": ["pm25"],
        "format": ["csv"],
        "/v1/indicators/{indicator}/export format": ["csv", "geojson"],
        "subjectKind": ["area", "agency", "procedure", "thing", "area-procedure"],
        "/v1/indicators/{indicator}/export period": ["month", "day"],
        "/v1/datastreams/{reference}/observations/export reference": [KEY[B], made.datastreams[B]],
        "groupBy": ["agency", "area", "procedure", "channel"],
        "type": ["vn.fansipan.usage.counted.v1"],
        "subject": subjects,
        "/v1/alerts subject": [KEY[B], AGENCY[B], B],
        "indicator": ["internal", "internal-dust", "score"],
        "by": ["area", "agency", "procedure", "thing"],
        "/v1/indicators/{indicator}/values/{subject}/{period}/explain period": [
            MONTH.label,
            DAY.label,
            "2025-06",
        ],
        "/v1/indicators/{indicator}/values period": ["month", "day"],
        "/v1/indicators/latest period": ["month", "day"],
        "/v1/indicators/{indicator}/latest period": ["month", "day"],
        "/v1/periods/{period}/close period": [STILL_OPEN],
        "period": [CLOSED],
        "asOf": [NOW.isoformat(), NOW.replace(year=NOW.year + 1, day=1).isoformat()],
        "alert_id": made.alerts[B],
        "window_id": [made.windows[B]],
        "state": ["open"],
        "assignee": ["mai"],
        "severity": ["warning"],
        "rule": ["loud", "backlog", "slow"],
        "boundaries": ["2025-06-30"],
        "from": ["2025-01-01T00:00:00Z"],
        "current": ["true"],
        "granularity": ["raw", "1m", "1h", "1d"],
        "cursor": [],  # that of an unlimited reader's first page is tried
        "correctionsCursor": [],
        "provider": ["city"],
        "/v1/admin/providers/{key} key": ["city"],
        "/v1/admin/providers/{key}/api-keys key": ["city"],
        "/v1/admin/providers/{key}/members key": ["city"],
        "/v1/admin/providers/{key}/members/{username} key": ["city"],
        "key_id": ["abcdefghijkl"],
        "webhook": ["abcdefghijkl"],
        "number": [1],
        "import_id": [1],
        "/v1/provider/{provider}/sandbox format": ["observations"],
        "/v1/provider/{provider}/webhooks/{webhook}/deliveries state": ["failed"],
        "/v1/admin/webhooks/{webhook}/deliveries state": ["failed"],
        "username": ["xem-a"],
        "letter_id": [made.letter],
        "actor": ["mai"],
        "action": ["provider"],
        "object": ["provider/city"],
        "code": ["result-type"],
        "kind": ["observation"],
        "replayed": ["false"],
        "/v1/admin/agencies/{key} key": [AGENCY[B]],
        "/v1/admin/procedures/{key} key": [PROCEDURE],
        "/v1/admin/devices/{provider}/{door}/{key} key": ["0101010101010101"],
        "door": ["lorawan"],
        "application": ["nuoc"],
        "level": ["province"],
        "field": ["Y tế"],
        "unnamed": ["true", "false"],
    }


_WHOSE: Final = {"area", "subject", "thing", "datastream", "q", "by"}
_NEUTRAL: Final = {
    "bom",
    "comment",
    "returnTo",
    "offset",
    "everywhere",
    "days",
    "to",
    "limit",
    "maxPoints",
    "version",
    "geometry",
    "at",
    "parent",
    "lon",
    "lat",
    "public",
    "group",
    "if-match",
}
"""Parameters that cannot name whose data is wanted."""

_BODIES: Final[Mapping[str, Sequence[dict[str, Any]]]] = {
    "/v1/indicators/{indicator}/what-if": [
        {"subject": subject, "period": MONTH.label, "finish": finish}
        for subject in (B, f"agency:{AGENCY[B]}", f"procedure:{PROCEDURE}", PROVINCE)
        for finish in ({"open": True}, {"overdue": True}, [{"provider": "city", "dossierId": "HS-B-7104"}])
    ],
    "/v1/periods/{period}/close": [{}],
    "/v1/alerts/{alert_id}/acknowledge": [{}],
    "/v1/alerts/{alert_id}/comment": [{"note": "đã xem"}],
    "/v1/alerts/{alert_id}/assign": [{"assignee": "mai"}],
    "/v1/alerts/{alert_id}/resolve": [{}],
    "/v1/maintenance-windows": [
        {"subject": subject, "endsAt": "2199-01-01T00:00:00Z", "reason": "thử"}
        for subject in (KEY[B], THING[B], B, AGENCY[B], None)
    ],
    "/v1/maintenance-windows/{window_id}/end": [{}],
    "/v1/admin/providers": [{"key": "moi", "name": "Mới"}],
    "/v1/admin/providers/{key}": [{"name": "City"}],
    "/v1/admin/providers/{key}/api-keys": [{"name": "thử", "scopes": ["read"]}],
    "/v1/admin/providers/{key}/members/{username}": [{}],
    **{
        f"{base}{end}": [body]
        for base in ("/v1/provider/{provider}/webhooks", "/v1/admin/webhooks")
        for end, body in (
            ("", {"name": "nhận", "url": "https://example.vn/", "events": ["alerts"]}),
            ("/{webhook}", {"name": "nhận"}),
            ("/{webhook}/secret", {}),
            ("/{webhook}/test", {}),
            ("/{webhook}/deliveries/{number}/resend", {}),
        )
    },
    "/v1/provider/{provider}/api-keys": [{"name": "thử", "scopes": ["read"]}],
    "/v1/provider/{provider}/api-keys/{key_id}/rotate": [{}],
    "/v1/provider/{provider}/sandbox": [{}],
    "/v1/provider/{provider}/imports": [{"name": "x.csv", "size": 1}],
    "/v1/provider/{provider}/imports/{import_id}/mapping": [
        {
            "time": {"column": "t"},
            "values": {"form": "wide", "thing": "s", "columns": {"v": {"property": "v"}}},
        }
    ],
    **{
        f"/v1/provider/{{provider}}/imports/{{import_id}}/{end}": [{}]
        for end in ("content", "preview", "check", "start", "cancel")
    },
    "/v1/admin/operators": [{"username": "moi", "role": "viewer", "generatePassword": True}],
    "/v1/admin/operators/{username}": [{"displayName": "Xem A"}],
    "/v1/admin/dead-letters/{letter_id}/replay": [{}],
    "/v1/admin/agencies/{key}": [{"name": "Cơ quan"}],
    "/v1/admin/procedures/{key}": [{"name": "Thủ tục"}],
    "/v1/admin/read-only": [{"reason": "thử", "until": "2001-01-01T00:00:00Z"}],
    "/v1/admin/devices/{provider}/{door}/{key}": [{"thing": "tram-1"}],
}
_EVERYBODYS: Final = {
    "/v1/areas": "boundaries are public",
    "/v1/status": "whether the parts are there",
    "/v1/areas/at": "boundaries are public",
    "/v1/agencies": "names of public bodies are public",
    "/v1/procedures": "names of procedures are public",
    "/v1/indicators": "operators see definitions, which are no data",
    "/v1/indicators/{indicator}": "operators see definitions, which are no data",
    "/v1/admin/providers": "nothing of a commune comes out; that it is refused is seen here",
    "/v1/admin/providers/{key}": "as before",
    "/v1/admin/providers/{key}/api-keys": "as before",
    "/v1/admin/api-keys": "as before",
    "/v1/admin/api-keys/{key_id}": "as before",
    "/v1/admin/operators": "as before",
    "/v1/admin/operators/{username}": "as before",
    "/v1/admin/catalogue": "as before",
    "/v1/admin/providers/{key}/members": "as before",
    "/v1/admin/providers/{key}/members/{username}": "as before",
    **{
        f"{base}{end}": "as before"
        for base in ("/v1/provider/{provider}/webhooks", "/v1/admin/webhooks")
        for end in (
            "",
            "/{webhook}",
            "/{webhook}/secret",
            "/{webhook}/test",
            "/{webhook}/deliveries",
            "/{webhook}/deliveries/{number}",
            "/{webhook}/deliveries/{number}/resend",
        )
    },
    "/v1/provider": "which providers there are is no data of a commune; they see those they are members of",
    "/v1/provider/{provider}/usage": "as before",
    "/v1/provider/{provider}/api-keys": "as before",
    "/v1/provider/{provider}/api-keys/{key_id}": "as before",
    "/v1/provider/{provider}/api-keys/{key_id}/rotate": "as before",
    "/v1/provider/{provider}/sandbox": "as before",
    **{
        f"/v1/provider/{{provider}}/imports{end}": "as before"
        for end in (
            "",
            "/{import_id}",
            *(
                f"/{{import_id}}/{part}"
                for part in ("content", "preview", "mapping", "check", "start", "cancel", "errors")
            ),
        )
    },
    "/v1/admin/agencies/{key}": "as before",
    "/v1/admin/procedures/{key}": "as before",
    "/v1/admin/devices": "as before",
    "/v1/admin/read-only": "as before",
    "/v1/admin/devices/{provider}/{door}/{key}": "as before",
    "/v1/admin/dead-letters": "what was sent is not in the list; that it is refused is seen here",
    "/v1/admin/dead-letters/{letter_id}/replay": "replay is not set up here",
    "/v1/periods": "that a period is closed is no data of a commune",
    "/v1/periods/{period}": "how many figures were closed; tested by itself",
    "/v1/periods/{period}/close": "nothing of a commune comes out; that it is refused is tested by itself",
    "/v1/periods/{period}/verify": "whose figure is broken is tested by itself",
    "/v1/maintenance-windows": "also POST gives back only what was sent; that it is refused is tested by itself",
}
"""Operations in whose answers even an unlimited operator need not see marks of B."""
_APART: Final = {
    "/v1/live": "it never ends; what limited operators get of it is tested with its rendering",
    "/v1/open-data/catalogue": "it gives the same to everybody, of public indicators only",
    "/v1/open-data/indicators": "as before",
    "/v1/session": "one's own account",
    "/v1/session/password": "as before",
    "/v1/session/totp": "as before",
    "/v1/session/open-id-connect": "as before",
    "/v1/session/open-id-connect/callback": "as before",
}
"""Paths that the walk leaves out, and why."""
_PUBLISHED: Final = {"/v1/indicators/latest": {"Trạm B 7107"}}
"""Marks that come with public figures: whoever publishes the figure of a thing publishes the thing's name."""


@dataclass(frozen=True)
class _Ask:
    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None

    @property
    def text(self) -> str:
        """All that the request holds, so that what an answer repeats of it is no leak."""
        return f"{self.path} {self.query} {(self.body or b'').decode()}"

    async def send(self, client: httpx.AsyncClient, name: str) -> httpx.Response:
        headers = {} if self.body is None else {"content-type": "application/json"}
        return await client.request(
            self.method,
            self.path,
            params=list(self.query),
            content=self.body,
            headers=headers,
            auth=(name, PASSWORD),
        )


def _asks(
    method: str, path: str, operation: dict[str, Any], naming: Mapping[str, Sequence[Any]]
) -> Iterator[_Ask]:
    """Every request of an operation: each combination of what must be said, alone, with one more parameter, and with
    whose data is wanted and one more."""
    values: dict[str, Sequence[Any]] = {}
    places: dict[str, str] = {}
    for parameter in operation.get("parameters", []):
        name = parameter["name"]
        places[name] = "required" if parameter["required"] else "optional"
        if name in _NEUTRAL:
            continue
        assert name in naming or f"{path} {name}" in naming, (
            f"the walk does not know what {path} takes as {name}"
        )
        values[name] = naming.get(f"{path} {name}", naming.get(name, ()))
    required = [name for name in values if places[name] == "required" or f"{{{name}}}" in path]
    optional = [(name, value) for name in values if name not in required for value in values[name]]
    pairs = [(one,) for one in optional] + [
        (one, other) for one in optional for other in optional if one[0] in _WHOSE and other[0] not in _WHOSE
    ]
    ranged = {"from", "to"} <= set(places) and not path.startswith(("/v1/indicators", "/v1/alerts"))
    if path == "/v1/areas/at":
        pairs = [(("lon", 104.0), ("lat", 22.4))]
    for combination in product(*(values[name] for name in required)):
        given = dict(zip(required, combination, strict=True))
        filled = path
        for name, value in given.items():
            filled = filled.replace(f"{{{name}}}", quote(str(value), safe="/:"))
        fixed = [(name, str(value)) for name, value in given.items() if f"{{{name}}}" not in path]
        for more in ((), *pairs):
            query = dict([*(FAR.items() if ranged else ()), *fixed, *((n, str(v)) for n, v in more)])
            for body in _BODIES[path] if method in ("post", "put", "patch") else (None,):
                yield _Ask(method.upper(), filled, tuple(query.items()), body_of(body))


async def test_nothing_of_another_commune_comes_through_any_operation(city: City) -> None:
    document = (await city.client.get("/openapi.json")).json()
    naming = _naming(city.made)
    walked, asked, unseen = 0, 0, []
    for path, operations in document["paths"].items():
        if path in _APART:
            continue
        for method, operation in operations.items():
            shown, followed = False, method != "get"
            for ask in _asks(method, path, operation, naming):
                for name in _READERS if method == "get" else _LIMITED:
                    answer = await ask.send(city.client, name)
                    assert answer.status_code < 500, (name, ask, answer.text)
                    if path.startswith("/v1/admin/"):
                        assert answer.status_code == 403, (name, ask, answer.text)
                    leaked = set(marks_in(answer.text, ask.text)) - _PUBLISHED.get(path, set())
                    assert not leaked, (name, ask, leaked, answer.text)
                    if method != "get":
                        assert answer.status_code in (400, 403, 404), (name, ask, answer.text)
                    asked += 1
                answer = await ask.send(city.client, "toan-tinh")
                shown = shown or bool(marks_in(answer.text, ask.text))
                asked += 1
                if not followed and answer.is_success:
                    followed = await _follow_with_limits(city, ask)
            walked += 1
            if not shown and path not in _EVERYBODYS:
                unseen.append(f"{method} {path}")
    assert not unseen, (
        f"not even an unlimited operator was shown anything of B by {unseen}: the walk proves nothing"
    )
    print(f"{walked} operations, {asked} requests")  # noqa: T201


async def _follow_with_limits(city: City, ask: _Ask) -> bool:
    """The second page of an unlimited operator, asked for by those who are limited; False when there is none."""
    first = await _Ask("GET", ask.path, (*ask.query, ("limit", "1"))).send(city.client, "toan-tinh")
    following = first.json().get("next") if first.is_success else None
    if following is None:
        return False
    for name in _READERS:
        answer = await city.client.get(following, auth=(name, PASSWORD))
        assert not marks_in(answer.text, following), (name, following, answer.text)
    return True
