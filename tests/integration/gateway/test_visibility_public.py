"""What the public and API keys see of two communes (docs/api/visibility.md)."""

from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest
from tests.support.two_communes import CLOSED, MONTH, PUBLIC_FIGURE, THING, A, B, add_key, number
from tests.support.visibility import FAR, PASSWORD, City, city_of


@pytest.fixture(scope="module")
async def city(database_url: str, serve: Any) -> AsyncGenerator[City]:
    async with city_of(database_url, serve) as city:
        yield city


async def test_the_public_sees_public_indicators_and_no_cases(city: City, serve: Any) -> None:
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
        summary = await get("/v1/service-events/summary", groupBy="agency", **FAR)
        assert (summary.status_code, summary.json()["code"]) == (401, "unauthorized")
        [close] = [item for item in (await get("/v1/periods")).json()["items"] if item["period"] == CLOSED]
        assert close["closedBy"] is None
        assert (await get(f"/v1/periods/{CLOSED}")).json()["indicators"] == []
        assert (await get(f"/v1/periods/{CLOSED}/restatements")).json()["items"] == []
        assert {item["rule"] for item in (await get("/v1/alerts")).json()["items"]} == {"loud"}
        assert (await get("/v1/maintenance-windows")).status_code == 401
        assert len((await get("/v1/things")).json()["items"]) == 2
        limited = await public.get("/v1/things", auth=("xem-a", PASSWORD))
        assert [item["key"] for item in limited.json()["items"]] == [THING[A]]
        assert limited.headers["cache-control"].startswith("private")


async def test_an_indicator_that_is_no_longer_public_is_hidden_with_all_its_versions(
    city: City, serve: Any
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
                "/v1/indicators/public-dust/values", params={"area": B}, auth=("xem-a", PASSWORD)
            )
            assert limited.json()["items"] == []
    finally:
        await city.owner.execute("DELETE FROM indicator_definition WHERE key = 'public-dust' AND version = 2")


@pytest.mark.parametrize("anonymous_read", [False, True])
async def test_a_key_reads_internal_figures_of_its_things_and_cases_of_its_provider(
    city: City, serve: Any, anonymous_read: bool
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
            summary = (await get(key, "/v1/service-events/summary", groupBy="agency", **FAR)).json()["items"]
            assert len(summary) == 2 * len(cases)
        if not anonymous_read:
            assert (await get(own, "/v1/alerts")).status_code == 403
            assert [t["key"] for t in (await get(part, "/v1/things")).json()["items"]] == [THING[A]]
            assert (await get(part, f"/v1/things/{THING[B]}")).status_code == 404
            assert (await get(foreign, "/v1/things")).json()["items"] == []
