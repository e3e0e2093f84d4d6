"""A river passes an alarm level: the operators' page shows the indicator and the alert, and an operator takes it on."""

from datetime import UTC, datetime

import httpx
import psycopg
import pytest
from playwright.async_api import Locator, Page, expect
from tests.conftest import Addresses
from tests.support.providers import make_key
from tests.support.sending import Sender

_LIVE_MS = 30_000


class _Gauge:
    """A gauge of the national network, whose alarm levels are in catalogue/indicators/floods/river-alarm-level.yaml."""

    def __init__(self, http: httpx.AsyncClient, addresses: Addresses, key: str, commune: str) -> None:
        self.thing = f"kttv/{key}"
        self.commune = commune
        self._key = key
        self._database = addresses.database
        self._sender = Sender(http, addresses.ingest, make_key(addresses.database, "kttv").key)

    async def reads(self, stage: float) -> None:
        """A stage in metres, measured now."""
        now = datetime.now(UTC).isoformat()
        await self._sender.store(
            [{"datastream": f"{self.thing}/water_level", "phenomenonTime": now, "result": stage}]
        )

    async def is_placed(self, stage: float) -> None:
        """Read for the first time, say where it stands (an area has figures of the things in it), and read again."""
        await self.reads(stage)
        with psycopg.connect(self._database) as connection:
            placed = connection.execute(
                "UPDATE thing t SET area_code = %s FROM provider p "
                "WHERE p.id = t.provider_id AND p.key = 'kttv' AND t.key = %s",
                (self.commune, self._key),
            )
            assert placed.rowcount == 1
        await self.reads(stage + 0.01)


@pytest.fixture
def calm(http: httpx.AsyncClient, addresses: Addresses) -> _Gauge:
    """Lào Cai, BĐ1 80.00 m: only the test that crosses it uses this one."""
    return _Gauge(http, addresses, "lao-cai", "02647")


@pytest.fixture
async def high(http: httpx.AsyncClient, addresses: Addresses) -> _Gauge:
    """Yên Bái, BĐ1 30.00 m, above it."""
    gauge = _Gauge(http, addresses, "yen-bai", "04252")
    await gauge.is_placed(30.30)
    return gauge


def _card(page: Page, indicator: str) -> Locator:
    return page.locator(f'[data-testid="indicator-card"][data-indicator="{indicator}"]')


async def test_a_crossed_alarm_level_appears_and_is_acknowledged(
    page: Page, addresses: Addresses, calm: _Gauge
) -> None:
    await calm.is_placed(79.40)
    await page.goto(f"{addresses.gateway}/?area={calm.commune}")
    card = _card(page, "river-alarm-level")
    value = card.get_by_test_id("indicator-value")
    await expect(value).to_have_text("0", timeout=_LIVE_MS)
    await expect(card).to_have_attribute("data-band", "below")
    alert = page.locator(
        f'[data-testid="alert-row"][data-rule="river-reaches-alarm-level"][data-subject="{calm.thing}"]'
    )
    await expect(page.locator("#alerts .loading-bar")).to_have_count(0)
    await expect(alert).to_have_count(0)

    await calm.reads(80.24)

    await expect(value).to_have_text("1", timeout=_LIVE_MS)
    await expect(card).to_contain_text("Báo động 1")
    await expect(alert).to_be_visible(timeout=_LIVE_MS)
    await expect(alert).to_contain_text("Cảnh báo")
    await expect(alert).to_have_attribute("data-state", "open")

    await card.click()
    await expect(page.get_by_test_id("explained-value")).to_have_text("1")
    explanation = page.get_by_test_id("explanation")
    await expect(explanation).to_contain_text("Quyết định 05/2020/QĐ-TTg")
    await explanation.get_by_role("button", name="lao-cai").click()
    await expect(explanation).to_contain_text("80,24")
    await page.keyboard.press("Escape")
    await expect(explanation).to_have_count(0)

    await alert.click()
    await page.get_by_role("button", name="Đăng nhập để xử lý").click()
    user, password = addresses.operator
    await page.get_by_label("Tên đăng nhập").fill(user)
    await page.get_by_label("Mật khẩu").fill(password)
    await page.keyboard.press("Enter")
    await page.get_by_label("Ghi chú").fill("đội trực đang đến")
    await page.get_by_role("button", name="Nhận xử lý").click()
    await expect(page.get_by_test_id("alert-state")).to_have_attribute("data-alert-state", "acknowledged")
    await expect(page.get_by_test_id("alert-drawer")).to_contain_text("đội trực đang đến")
    await page.keyboard.press("Escape")
    await expect(alert).to_have_attribute("data-state", "acknowledged", timeout=_LIVE_MS)


async def test_the_map_is_coloured_by_an_indicator_and_leads_to_the_commune(
    page: Page, addresses: Addresses, high: _Gauge
) -> None:
    await page.goto(f"{addresses.gateway}/")
    await page.get_by_test_id("map-shade").select_option("river-alarm-level")
    await expect(page.get_by_test_id("shade-legend")).to_contain_text("Báo động 1")
    commune = page.locator(f'path[data-area="{high.commune}"]')
    # The colour of band BĐ1.
    await expect(commune).to_have_css("fill", "rgb(255, 212, 59)", timeout=_LIVE_MS)

    await commune.dispatch_event("click")

    await expect(page.get_by_test_id("indicator-subject")).to_have_value(high.commune)
    await expect(_card(page, "river-alarm-level").get_by_test_id("indicator-value")).to_have_text("1")


async def test_cards_and_drawer_fit_a_phone(page: Page, addresses: Addresses, high: _Gauge) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.goto(f"{addresses.gateway}/?area={high.commune}")
    card = _card(page, "river-alarm-level")
    await expect(card).to_be_visible(timeout=_LIVE_MS)

    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await page.evaluate(overflow) <= 0
    await card.click()
    body = page.get_by_test_id("explanation")
    await expect(page.get_by_test_id("explained-value")).to_be_visible()
    assert await body.evaluate("element => element.scrollWidth - element.clientWidth") <= 0
