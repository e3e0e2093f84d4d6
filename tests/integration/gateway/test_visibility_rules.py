"""What who is limited to a commune, an agency or both does see, and may do (docs/api/visibility.md)."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from tests.support.two_communes import (
    AGENCY,
    CLOSED,
    FORMER_A,
    FORMER_B,
    MONTH,
    PROCEDURE,
    PROVINCE,
    PUBLIC_FIGURE,
    THING,
    A,
    B,
    number,
)
from tests.support.two_communes import DATASTREAM as KEY
from tests.support.visibility import FAR, City, city_of


@pytest.fixture(scope="module")
async def city(database_url: str, serve: Any) -> AsyncGenerator[City]:
    async with city_of(database_url, serve) as city:
        yield city


# ---------------------------------------------------------------- what they do see


async def _values(city: City, name: str, indicator: str, subject: str, **query: Any) -> list[float]:
    page = await city.get(name, f"/v1/indicators/{indicator}/values", subject=subject, **query)
    return [item["value"] for item in page["items"]]


async def test_the_communes_own_is_seen(city: City) -> None:
    async def keys(path: str, **query: Any) -> list[str]:
        return [item["key"] for item in (await city.get("xem-a", path, **query))["items"]]

    assert await keys("/v1/things") == [THING[A]]
    assert await keys("/v1/things", area=PROVINCE) == [THING[A]]
    assert await keys("/v1/datastreams") == [KEY[A]]
    readings = await city.get("xem-a", "/v1/observations", datastream=KEY[A], granularity="raw", **FAR)
    assert [item["result"] for item in readings["items"]] == [number(A, 0)]
    latest = await city.get("xem-a", "/v1/latest", area=PROVINCE)
    assert [item["datastream"] for item in latest["items"]] == [KEY[A]]
    assert await _values(city, "xem-a", "internal", A) == [number(A, 10), number(A, 11), number(A, 2)][-3:]
    assert await _values(city, "xem-a", "internal", FORMER_A, **{"from": "2025-06"}) == [number(A, 7)]
    assert await _values(city, "xem-a", "internal", f"area-procedure:{A}|P1") == [number(A, 6)]
    assert await _values(city, "xem-a", "internal-dust", f"thing:{THING[A]}") == [number(A, 13)]
    assert await _values(city, "xem-a", "internal", f"agency:{AGENCY[A]}") == []
    assert await _values(city, "xem-a", "internal", FORMER_B, **{"from": "2025-06"}) == []
    alerts = await city.get("xem-a", "/v1/alerts")
    assert {item["subject"] for item in alerts["items"]} == {KEY[A], A}


async def test_the_agencys_own_is_seen(city: City) -> None:
    assert await _values(city, "xem-co-quan-a", "internal", f"agency:{AGENCY[A]}") == [number(A, 3)]
    assert await _values(city, "xem-co-quan-a", "internal", f"agency-procedure:{AGENCY[A]}|P1") == [
        number(A, 5)
    ]
    assert await _values(city, "xem-co-quan-a", "internal", A) == []
    assert (await city.get("xem-co-quan-a", "/v1/things"))["items"] == []
    alerts = await city.get("xem-co-quan-a", "/v1/alerts")
    assert [item["subject"] for item in alerts["items"]] == [AGENCY[A]]
    summary = await city.get("xem-co-quan-a", "/v1/service-events/summary", groupBy="area", **FAR)
    assert [(item["key"], item["uses"]) for item in summary["items"]] == [(A, 7)]


async def test_with_both_limits_each_figure_needs_its_own_and_a_case_needs_both(city: City) -> None:
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
        inputs = (await city.get(name, path))["inputs"]
        assert ({item["id"] for item in inputs["items"]}, inputs["partial"]) == (
            expected,
            name != "toan-tinh",
        )


async def test_what_is_public_stays_public_but_not_the_cases_behind_it(city: City) -> None:
    assert await _values(city, "xem-a", "public", B) == [PUBLIC_FIGURE[B]]
    assert await _values(city, "xem-a", "public", PROVINCE) == [4300.5]
    assert await _values(city, "xem-a", "public", f"procedure:{PROCEDURE}") == [PUBLIC_FIGURE[B]]
    why = await city.get("xem-a", f"/v1/indicators/public/values/{B}/{MONTH.label}/explain")
    assert (why["figure"]["value"], why["inputs"]["items"], why["inputs"]["partial"]) == (
        PUBLIC_FIGURE[B],
        [],
        True,
    )
    score = await city.get("xem-a", f"/v1/indicators/score/values/{B}/{MONTH.label}/explain")
    assert [(item["hidden"], item["value"]) for item in score["inputs"]["items"]] == [(True, None)]
    own = await city.get("xem-a", f"/v1/indicators/score/values/{A}/{MONTH.label}/explain")
    assert [(item["hidden"], item["value"]) for item in own["inputs"]["items"]] == [(False, number(A, 2))]


async def test_a_ranking_is_of_what_is_seen_and_pages_are_full(city: City) -> None:
    ranking = await city.get("xem-a", "/v1/indicators/internal/latest", period="month")
    assert ([item["subject"]["key"] for item in ranking["items"]], ranking["total"]) == ([A], 1)
    assert ranking["province"] is None
    public = await city.get("xem-a", "/v1/indicators/public/latest", period="month")
    assert {item["subject"]["key"] for item in public["items"]} == {A, B}
    assert public["province"]["value"] == 4300.5
    page = await city.get("xem-a", "/v1/alerts", limit=2)
    assert (len(page["items"]), page["next"]) == (2, None)


async def test_a_province_among_the_areas_stands_for_all_its_communes(city: City) -> None:
    assert len((await city.get("ca-tinh", "/v1/things"))["items"]) == 2
    assert number(B, 14) in await _values(city, "ca-tinh", "internal", PROVINCE)
    assert number(B, 2) in await _values(city, "ca-tinh", "internal", B)


async def test_an_unknown_area_is_a_limit_too(city: City) -> None:
    await city.owner.execute("UPDATE operator SET area_codes = '{99999}' WHERE username = 'ca-tinh'")
    try:
        await _until_read_again(city, "ca-tinh", things=0)
    finally:
        await city.owner.execute("UPDATE operator SET area_codes = '{15}' WHERE username = 'ca-tinh'")
        await _until_read_again(city, "ca-tinh", things=2)


async def _until_read_again(city: City, name: str, *, things: int) -> None:
    """The gateway is notified of a changed operator: not at once, but long before its cache ends."""
    async with asyncio.timeout(8.0):
        while len((await city.get(name, "/v1/things"))["items"]) != things:
            await asyncio.sleep(0.05)


# ---------------------------------------------------------------- closed periods


async def test_of_a_closed_period_only_the_own_figures_are_told(city: City) -> None:
    for name, values in (("xem-a", 1), ("toan-tinh", 2)):
        counts = (await city.get(name, f"/v1/periods/{CLOSED}"))["indicators"]
        assert [(count["indicator"], count["values"]) for count in counts] == [("internal", values)]
        ledger = (await city.get(name, f"/v1/periods/{CLOSED}/restatements"))["items"]
        assert [entry["value"] for entry in ledger] == [number(A, 12), number(B, 12)][:values]


async def test_everybody_learns_that_a_chain_is_broken_but_not_whose_figure(city: City) -> None:
    whole = await city.get("toan-tinh", f"/v1/periods/{CLOSED}/verify")
    assert whole["broken"]["subject"] == f"area:{B}"
    part = await city.get("xem-a", f"/v1/periods/{CLOSED}/verify")
    assert (part["ok"], part["broken"]["subject"], part["broken"]["indicator"]) == (False, None, None)


# ---------------------------------------------------------------- acting


async def test_who_is_limited_acts_on_their_own(city: City) -> None:
    mine, theirs = city.made.alerts[A][0], city.made.alerts[B][0]
    assert (
        await city.post("quan-a", f"/v1/alerts/{mine}/comment", {"note": "đang xử lý"})
    ).status_code == 200
    assert (await city.post("quan-a", f"/v1/alerts/{theirs}/comment", {"note": "?"})).status_code == 404
    assert (await city.get("toan-tinh", f"/v1/alerts/{theirs}"))["history"][-1]["note"] != "?"
    closing = await city.post("quan-a", "/v1/periods/2026-02/close", {})
    assert (closing.status_code, closing.json()["code"]) == (403, "forbidden")
    what_if = {"subject": A, "period": MONTH.label, "finish": {"open": True}}
    finished = await city.post("quan-a", "/v1/indicators/internal/what-if", what_if)
    assert "HS-A" in finished.text, finished.text


async def test_who_is_limited_silences_only_their_own(city: City) -> None:
    window = {"endsAt": "2199-01-01T00:00:00Z", "reason": "thử"}
    for subject in (KEY[A], THING[A], A):
        made = await city.post("quan-a", "/v1/maintenance-windows", {**window, "subject": subject})
        assert made.status_code == 201, made.text
        ended = await city.post("quan-a", f"/v1/maintenance-windows/{made.json()['id']}/end", {})
        assert ended.status_code == 200
    for subject in (KEY[B], THING[B], B, AGENCY[A], "nothing", None):
        refused = await city.post("quan-a", "/v1/maintenance-windows", {**window, "subject": subject})
        assert refused.status_code == 403, refused.text
    of_all = (await city.post("toan-tinh", "/v1/maintenance-windows", window)).json()["id"]
    seen = {item["id"] for item in (await city.get("quan-a", "/v1/maintenance-windows"))["items"]}
    assert of_all in seen
    assert city.made.windows[B] not in seen
    ended = await city.post("quan-a", f"/v1/maintenance-windows/{of_all}/end", {})
    assert ended.status_code == 403
    assert (await city.post("toan-tinh", f"/v1/maintenance-windows/{of_all}/end", {})).status_code == 200
