"""What holds for every view, signed in or not: nothing goes wrong unseen, it fits a phone, its English is English, and
axe finds no serious issue, in light and dark."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Final, Literal

import pytest
from playwright.async_api import Browser, Page, StorageState
from tests.conftest import Addresses
from tests.e2e.conftest import DESK, PHONE
from tests.e2e.views import VIEWS, View
from tests.support.accessibility import grave_issues
from tests.support.browsing import Watch
from tests.support.city import City
from tests.support.page_texts import vietnamese_texts

# What is wider than the screen, and does not lie in something that scrolls by itself.
_TOO_WIDE: Final = """() => {
  const width = document.documentElement.clientWidth
  if (document.documentElement.scrollWidth <= width) return []
  const scrolls = (one) => getComputedStyle(one).overflowX !== 'visible'
  const inScroller = (one) => {
    for (let up = one.parentElement; up && up !== document.body; up = up.parentElement) if (scrolls(up)) return true
    return false
  }
  return [...document.querySelectorAll('body *')]
    .filter((one) => one.getBoundingClientRect().right > width + 0.5 && !inScroller(one))
    .map((one) => `too wide: ${one.tagName} ${one.className} ${one.textContent.slice(0, 40)}`)
    .concat(['the page is wider than the screen'])
}"""
_SAID: Final = """() => {
  const said = new Set([document.documentElement.lang, document.title.split(' · ')[0]])
  for (const one of document.querySelectorAll('body *')) {
    for (const node of one.childNodes) if (node.nodeType === 3) said.add(node.textContent.trim())
    for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'data-label'])
      if (one.hasAttribute(name)) said.add(one.getAttribute(name).trim())
  }
  return [...said]
}"""


_Look = tuple[Literal["desk", "phone"], Literal["light", "dark"]]
_EVERY_LOOK: Final[dict[str, list[_Look]]] = {
    "vi": [("desk", "light"), ("phone", "dark")],
    "en": [("phone", "light"), ("desk", "dark")],
}
# Together, the two who see a view see it on both screens in both languages and both themes.
_LOOKS: Final[dict[str, dict[str, list[_Look]]]] = {
    "nobody": {"vi": [("desk", "light")], "en": [("phone", "dark")]},
    "administrator": {"vi": [("phone", "light")], "en": [("desk", "dark")]},
}


@dataclass(frozen=True, slots=True)
class _Seat:
    who: str
    page: Page
    watch: Watch

    async def look(self, screen: Literal["desk", "phone"], theme: Literal["light", "dark"]) -> list[str]:
        """What is wrong with the page on that screen and in that theme."""
        await self.page.set_viewport_size({"desk": DESK, "phone": PHONE}[screen])
        await self.page.emulate_media(color_scheme=theme)
        await self.watch.rest()
        wide: list[str] = await self.page.evaluate(_TOO_WIDE)
        return [f"{screen}, {theme}: {issue}" for issue in [*wide, *await grave_issues(self.page)]]


@pytest.fixture(scope="module")
async def seat(
    request: pytest.FixtureRequest, browser: Browser, addresses: Addresses, admin: StorageState
) -> AsyncGenerator[_Seat]:
    """One page for all views."""
    context = await browser.new_context(
        locale="vi-VN",
        base_url=addresses.gateway,
        reduced_motion="reduce",
        storage_state=admin if request.param == "administrator" else None,
    )
    page = await context.new_page()
    yield _Seat(request.param, page, Watch(page))
    await context.close()


@pytest.mark.parametrize(
    ("seat", "view"),
    [(who, view) for who in _LOOKS for view in VIEWS if who == "administrator" or not view.inner],
    indirect=["seat"],
    ids=str,
)
async def test_a_view(seat: _Seat, city: City, view: View) -> None:
    seat.watch.problems.clear()
    wrong: list[str] = []
    for language, looks in (_EVERY_LOOK if view.inner else _LOOKS[seat.who]).items():
        await seat.page.goto(view.in_language(language, city))
        for screen, theme in looks:
            wrong += [f"{language}, {issue}" for issue in await seat.look(screen, theme)]
    said: list[str] = await seat.page.evaluate(_SAID)
    wrong += [f"Vietnamese in English: {text}" for text in sorted(set(said) & vietnamese_texts())]
    wrong += seat.watch.problems
    assert "en" in said
    assert not wrong, "\n".join(wrong)
