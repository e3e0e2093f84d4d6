"""Screenshots of every view of the operators' page, from a running stack (`make demo`).

All combinations of language, screen and colours go to `.local/screens` to be looked at; with `--guide` the pictures of
the operator guide are written anew to `docs/guide/images` as WebP. Where the demo leaves a list empty, last month is
closed and one bad reading is sent: use a stack for trying things out. Addresses and the operator come from
`.local/env`; the browser is `chromium` on the PATH, or the one that `FANSIPAN_CHROMIUM` names.
"""

import argparse
import asyncio
import base64
import os
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from playwright.async_api import Browser, BrowserContext, Error, Page, StorageState, async_playwright

HERE = Path(__file__).parent
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars", "--force-color-profile=srgb"]
SCREENS = {"desktop": (1440, 900), "phone": (390, 844)}
LANGUAGES = ("vi", "en")
SHADES = ("light", "dark")
MOST_BYTES = 150_000
QUALITIES = (0.86, 0.75, 0.6)

Step = Callable[[Page], Awaitable[None]]


@dataclass(frozen=True)
class View:
    """One picture: where the page stands and what is done before it is taken."""

    name: str
    path: str
    ready: str = "main h1, main h2"
    """Selector that is there once the view shows data."""
    step: Step | None = None
    signed_in: bool = True
    whole: bool = True
    """On a phone and for looking at: the whole length of the page, not its first screen."""


@dataclass(frozen=True)
class Picture:
    """A picture of the guide; its file is `<view>-<language>.webp`, on a phone `<view>-phone-<language>.webp`."""

    view: str
    screen: Literal["desktop", "phone"] = "desktop"
    shade: Literal["light", "dark"] = "light"
    languages: tuple[str, ...] = LANGUAGES


# Six in each language: what the guide's text cannot say as well.
GUIDE = (
    Picture("overview"),
    Picture("why"),
    Picture("alert"),
    Picture("services"),
    Picture("environment"),
    Picture("admin-periods"),
    Picture("overview", screen="phone", languages=("vi",)),
    Picture("wall", shade="dark", languages=("vi",)),
)


async def click_sign_in(page: Page) -> None:
    """Open the dialog: at the end of the header, on a phone behind "more"."""
    button = page.locator(".account-sign-in:visible")
    if await button.count() == 0:
        await page.locator(".nav-bottom > button").click()
        button = page.locator(".menu-body button:has-text('nhập'), .menu-body button:has-text('Sign')")
    await button.first.click()


async def press_search(page: Page) -> None:
    """Open the search over everything and look for something without its tone marks."""
    await page.keyboard.press("Control+k")
    await page.get_by_test_id("command-search").fill("sa pa")


def views(ids: dict[str, str]) -> list[View]:
    """Every view. `ids` names what only the running stack knows: a thing, an alert, a figure."""
    admin = ("providers", "operators", "audit", "catalogue", "periods", "dead-letters")
    thing, alert, why = ids["thing"], ids["alert"], quote(ids["why"])
    letter, stream = ids["letter"], quote(ids["datastream"])
    known = [
        View("overview", "/", "[data-testid=indicator-card]"),
        View("why", f"/?why={why}", "dialog .drawer-section", whole=False),
        View("search", "/", "[data-testid=indicator-card]", press_search, whole=False),
        View("indicator", "/indicators/vn-aqi-hourly", ".chart canvas"),
        View("indicator-services", "/indicators/d766-total", ".chart canvas"),
        View("indicator-river", "/indicators/river-alarm-level", "main .panel"),
        View("services", "/services", ".score-group"),
        View("services-group", "/services?group=d766-3", ".score-group"),
        View("environment", "/environment", ".map .areas path"),
        View("environment-rivers", "/environment?layer=river", ".map .areas path"),
        View("environment-rain", "/environment?layer=rain", ".map .areas path"),
        View("station", f"/environment?station={quote(ids['station'])}", "dialog .drawer-body", whole=False),
        View("things", "/things", "main .panel"),
        View("things-datastreams", "/things?by=datastreams", "main .panel"),
        View("thing", f"/things/{thing}?datastream={stream}&range=30d", ".chart canvas"),
        View("alerts", "/alerts", "[data-testid=alert-line]"),
        View("alerts-maintenance", "/alerts?tab=maintenance", "main .panel"),
        View("alert", f"/alerts?alert={alert}", "dialog .drawer-body .drawer-section", whole=False),
        *(View(f"admin-{name}", f"/admin/{name}", "main .panel") for name in admin),
        View("open", "/open", ".open-card", signed_in=False),
        View("embed", "/embed/vn-aqi-hourly", ".embed-figure", signed_in=False),
        *(
            View(
                f"wall{'' if name == 'overview' else f'-{name}'}",
                f"/wall?pages={name}&every=600",
                ".wall",
                whole=False,
            )
            for name in ("overview", "services", "environment", "alerts")
        ),
        View("account", "/account", "main .panel"),
        View("sign-in", "/", "[data-testid=indicator-card]", click_sign_in, signed_in=False, whole=False),
        View("anonymous", "/", "[data-testid=indicator-card]", signed_in=False),
    ]
    if letter:
        known.append(
            View(
                "dead-letter",
                f"/admin/dead-letters?letter={letter}",
                "dialog .payload, dialog textarea",
                whole=False,
            )
        )
    return known


async def found(context: BrowserContext, path: str) -> dict[str, Any]:
    """An answer of the gateway. Raises SystemExit when there is none: the pictures would show the same fault."""
    answer = await context.request.get(path)
    if not answer.ok:
        raise SystemExit(f"{path}: {answer.status} {await answer.text()}")
    return await answer.json()


async def names_of(context: BrowserContext) -> dict[str, str]:
    """What only the running stack knows: an air station, the gravest alert, a figure with readings behind it."""
    things = (await found(context, "/v1/things?limit=1000"))["items"]
    air = next((one for one in things if "/air-" in str(one["key"])), things[0])
    streams = (await found(context, f"/v1/datastreams?thing={air['id']}&limit=100"))["items"]
    stream = next((one for one in streams if one["observedProperty"]["key"] == "pm2_5"), streams[0])
    alerts = (await found(context, "/v1/alerts?state=open&state=acknowledged&limit=50"))["items"]
    letters = (await found(context, "/v1/admin/dead-letters?limit=1"))["items"]
    areas = (await found(context, "/v1/areas?geometry=false"))["features"]
    province = areas[0]["properties"]["parentCode"]
    cards = (await found(context, f"/v1/indicators/latest?subject={province}"))["items"]
    card = next((one for one in cards if one["indicator"] == "cases-open"), cards[0])
    return {
        "thing": str(air["id"]),
        "station": air["key"],
        "datastream": stream["key"],
        "alert": str(alerts[0]["id"]) if alerts else "",
        "why": f"{card['indicator']}~{card['period']}~{province}",
        "letter": str(letters[0]["id"]) if letters else "",
    }


async def furnish(context: BrowserContext, ingest: str, key: str) -> None:
    """Something to see where the demo leaves a list empty: last month closed, and one reading that is refused."""
    if not (await found(context, "/v1/periods?limit=1"))["items"]:
        token = (await found(context, "/v1/session"))["csrfToken"]
        month = (datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).replace(day=1) - timedelta(days=1)).strftime(
            "%Y-%m"
        )
        answer = await context.request.post(
            f"/v1/periods/{month}/close",
            data={"note": "Báo cáo tháng"},
            headers={"X-CSRF-Token": token},
        )
        print(f"closing {month}: {answer.status}")
    if not (await found(context, "/v1/admin/dead-letters?limit=1"))["items"]:
        reading = {
            "datastream": "demo/air-lao-cai/pm2_5",
            "phenomenonTime": datetime.now(UTC).isoformat(),
            "result": "n/a",
        }
        answer = await context.request.post(
            f"{ingest}/v1/observations", data=[reading], headers={"Authorization": f"Bearer {key}"}
        )
        print(f"a reading that is refused: {answer.status}")


async def sign_in(browser: Browser, gateway: str, user: str, password: str) -> StorageState:
    """Cookies of a session."""
    context = await browser.new_context(base_url=gateway)
    answer = await context.request.post("/v1/session", data={"username": user, "password": password})
    if not answer.ok:
        raise SystemExit(f"cannot sign in: {answer.status} {await answer.text()}")
    state = await context.storage_state()
    await context.close()
    return state


@asynccontextmanager
async def opened(
    browser: Browser, gateway: str, session: StorageState | None, screen: str, shade: str
) -> AsyncIterator[BrowserContext]:
    """A browser profile with a screen and colours."""
    width, height = SCREENS[screen]
    context = await browser.new_context(
        base_url=gateway,
        viewport={"width": width, "height": height},
        device_scale_factor=1,
        has_touch=screen == "phone",
        is_mobile=screen == "phone",
        color_scheme="dark" if shade == "dark" else "light",
        reduced_motion="reduce",
        **({"storage_state": session} if session else {}),
    )
    yield context
    await context.close()


async def take(context: BrowserContext, view: View, language: str, *, whole: bool) -> bytes:
    """One picture as PNG. What does not come in time is pictured as it stands, and said."""
    page = await context.new_page()
    await page.goto(f"{view.path}{'&' if '?' in view.path else '?'}lang={language}")
    try:
        await page.locator(view.ready).first.wait_for(timeout=12_000)
        await page.evaluate("document.fonts.ready")
        if view.step:
            await view.step(page)
        await page.wait_for_timeout(900)
    except Error as error:
        print(f"  {view.name}: {str(error).splitlines()[0]}", file=sys.stderr)
    if whole and view.whole:
        height = await page.evaluate("document.documentElement.scrollHeight")
        size = page.viewport_size or {"width": 0, "height": 0}
        if height > size["height"] and size["width"] < 600:
            # The navigation sticks to the bottom of the screen: a longer screen, not a picture put together.
            await page.set_viewport_size({"width": size["width"], "height": min(height, 4_000)})
            await page.wait_for_timeout(600)
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide > 0:
        print(f"  {view.name} ({language}): {wide} px too wide", file=sys.stderr)
    picture = await page.screenshot(full_page=whole and view.whole)
    await page.close()
    return picture


async def as_webp(context: BrowserContext, picture: bytes) -> bytes:
    """The picture small enough for a repository; the browser itself encodes it."""
    page = await context.new_page()
    encoded = b""
    for quality in QUALITIES:
        address = await page.evaluate(
            """async ([png, quality]) => {
                const image = new Image()
                image.src = `data:image/png;base64,${png}`
                await image.decode()
                const canvas = document.createElement('canvas')
                canvas.width = image.width
                canvas.height = image.height
                canvas.getContext('2d').drawImage(image, 0, 0)
                return canvas.toDataURL('image/webp', quality)
            }""",
            [base64.b64encode(picture).decode(), quality],
        )
        encoded = base64.b64decode(address.partition(",")[2])
        if len(encoded) <= MOST_BYTES:
            break
    await page.close()
    return encoded


async def look(
    browser: Browser, gateway: str, session: StorageState, known: Sequence[View], options: argparse.Namespace
) -> None:
    """Every view in every combination, as PNG."""
    options.out.mkdir(parents=True, exist_ok=True)
    for screen, shade in product(options.screen, options.shade):
        for view in known:
            state = session if view.signed_in else None
            async with opened(browser, gateway, state, screen, shade) as context:
                for language in options.lang:
                    picture = await take(context, view, language, whole=True)
                    (options.out / f"{view.name}.{screen}.{shade}.{language}.png").write_bytes(picture)
        print(f"{screen}, {shade}: {len(known)} views")


async def picture_guide(browser: Browser, gateway: str, session: StorageState, known: Sequence[View]) -> None:
    """The pictures of the guide."""
    folder = HERE / "images"
    folder.mkdir(exist_ok=True)
    by_name = {view.name: view for view in known}
    for wanted in GUIDE:
        view = by_name[wanted.view]
        async with opened(
            browser, gateway, session if view.signed_in else None, wanted.screen, wanted.shade
        ) as context:
            for language in wanted.languages:
                encoded = await as_webp(context, await take(context, view, language, whole=False))
                name = f"{view.name}{'-phone' if wanted.screen == 'phone' else ''}-{language}.webp"
                (folder / name).write_bytes(encoded)
                print(f"{name}: {len(encoded) // 1000} kB")


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--guide", action="store_true", help="write the pictures of the guide instead")
    parser.add_argument("--out", type=Path, default=Path(".local/screens"), help="folder of all combinations")
    parser.add_argument("--view", action="append", help="only this view; repeat it for several")
    parser.add_argument("--screen", nargs="+", choices=list(SCREENS), default=list(SCREENS))
    parser.add_argument("--lang", nargs="+", choices=LANGUAGES, default=list(LANGUAGES))
    parser.add_argument("--shade", nargs="+", choices=SHADES, default=list(SHADES))
    return parser.parse_args()


async def main() -> None:
    """Take them."""
    options = arguments()
    try:
        gateway, user, password, ingest, key = (
            os.environ[f"FANSIPAN_{name}"]
            for name in ("GATEWAY_URL", "OPERATOR_USER", "OPERATOR_PASSWORD", "INGEST_URL", "INGEST_KEY")
        )
    except KeyError as error:
        raise SystemExit(
            f"{error.args[0]} is not set: start the stack (make demo), then `. .local/env`"
        ) from None
    executable = os.environ.get("FANSIPAN_CHROMIUM") or shutil.which("chromium")
    if executable is None:
        raise SystemExit("Chromium is not installed: sudo apt-get install chromium, or set FANSIPAN_CHROMIUM")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=FLAGS)
        session = await sign_in(browser, gateway, user, password)
        async with opened(browser, gateway, session, "desktop", "light") as context:
            await furnish(context, ingest, key)
            known = views(await names_of(context))
        if options.view:
            known = [view for view in known if view.name in options.view]
        if options.guide:
            await picture_guide(browser, gateway, session, known)
        else:
            await look(browser, gateway, session, known, options)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
