"""axe-core, as the page's development dependencies bring it, run inside a page."""

import functools
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Page

_AXE: Final = Path(__file__).parents[2] / "services/gateway/web/node_modules/axe-core/axe.min.js"
_GRAVE: Final = {"serious", "critical"}
_TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN: Final = "tags => axe.run({runOnly: tags, resultTypes: ['violations'], elementRef: false})"


@functools.cache
def _source() -> str:
    return _AXE.read_text(encoding="utf-8")


async def grave_issues(page: Page) -> list[str]:
    """What axe calls serious or critical on the page as it is now: rule, element and what is wrong with it."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(_source())
    found: dict[str, Any] = await page.evaluate(_RUN, _TAGS)
    return [
        f"{violation['id']}: {' '.join(map(str, node['target']))}: {_first(node)}"
        for violation in found["violations"]
        if violation["impact"] in _GRAVE
        for node in violation["nodes"]
    ]


def _first(node: dict[str, Any]) -> str:
    checks = [*node["any"], *node["all"], *node["none"]]
    return str(checks[0]["message"]) if checks else ""
