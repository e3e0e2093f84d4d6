"""Who is limited to a commune or an agency gets nothing of another, through every door of the OpenAPI file."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final
from urllib.parse import quote

import asyncpg
import httpx
import pytest
from pwdlib import PasswordHash
from tests.support.figures import connect_as_owner
from tests.support.two_communes import (
    AGENCY,
    CLOSED,
    DAY,
    FORMER_A,
    FORMER_B,
    MONTH,
    NOW,
    PROCEDURE,
    PROVINCE,
    PUBLIC_FIGURE,
    STILL_OPEN,
    THING,
    A,
    B,
    TwoCommunes,
    add_key,
    body_of,
    build,
    marks_in,
    number,
)
from tests.support.two_communes import DATASTREAM as KEY

_PASSWORD: Final = "mật khẩu dài"
_OPERATORS: Final = {
    # name: role, areas, agencies
    "xem-a": ("viewer", [A], []),
    "xem-co-quan-a": ("viewer", [], [AGENCY[A]]),
    "xem-ca-hai": ("viewer", [A], [AGENCY[A]]),
    "quan-a": ("admin", [A], []),
    "quan-co-quan-a": ("admin", [], [AGENCY[A]]),
    "toan-tinh": ("admin", [], []),
    "ca-tinh": ("viewer", [PROVINCE], []),
}
_READERS: Final = ("xem-a", "xem-co-quan-a", "xem-ca-hai")
_LIMITED: Final = ("xem-a", "xem-co-quan-a", "xem-ca-hai", "quan-a", "quan-co-quan-a")
_FAR: Final = {"from": "2026-06-01T00:00:00Z", "to": "2026-08-01T00:00:00Z"}


@dataclass(frozen=True)
class _City:
    made: TwoCommunes
    url: str
    client: httpx.AsyncClient
    owner: "asyncpg.Connection[Any]"


@pytest.fixture(scope="module")
async def city(database_url: str, serve: Any) -> AsyncGenerator[_City]:
    owner = await connect_as_owner(database_url)
    made = await build(owner)
    hashed = PasswordHash.recommended().hash(_PASSWORD)
    await owner.executemany(
        "INSERT INTO operator (username, password_hash, role, area_codes, agencies) VALUES ($1, $2, $3, $4, $5)",
        [(name, hashed, *limits) for name, limits in _OPERATORS.items()],
    )
    async with serve(database_url) as client:
        yield _City(made, database_url, client, owner)
    await owner.close()


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
        "key_id": ["abcdefghijkl"],
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
        "level": ["province"],
        "field": ["Y tế"],
        "unnamed": ["true", "false"],
    }


_WHOSE: Final = {"area", "subject", "thing", "datastream", "q", "by"}
_NEUTRAL: Final = {
    "bom",
    "comment",
    "returnTo",
    "everywhere",
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
    "/v1/admin/operators": [{"username": "moi", "role": "viewer", "generatePassword": True}],
    "/v1/admin/operators/{username}": [{"displayName": "Xem A"}],
    "/v1/admin/dead-letters/{letter_id}/replay": [{}],
    "/v1/admin/agencies/{key}": [{"name": "Cơ quan"}],
    "/v1/admin/procedures/{key}": [{"name": "Thủ tục"}],
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
    "/v1/admin/agencies/{key}": "as before",
    "/v1/admin/procedures/{key}": "as before",
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
            auth=(name, _PASSWORD),
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
            query = dict([*(_FAR.items() if ranged else ()), *fixed, *((n, str(v)) for n, v in more)])
            for body in _BODIES[path] if method in ("post", "put", "patch") else (None,):
                yield _Ask(method.upper(), filled, tuple(query.items()), body_of(body))


async def test_nothing_of_another_commune_comes_through_any_operation(city: _City) -> None:
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


async def _follow_with_limits(city: _City, ask: _Ask) -> bool:
    """The second page of an unlimited operator, asked for by those who are limited; False when there is none."""
    first = await _Ask("GET", ask.path, (*ask.query, ("limit", "1"))).send(city.client, "toan-tinh")
    following = first.json().get("next") if first.is_success else None
    if following is None:
        return False
    for name in _READERS:
        answer = await city.client.get(following, auth=(name, _PASSWORD))
        assert not marks_in(answer.text, following), (name, following, answer.text)
    return True


# ---------------------------------------------------------------- what they do see


async def _get(city: _City, name: str, path: str, **query: Any) -> Any:
    answer = await city.client.get(path, params=query, auth=(name, _PASSWORD))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _values(city: _City, name: str, indicator: str, subject: str, **query: Any) -> list[float]:
    page = await _get(city, name, f"/v1/indicators/{indicator}/values", subject=subject, **query)
    return [item["value"] for item in page["items"]]


async def test_the_communes_own_is_seen(city: _City) -> None:
    async def keys(path: str, **query: Any) -> list[str]:
        return [item["key"] for item in (await _get(city, "xem-a", path, **query))["items"]]

    assert await keys("/v1/things") == [THING[A]]
    assert await keys("/v1/things", area=PROVINCE) == [THING[A]]
    assert await keys("/v1/datastreams") == [KEY[A]]
    readings = await _get(city, "xem-a", "/v1/observations", datastream=KEY[A], granularity="raw", **_FAR)
    assert [item["result"] for item in readings["items"]] == [number(A, 0)]
    latest = await _get(city, "xem-a", "/v1/latest", area=PROVINCE)
    assert [item["datastream"] for item in latest["items"]] == [KEY[A]]
    assert await _values(city, "xem-a", "internal", A) == [number(A, 10), number(A, 11), number(A, 2)][-3:]
    assert await _values(city, "xem-a", "internal", FORMER_A, **{"from": "2025-06"}) == [number(A, 7)]
    assert await _values(city, "xem-a", "internal", f"area-procedure:{A}|P1") == [number(A, 6)]
    assert await _values(city, "xem-a", "internal-dust", f"thing:{THING[A]}") == [number(A, 13)]
    assert await _values(city, "xem-a", "internal", f"agency:{AGENCY[A]}") == []
    assert await _values(city, "xem-a", "internal", FORMER_B, **{"from": "2025-06"}) == []
    alerts = await _get(city, "xem-a", "/v1/alerts")
    assert {item["subject"] for item in alerts["items"]} == {KEY[A], A}


async def test_the_agencys_own_is_seen(city: _City) -> None:
    assert await _values(city, "xem-co-quan-a", "internal", f"agency:{AGENCY[A]}") == [number(A, 3)]
    assert await _values(city, "xem-co-quan-a", "internal", f"agency-procedure:{AGENCY[A]}|P1") == [
        number(A, 5)
    ]
    assert await _values(city, "xem-co-quan-a", "internal", A) == []
    assert (await _get(city, "xem-co-quan-a", "/v1/things"))["items"] == []
    alerts = await _get(city, "xem-co-quan-a", "/v1/alerts")
    assert [item["subject"] for item in alerts["items"]] == [AGENCY[A]]
    summary = await _get(city, "xem-co-quan-a", "/v1/service-events/summary", groupBy="area", **_FAR)
    assert [(item["key"], item["uses"]) for item in summary["items"]] == [(A, 7)]


async def test_with_both_limits_each_figure_needs_its_own_and_a_case_needs_both(city: _City) -> None:
    assert await _values(city, "xem-ca-hai", "internal", f"agency:{AGENCY[A]}") == [number(A, 3)]
    assert number(A, 2) in await _values(city, "xem-ca-hai", "internal", A)
    await city.owner.execute(
        "INSERT INTO dossier SELECT (jsonb_populate_record(d, jsonb_build_object('dossier_id', 'HS-A2', 'area_code',"
        " '02668'))).* FROM dossier d WHERE dossier_id = 'HS-A'"
    )
    await city.owner.execute(
        "INSERT INTO dossier SELECT (jsonb_populate_record(d, jsonb_build_object('dossier_id', 'HS-X', 'area_code',"
        " '02683'))).* FROM dossier d WHERE dossier_id = 'HS-A'"
    )
    path = f"/v1/indicators/public/values/agency:{AGENCY[A]}/{MONTH.label}/explain"
    for name, expected in (
        ("toan-tinh", {"HS-A", "HS-A2", "HS-X"}),
        ("xem-co-quan-a", {"HS-A", "HS-A2", "HS-X"}),
        ("xem-ca-hai", {"HS-A", "HS-A2"}),  # 02668 became part of the commune, 02683 is another
    ):
        inputs = (await _get(city, name, path))["inputs"]
        assert ({item["id"] for item in inputs["items"]}, inputs["partial"]) == (
            expected,
            name != "toan-tinh",
        )


async def test_what_is_public_stays_public_but_not_the_cases_behind_it(city: _City) -> None:
    assert await _values(city, "xem-a", "public", B) == [PUBLIC_FIGURE[B]]
    assert await _values(city, "xem-a", "public", PROVINCE) == [4300.5]
    assert await _values(city, "xem-a", "public", f"procedure:{PROCEDURE}") == [PUBLIC_FIGURE[B]]
    why = await _get(city, "xem-a", f"/v1/indicators/public/values/{B}/{MONTH.label}/explain")
    assert (why["figure"]["value"], why["inputs"]["items"], why["inputs"]["partial"]) == (
        PUBLIC_FIGURE[B],
        [],
        True,
    )
    score = await _get(city, "xem-a", f"/v1/indicators/score/values/{B}/{MONTH.label}/explain")
    assert [(item["hidden"], item["value"]) for item in score["inputs"]["items"]] == [(True, None)]
    own = await _get(city, "xem-a", f"/v1/indicators/score/values/{A}/{MONTH.label}/explain")
    assert [(item["hidden"], item["value"]) for item in own["inputs"]["items"]] == [(False, number(A, 2))]


async def test_a_ranking_is_of_what_is_seen_and_pages_are_full(city: _City) -> None:
    ranking = await _get(city, "xem-a", "/v1/indicators/internal/latest", period="month")
    assert ([item["subject"]["key"] for item in ranking["items"]], ranking["total"]) == ([A], 1)
    assert ranking["province"] is None
    public = await _get(city, "xem-a", "/v1/indicators/public/latest", period="month")
    assert {item["subject"]["key"] for item in public["items"]} == {A, B}
    assert public["province"]["value"] == 4300.5
    page = await _get(city, "xem-a", "/v1/alerts", limit=2)
    assert (len(page["items"]), page["next"]) == (2, None)


async def test_a_province_among_the_areas_stands_for_all_its_communes(city: _City) -> None:
    assert len((await _get(city, "ca-tinh", "/v1/things"))["items"]) == 2
    assert number(B, 14) in await _values(city, "ca-tinh", "internal", PROVINCE)
    assert number(B, 2) in await _values(city, "ca-tinh", "internal", B)


async def test_an_unknown_area_is_a_limit_too(city: _City) -> None:
    await city.owner.execute("UPDATE operator SET area_codes = '{99999}' WHERE username = 'ca-tinh'")
    try:
        await _until_read_again(city, "ca-tinh", things=0)
    finally:
        await city.owner.execute("UPDATE operator SET area_codes = '{15}' WHERE username = 'ca-tinh'")
        await _until_read_again(city, "ca-tinh", things=2)


async def _until_read_again(city: _City, name: str, *, things: int) -> None:
    """The gateway is notified of a changed operator: not at once, but long before its cache ends."""
    async with asyncio.timeout(5.0):
        while len((await _get(city, name, "/v1/things"))["items"]) != things:
            await asyncio.sleep(0.05)


# ---------------------------------------------------------------- closed periods


async def test_of_a_closed_period_only_the_own_figures_are_told(city: _City) -> None:
    for name, values in (("xem-a", 1), ("toan-tinh", 2)):
        counts = (await _get(city, name, f"/v1/periods/{CLOSED}"))["indicators"]
        assert [(count["indicator"], count["values"]) for count in counts] == [("internal", values)]
        ledger = (await _get(city, name, f"/v1/periods/{CLOSED}/restatements"))["items"]
        assert [entry["value"] for entry in ledger] == [number(A, 12), number(B, 12)][:values]


async def test_everybody_learns_that_a_chain_is_broken_but_not_whose_figure(city: _City) -> None:
    whole = await _get(city, "toan-tinh", f"/v1/periods/{CLOSED}/verify")
    assert whole["broken"]["subject"] == f"area:{B}"
    part = await _get(city, "xem-a", f"/v1/periods/{CLOSED}/verify")
    assert (part["ok"], part["broken"]["subject"], part["broken"]["indicator"]) == (False, None, None)


# ---------------------------------------------------------------- acting


async def _post(city: _City, name: str, path: str, body: dict[str, Any]) -> httpx.Response:
    return await city.client.post(path, json=body, auth=(name, _PASSWORD))


async def test_who_is_limited_acts_on_their_own(city: _City) -> None:
    mine, theirs = city.made.alerts[A][0], city.made.alerts[B][0]
    assert (
        await _post(city, "quan-a", f"/v1/alerts/{mine}/comment", {"note": "đang xử lý"})
    ).status_code == 200
    assert (await _post(city, "quan-a", f"/v1/alerts/{theirs}/comment", {"note": "?"})).status_code == 404
    assert (await _get(city, "toan-tinh", f"/v1/alerts/{theirs}"))["history"][-1]["note"] != "?"
    closing = await _post(city, "quan-a", "/v1/periods/2026-02/close", {})
    assert (closing.status_code, closing.json()["code"]) == (403, "forbidden")
    what_if = {"subject": A, "period": MONTH.label, "finish": {"open": True}}
    finished = await _post(city, "quan-a", "/v1/indicators/internal/what-if", what_if)
    assert "HS-A" in finished.text, finished.text


async def test_who_is_limited_silences_only_their_own(city: _City) -> None:
    window = {"endsAt": "2199-01-01T00:00:00Z", "reason": "thử"}
    for subject in (KEY[A], THING[A], A):
        made = await _post(city, "quan-a", "/v1/maintenance-windows", {**window, "subject": subject})
        assert made.status_code == 201, made.text
        ended = await _post(city, "quan-a", f"/v1/maintenance-windows/{made.json()['id']}/end", {})
        assert ended.status_code == 200
    for subject in (KEY[B], THING[B], B, AGENCY[A], "nothing", None):
        refused = await _post(city, "quan-a", "/v1/maintenance-windows", {**window, "subject": subject})
        assert refused.status_code == 403, refused.text
    of_all = (await _post(city, "toan-tinh", "/v1/maintenance-windows", window)).json()["id"]
    seen = {item["id"] for item in (await _get(city, "quan-a", "/v1/maintenance-windows"))["items"]}
    assert of_all in seen
    assert city.made.windows[B] not in seen
    ended = await _post(city, "quan-a", f"/v1/maintenance-windows/{of_all}/end", {})
    assert ended.status_code == 403
    assert (await _post(city, "toan-tinh", f"/v1/maintenance-windows/{of_all}/end", {})).status_code == 200


# ---------------------------------------------------------------- the public, and keys


async def test_the_public_sees_public_indicators_and_no_cases(city: _City, serve: Any) -> None:
    async with serve(city.url, anonymous_read=True) as public:

        async def get(path: str, **query: Any) -> httpx.Response:
            return await public.get(path, params=query)

        listed = {item["id"] for item in (await get("/v1/indicators")).json()["items"]}
        assert listed == {"public", "public-dust", "score"}
        assert (await get("/v1/indicators/internal/values", area=A)).status_code == 404
        assert (await get("/v1/indicators/public/values", area=A)).json()["items"][0][
            "value"
        ] == PUBLIC_FIGURE[A]
        why = (await get(f"/v1/indicators/public/values/{A}/{MONTH.label}/explain")).json()["inputs"]
        assert (why["items"], why["partial"]) == ([], True)
        score = (await get(f"/v1/indicators/score/values/{A}/{MONTH.label}/explain")).json()["inputs"][
            "items"
        ]
        assert [(item["hidden"], item["value"], item["points"]) for item in score] == [(True, None, None)]
        summary = await get("/v1/service-events/summary", groupBy="agency", **_FAR)
        assert (summary.status_code, summary.json()["code"]) == (401, "unauthorized")
        [close] = [item for item in (await get("/v1/periods")).json()["items"] if item["period"] == CLOSED]
        assert close["closedBy"] is None
        assert (await get(f"/v1/periods/{CLOSED}")).json()["indicators"] == []
        assert (await get(f"/v1/periods/{CLOSED}/restatements")).json()["items"] == []
        assert {item["rule"] for item in (await get("/v1/alerts")).json()["items"]} == {"loud"}
        assert (await get("/v1/maintenance-windows")).status_code == 401
        assert len((await get("/v1/things")).json()["items"]) == 2
        limited = await public.get("/v1/things", auth=("xem-a", _PASSWORD))
        assert [item["key"] for item in limited.json()["items"]] == [THING[A]]
        assert limited.headers["cache-control"].startswith("private")


async def test_an_indicator_that_is_no_longer_public_is_hidden_with_all_its_versions(
    city: _City, serve: Any
) -> None:
    """An older version said public; what counts is the newest that is kept, for figures and closes alike."""
    await city.owner.execute(
        "INSERT INTO indicator_definition (key, version, digest, lane, document, public, effective_from)"
        " SELECT key, 2, 'digest-2', lane, jsonb_set(document, '{versions,0,version}', '2'), false, '2199-01-01'"
        " FROM indicator_definition WHERE key = 'public-dust'"
    )
    try:
        async with serve(city.url, anonymous_read=True) as public:
            values = await public.get("/v1/indicators/public-dust/values", params={"area": A})
            assert values.status_code == 404
            limited = await public.get(
                "/v1/indicators/public-dust/values", params={"area": B}, auth=("xem-a", _PASSWORD)
            )
            assert limited.json()["items"] == []
    finally:
        await city.owner.execute("DELETE FROM indicator_definition WHERE key = 'public-dust' AND version = 2")


@pytest.mark.parametrize("anonymous_read", [False, True])
async def test_a_key_reads_internal_figures_of_its_things_and_cases_of_its_provider(
    city: _City, serve: Any, anonymous_read: bool
) -> None:
    own, foreign = await add_key(city.owner, "city"), await add_key(city.owner, "guest")
    narrow = await add_key(city.owner, "city", f"{THING[A]}/")
    part = await add_key(city.owner, "city", f"{THING[A]}/pm2")
    async with serve(city.url, anonymous_read=anonymous_read) as client:

        async def get(key: str, path: str, **query: Any) -> httpx.Response:
            return await client.get(path, params=query, headers={"Authorization": f"Bearer {key}"})

        async def figures(key: str, indicator: str, subject: str) -> list[float]:
            answer = await get(key, f"/v1/indicators/{indicator}/values", subject=subject)
            return [item["value"] for item in answer.json()["items"]] if answer.is_success else []

        listed = {item["id"] for item in (await get(own, "/v1/indicators")).json()["items"]}
        assert listed == {"public", "public-dust", "score", "internal-dust"}
        assert await figures(own, "internal-dust", f"thing:{THING[A]}") == [number(A, 13)]
        assert await figures(narrow, "internal-dust", f"thing:{THING[A]}") == [number(A, 13)]
        assert await figures(narrow, "internal-dust", f"thing:{THING[B]}") == []
        assert await figures(part, "internal-dust", f"thing:{THING[A]}") == []  # not all of its datastreams
        assert await figures(foreign, "internal-dust", f"thing:{THING[A]}") == []
        assert await figures(own, "internal-dust", A) == []  # an area's figure may rest on things of others
        assert await figures(own, "internal", A) == []
        assert await figures(foreign, "public", A) == [PUBLIC_FIGURE[A]]
        path = f"/v1/indicators/public/values/{B}/{MONTH.label}/explain"
        for key, cases in ((own, ["HS-B-7104"]), (foreign, [])):
            assert [item["id"] for item in (await get(key, path)).json()["inputs"]["items"]] == cases
            summary = (await get(key, "/v1/service-events/summary", groupBy="agency", **_FAR)).json()["items"]
            assert len(summary) == 2 * len(cases)
        if not anonymous_read:
            assert (await get(own, "/v1/alerts")).status_code == 403
            assert [t["key"] for t in (await get(part, "/v1/things")).json()["items"]] == [THING[A]]
            assert (await get(part, f"/v1/things/{THING[B]}")).status_code == 404
            assert (await get(foreign, "/v1/things")).json()["items"] == []
