"""Agencies and procedures have names: given by admins, seen by everybody in all that is about them."""

import asyncio
import csv
import io
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg
import httpx
import pytest
from pwdlib import PasswordHash
from tests.support.figures import FigureWriter, connect_as_owner

from fansipan_gateway.administration.names.schemas import AdministeredAgencyList, AdministeredProcedureList
from fansipan_gateway.alerts.schemas import AlertList
from fansipan_gateway.indicators.schemas.explanations import ExplanationItem
from fansipan_gateway.indicators.schemas.figures import Ranking
from fansipan_gateway.names.schemas import AgencyList, ProcedureList
from fansipan_gateway.service_events.schemas import SummaryList
from fansipan_indicators.periods import PeriodKind, period_at

_ADMIN: Final = ("lan", "mật khẩu dài")
_MONTH: Final = period_at(PeriodKind.MONTH, datetime.now(UTC))
_AGENCY: Final = {
    "name": "Sở Y tế",
    "nameEn": "Department of Health",
    "level": "province",
    "areaCode": "15",
}
_PROCEDURE: Final = {
    "name": "Cấp giấy phép hành nghề",
    "nameEn": "Licence to practise",
    "field": "Khám bệnh, chữa bệnh",
    "nationalCode": "1.012259",
    "law": "Luật Khám bệnh, chữa bệnh 15/2023/QH15",
    "processingDays": 20.0,
}


@pytest.fixture(scope="module")
async def owner(world: Any) -> AsyncGenerator["asyncpg.Connection[Any]"]:
    connection = await connect_as_owner(world.url)
    await connection.execute(
        "INSERT INTO operator (username, password_hash, role) VALUES ($1, $2, 'admin')",
        _ADMIN[0],
        PasswordHash.recommended().hash(_ADMIN[1]),
    )
    yield connection
    await connection.close()


@pytest.fixture(scope="module", autouse=True)
async def _cases(owner: "asyncpg.Connection[Any]") -> None:
    """Two agencies and two procedures with figures, a dossier, and an alert; nothing has a name."""
    writer = FigureWriter(owner)
    ratio = await writer.define(
        "on-time", periods=("month",), subjects=("agency", "procedure", "agency-procedure", "area-procedure")
    )
    subjects = (
        ("agency", "SYT"),
        ("agency", "SXD"),
        ("procedure", "TT1"),
        ("procedure", "TT2"),
        ("agency-procedure", "SYT|TT1"),
        ("agency-procedure", "SXD|TT2"),
        ("area-procedure", "02671|TT1"),
    )
    for kind, key in subjects:
        await writer.put(ratio, await writer.subject(kind, key), _MONTH, 90.0)
    await owner.execute(
        "INSERT INTO dossier (provider_id, dossier_id, state, agency, area_code, procedure, channel, received_at,"
        " supplement_count, paused_seconds, attributes, last_event_at, event_count)"
        " VALUES (1, 'HS-1', 'in-progress', 'SYT', '02671', 'TT1', 'online', now(), 0, 0, '{}', now(), 1)"
    )
    await owner.execute(
        "INSERT INTO alert_rule (key, digest, document) VALUES ('late', 'd', $1)",
        {
            "names": {"vi": "Trễ hạn", "en": "Late"},
            "subjects": "agency",
            "condition": {"kind": "threshold", "indicator": "on-time", "period": "month", "below": 95},
        },
    )
    await owner.execute(
        "INSERT INTO alert (rule, subject, subject_name, severity, state, summary, cause, started_at)"
        " VALUES ('late', 'SYT', 'SYT', 'warning', 'open', $1, '{}', now())",
        {"vi": "SYT trễ hạn", "en": "SYT is late"},
    )


@pytest.fixture(autouse=True)
async def _no_names(owner: "asyncpg.Connection[Any]") -> None:
    await owner.execute("DELETE FROM agency; DELETE FROM administrative_procedure")


async def _call(
    gateway: httpx.AsyncClient, method: str, path: str, body: Any = None, **headers: str
) -> httpx.Response:
    more = {} if body is None else {"json": body}
    return await gateway.request(method, f"/v1/admin{path}", auth=_ADMIN, headers=headers, **more)


async def _put(gateway: httpx.AsyncClient, path: str, body: Any, **headers: str) -> dict[str, Any]:
    answer = await _call(gateway, "PUT", path, body, **headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _get(gateway: httpx.AsyncClient, path: str, **query: Any) -> Any:
    answer = await gateway.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _named_in_time(gateway: httpx.AsyncClient, path: str, name: str | None, **query: Any) -> bool:
    """Whether the first subject of a ranking gets a name, within a second (the cache hears it from PostgreSQL)."""
    for _ in range(40):
        items = (await _get(gateway, path, **query))["items"]
        if items[-1]["subject"]["name"] == name:
            return True
        await asyncio.sleep(0.05)
    return False


# ---------------------------------------------------------------- administering


async def test_what_events_name_is_listed_until_it_has_a_name(gateway: httpx.AsyncClient) -> None:
    listed = (await _call(gateway, "GET", "/agencies?unnamed=true")).json()
    AdministeredAgencyList.model_validate(listed)
    assert [(item["key"], item["name"], item["inEvents"]) for item in listed["items"]] == [
        ("SXD", None, True),
        ("SYT", None, True),
    ]
    assert listed["unnamed"] == 2
    made = await _put(gateway, "/agencies/SYT", _AGENCY)
    assert {name: made[name] for name in _AGENCY} == _AGENCY
    assert made["inEvents"]
    assert made["updatedAt"] is not None
    left = (await _call(gateway, "GET", "/agencies?unnamed=true")).json()
    assert ([item["key"] for item in left["items"]], left["unnamed"]) == (["SXD"], 1)
    named = (await _call(gateway, "GET", "/agencies?unnamed=false")).json()
    assert [item["key"] for item in named["items"]] == ["SYT"]


async def test_a_procedure_says_more_and_what_is_left_out_is_forgotten(gateway: httpx.AsyncClient) -> None:
    made = await _put(gateway, "/procedures/TT1", _PROCEDURE)
    assert {name: made[name] for name in _PROCEDURE} == _PROCEDURE
    less = await _put(gateway, "/procedures/TT1", {"name": "  Cấp giấy phép  "})
    assert (less["name"], less["nameEn"], less["field"], less["processingDays"]) == (
        "Cấp giấy phép",
        None,
        None,
        None,
    )
    listed = (await _call(gateway, "GET", "/procedures")).json()
    AdministeredProcedureList.model_validate(listed)
    assert [item["key"] for item in listed["items"]] == ["TT1", "TT2"]


async def test_a_key_may_be_named_before_any_event_names_it(gateway: httpx.AsyncClient) -> None:
    assert (await _put(gateway, "/agencies/UBND-02671", {"name": "UBND"}))["inEvents"] is False
    keys = [item["key"] for item in (await _call(gateway, "GET", "/agencies")).json()["items"]]
    assert keys == ["SXD", "SYT", "UBND-02671"]


async def test_pages_and_search_without_marks(gateway: httpx.AsyncClient) -> None:
    await _put(gateway, "/agencies/SYT", _AGENCY)
    first = (await _call(gateway, "GET", "/agencies?limit=1")).json()
    assert [item["key"] for item in first["items"]] == ["SXD"]
    second = await gateway.get(first["next"], auth=_ADMIN)
    assert ([item["key"] for item in second.json()["items"]], second.json()["next"]) == (["SYT"], None)
    for q in ("so y te", "HEALTH", "Sở Y", "syt"):
        found = (await _call(gateway, "GET", f"/agencies?q={q}")).json()["items"]
        assert [item["key"] for item in found] == ["SYT"], q
    assert (await _call(gateway, "GET", "/agencies?q=%25")).json()["items"] == []


async def test_only_admins_and_only_what_is_right(gateway: httpx.AsyncClient, world: Any) -> None:
    for who in (world.operator, None):
        answer = await gateway.request("PUT", "/v1/admin/agencies/SYT", auth=who, json=_AGENCY)
        assert answer.status_code in (401, 403)
    wrong = [
        ("/agencies/SYT", {"name": " "}, 400),
        ("/agencies/SYT", {"nameEn": "Health"}, 400),
        ("/agencies/SYT", {"name": "Sở", "level": "district"}, 400),
        ("/agencies/-SYT", {"name": "Sở"}, 400),
        ("/agencies/SYT", {"name": "Sở", "areaCode": "99999"}, 422),
        ("/procedures/TT1", {"name": "Cấp", "processingDays": 0}, 400),
    ]
    for path, body, status in wrong:
        answer = await _call(gateway, "PUT", path, body)
        assert answer.status_code == status, (path, body, answer.text)
    assert answer.headers["content-type"].startswith("application/problem+json")


async def test_if_match_keeps_what_somebody_else_wrote(gateway: httpx.AsyncClient) -> None:
    seen = await _put(gateway, "/agencies/SYT", _AGENCY)
    await _put(gateway, "/agencies/SYT", {**_AGENCY, "name": "Sở Y tế tỉnh"})
    late = {"If-Match": f'"{seen["version"]}"'}
    for method, body in (("PUT", _AGENCY), ("DELETE", None)):
        answer = await _call(gateway, method, "/agencies/SYT", body, **late)
        assert (answer.status_code, answer.json()["code"]) == (412, "precondition-failed")
    unnamed = (await _call(gateway, "GET", "/agencies?unnamed=true")).json()["items"][0]
    await _put(gateway, "/agencies/SXD", {"name": "Sở Xây dựng"}, **{"If-Match": f'"{unnamed["version"]}"'})


async def test_every_change_is_in_the_audit_trail(
    gateway: httpx.AsyncClient, owner: "asyncpg.Connection[Any]"
) -> None:
    last = await owner.fetchval("SELECT coalesce(max(id), 0) FROM audit_event")
    await _put(gateway, "/agencies/SYT", _AGENCY)
    await _put(gateway, "/agencies/SYT", _AGENCY)  # the same again is no change
    await _put(gateway, "/agencies/SYT", {**_AGENCY, "name": "Sở Y tế tỉnh"})
    assert (await _call(gateway, "DELETE", "/agencies/SYT")).status_code == 204
    gone = await _call(gateway, "DELETE", "/agencies/SYT")
    assert (gone.status_code, gone.json()["code"]) == (404, "name-unknown")
    rows = await owner.fetch(
        "SELECT actor, action, object, details FROM audit_event WHERE id > $1 ORDER BY id", last
    )
    assert [(row["actor"], row["action"], row["object"]) for row in rows] == [
        ("lan", "agency.named", "agency/SYT"),
        ("lan", "agency.changed", "agency/SYT"),
        ("lan", "agency.name-deleted", "agency/SYT"),
    ]
    assert rows[1]["details"] == {"name": {"from": "Sở Y tế", "to": "Sở Y tế tỉnh"}}


# ---------------------------------------------------------------- reading


async def test_everybody_reads_names_and_only_names(gateway: httpx.AsyncClient) -> None:
    await _put(gateway, "/agencies/SYT", _AGENCY)
    await _put(gateway, "/agencies/UBND-02671", {"name": "UBND", "level": "commune", "areaCode": "02671"})
    await _put(gateway, "/procedures/TT1", _PROCEDURE)
    agencies = await _get(gateway, "/v1/agencies", limit=100)
    AgencyList.model_validate(agencies)
    assert agencies["items"][0] == {
        "key": "SYT",
        **_AGENCY,
    }  # SXD has no name: who is asked by events is no public list
    assert [item["key"] for item in (await _get(gateway, "/v1/agencies", level="commune"))["items"]] == [
        "UBND-02671"
    ]
    assert [item["key"] for item in (await _get(gateway, "/v1/agencies", area="15"))["items"]] == [
        "SYT",
        "UBND-02671",
    ]
    procedures = await _get(gateway, "/v1/procedures", q="hanh nghe", field=_PROCEDURE["field"])
    ProcedureList.model_validate(procedures)
    assert procedures["items"] == [{"key": "TT1", **_PROCEDURE}]
    page = await _get(gateway, "/v1/agencies", limit=1)
    following = (await gateway.get(page["next"])).json()
    assert ([item["key"] for item in following["items"]], following["next"]) == (["UBND-02671"], None)


async def test_rankings_have_names_and_hear_of_another_one(gateway: httpx.AsyncClient) -> None:
    path = "/v1/indicators/on-time/latest"
    for kind, key, body in (("agency", "SYT", _AGENCY), ("procedure", "TT2", {"name": "Thủ tục hai"})):
        ranking = await _get(gateway, path, by=kind)
        Ranking.model_validate(ranking)
        assert [item["subject"]["name"] for item in ranking["items"]] == [None, None]
        register = "agencies" if kind == "agency" else "procedures"
        await _put(gateway, f"/{register}/{key}", body)
        assert await _named_in_time(gateway, path, body["name"], by=kind)
        await _put(gateway, f"/{register}/{key}", {"name": "Tên mới"})
        assert await _named_in_time(gateway, path, "Tên mới", by=kind)
    last = (await _get(gateway, path, by="procedure"))["items"][-1]["subject"]
    assert (last["key"], last["nameEn"]) == (
        "TT2",
        "Tên mới",
    )  # without an English name it is the Vietnamese one


@pytest.mark.parametrize(
    ("subject", "name", "name_en"),
    [
        ("agency:SYT", "Sở Y tế", "Department of Health"),
        ("procedure:TT1", "Cấp giấy phép hành nghề", "Licence to practise"),
        ("agency:SXD", None, None),
        (
            "agency-procedure:SYT|TT1",
            "Sở Y tế · Cấp giấy phép hành nghề",
            "Department of Health · Licence to practise",
        ),
        ("agency-procedure:SXD|TT2", None, None),
        (
            "area-procedure:02671|TT1",
            "Phường Cam Đường · Cấp giấy phép hành nghề",
            "Cam Duong Ward · Licence to practise",
        ),
    ],
)
async def test_values_and_cards_name_their_subject(
    gateway: httpx.AsyncClient, subject: str, name: str | None, name_en: str | None
) -> None:
    await _put(gateway, "/agencies/SYT", _AGENCY)
    await _put(gateway, "/procedures/TT1", _PROCEDURE)
    for path in ("/v1/indicators/on-time/values", "/v1/indicators/latest"):
        assert await _named_in_time(gateway, path, name, subject=subject), path
        (item,) = (await _get(gateway, path, subject=subject))["items"]
        assert item["subject"]["nameEn"] == name_en, path


async def test_a_pair_of_which_one_has_no_name_shows_its_key(gateway: httpx.AsyncClient) -> None:
    await _put(gateway, "/procedures/TT2", {"name": "Thủ tục hai"})
    path = "/v1/indicators/on-time/values"
    assert await _named_in_time(gateway, path, "SXD · Thủ tục hai", subject="agency-procedure:SXD|TT2")


async def test_an_explanation_names_what_each_case_names(gateway: httpx.AsyncClient) -> None:
    await _put(gateway, "/agencies/SYT", _AGENCY)
    await _put(gateway, "/procedures/TT1", _PROCEDURE)
    answer = await gateway.get(
        f"/v1/indicators/on-time/values/agency:SYT/{_MONTH.label}/explain", auth=_ADMIN
    )
    ExplanationItem.model_validate(answer.json())
    assert answer.json()["figure"]["subject"]["name"] == "Sở Y tế"
    (case,) = answer.json()["inputs"]["items"]
    assert (case["agency"], case["agencyName"], case["agencyNameEn"]) == (
        "SYT",
        "Sở Y tế",
        "Department of Health",
    )
    assert (case["procedureName"], case["areaName"], case["areaNameEn"]) == (
        "Cấp giấy phép hành nghề",
        "Phường Cam Đường",
        "Cam Duong Ward",
    )


async def test_counts_of_cases_and_alerts_have_names(gateway: httpx.AsyncClient) -> None:
    await _put(gateway, "/agencies/SYT", _AGENCY)
    await _put(gateway, "/procedures/TT1", {"name": "Cấp phép"})
    for group, names in (
        ("agency", ("Sở Y tế", "Department of Health")),
        ("procedure", ("Cấp phép", "Cấp phép")),
        ("area", ("Phường Cam Đường", "Cam Duong Ward")),
        ("channel", (None, None)),
    ):
        answer = await gateway.get("/v1/service-events/summary", params={"groupBy": group}, auth=_ADMIN)
        SummaryList.model_validate(answer.json())
        (item,) = answer.json()["items"]
        assert (item["name"], item["nameEn"]) == names, group
    alerts = (await gateway.get("/v1/alerts", auth=_ADMIN)).json()
    AlertList.model_validate(alerts)
    (alert,) = alerts["items"]
    assert (alert["subject"], alert["subjectName"], alert["subjectNameEn"]) == (
        "SYT",
        "Sở Y tế",
        "Department of Health",
    )
    assert alert["summary"]["vi"] == "SYT trễ hạn"  # as it was told


async def test_a_file_has_the_names(gateway: httpx.AsyncClient) -> None:
    await _put(gateway, "/agencies/SYT", _AGENCY)
    answer = await gateway.get(
        "/v1/indicators/on-time/export", params={"format": "csv", "subjectKind": "agency", "period": "month"}
    )
    rows = {row["subjectKey"]: row for row in csv.DictReader(io.StringIO(answer.text))}
    assert (rows["SYT"]["subjectName"], rows["SYT"]["subjectNameEn"]) == ("Sở Y tế", "Department of Health")
    assert (rows["SXD"]["subjectName"], rows["SXD"]["subjectNameEn"]) == ("", "")
