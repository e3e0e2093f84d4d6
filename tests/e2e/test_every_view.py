"""What holds for every view, signed in or not: no hidden errors, a phone's width, English from end to end."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, Page, StorageState, expect
from tests.conftest import Addresses
from tests.e2e.conftest import DESK, PHONE
from tests.e2e.views import VIEWS, View
from tests.support.browsing import Watch
from tests.support.city import City
from tests.support.page_texts import vietnamese_texts

_OVERFLOW = """() => {
  const width = document.documentElement.clientWidth
  if (document.documentElement.scrollWidth <= width) return []
  const inScroller = (one) => {
    for (let up = one.parentElement; up && up !== document.body; up = up.parentElement)
      if (getComputedStyle(up).overflowX !== 'visible') return true
    return false
  }
  return [...document.querySelectorAll('body *')]
    .filter((one) => one.getBoundingClientRect().right > width + 0.5 && !inScroller(one))
    .map((one) => `${one.tagName}.${one.className} ${one.textContent.slice(0, 40)}`)
    .concat(['the page is wider than the screen'])
}"""
_SAID = """() => {
  const said = new Set([document.title.split(' · ')[0]])
  for (const one of document.querySelectorAll('body *')) {
    for (const node of one.childNodes) if (node.nodeType === 3) said.add(node.textContent.trim())
    for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'data-label'])
      if (one.hasAttribute(name)) said.add(one.getAttribute(name).trim())
  }
  return [...said]
}"""


@dataclass(frozen=True, slots=True)
class _Seat:
    page: Page
    watch: Watch


@pytest.fixture(scope="module", params=("nobody", "administrator"))
async def seat(
    request: pytest.FixtureRequest, browser: Browser, addresses: Addresses, admin: StorageState
) -> AsyncGenerator[_Seat]:
    """One page for all views."""
    context = await browser.new_context(
        locale="vi-VN",
        base_url=addresses.gateway,
        storage_state=admin if request.param == "administrator" else None,
    )
    page = await context.new_page()
    yield _Seat(page, Watch(page))
    await context.close()


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
async def test_a_view(seat: _Seat, city: City, view: View) -> None:
    page, watch = seat.page, seat.watch
    watch.problems.clear()
    await page.set_viewport_size(PHONE)
    await page.goto(view.in_language("en", city))
    await watch.rest()

    assert await page.evaluate(_OVERFLOW) == [], "fits a phone"
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    said: list[str] = await page.evaluate(_SAID)
    assert sorted(set(said) & vietnamese_texts()) == [], "says nothing in Vietnamese"

    await page.set_viewport_size(DESK)
    await page.goto(view.in_language("vi", city))
    await watch.rest()
    await expect(page.locator("html")).to_have_attribute("lang", "vi")
    assert await page.evaluate(_OVERFLOW) == [], "fits a desk"
    assert watch.problems == [], "nothing goes wrong unseen"
