"""Real Chromium against a real gateway and Redis; behind them a worker that answers each message with its own words."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright

from tests.contracts.connectors.stage import Stage, demo_settings, staged

ROOT = Path(__file__).parents[2]
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


def chromium_path() -> str:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.fail("No Chromium: run `make test-setup`.")
    return path


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def stage(tmp_path, redis, redis_server) -> AsyncIterator[Stage]:
    async with staged(demo_settings(tmp_path, redis_server)) as stage:
        yield stage


class Watched:
    """A page that remembers what it complained about."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._heard)

    def _heard(self, message) -> None:
        if message.type == "error" and "net::" not in message.text and "WebSocket" not in message.text:
            self.complaints.append(message.text)


@pytest.fixture
async def open_page(chromium):
    """open_page(url, width, height, locale) → page; at the end no page may have complained."""
    opened: list[Watched] = []

    async def make(url: str, width: int = 1280, height: int = 900, locale: str = "zh-CN") -> Page:
        context = await chromium.new_context(viewport={"width": width, "height": height}, locale=locale)
        page = await context.new_page()
        opened.append(Watched(page))
        await page.goto(url)
        return page

    yield make
    assert [complaint for watched in opened for complaint in watched.complaints] == []


def axe_source() -> str:
    file = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    if not file.exists():
        pytest.fail("No axe-core: run `make test-setup`.")
    return file.read_text()


async def serious_findings(page: Page) -> list[str]:
    """What axe finds serious or critical, as "rule: element"."""
    # By the debugging protocol, since the page's policy lets no script in.
    client = await page.context.new_cdp_session(page)
    await client.send("Page.setBypassCSP", {"enabled": True})
    await page.evaluate(axe_source())
    result = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{violation['id']}: {node['html'][:160]}"
        for violation in result["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
