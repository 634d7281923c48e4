"""An agent at the desk in real Chromium: keyboard only, live, and readable to everyone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect
from redis import asyncio as aioredis

from tests.browser.conftest import serious_findings
from tests.browser.desk_stage import PASSWORD, Stage, staged
from tests.stack import until

OpenPage = Callable[..., Awaitable[Page]]


@pytest.fixture
async def desk(redis: aioredis.Redis, redis_server: Path, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(redis_server, tmp_path) as stage:
        yield stage


async def log_in(page: Page, name: str) -> None:
    """By keyboard: the name's field has the focus already."""
    await expect(page.locator("#name")).to_be_focused()
    await page.keyboard.type(name)
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#line-state.on")


async def test_an_agent_works_with_the_keyboard_alone(desk: Stage, open_page: OpenPage) -> None:
    page = await open_page(f"{desk.url}/desk")
    await log_in(page, "lin")
    await desk.person("ann", "查一下上个月账单", "为什么这么贵", "转人工")
    await expect(page.locator("#queue-list li")).to_have_count(1)
    await page.keyboard.press("Alt+t")
    await page.wait_for_selector("#say")
    await page.wait_for_selector("#line-state.on")
    await page.keyboard.type("您好，")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("正在为您核对。")
    await page.keyboard.press("Enter")
    await expect(page.locator(".line.agent .bubble")).to_have_text("您好，\n正在为您核对。")
    await expect(page.locator(".line.agent .state")).to_have_text("已发出")
    await expect(page.locator("#text")).to_have_value("")
    await page.keyboard.press("Alt+w")
    await expect(page.locator("#close-dialog")).to_be_visible()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/desk")
    await desk.stack.at_rest()
    assert "您好，\n正在为您核对。" in desk.heard()

    async def ended() -> bool:
        return await desk.rows("SELECT how, code, agent FROM handoffs") == [("closed", "ticket", "lin")]

    await until(ended)


async def test_what_happens_appears_without_reload_and_without_losing_what_was_typed(
    desk: Stage, open_page: OpenPage
) -> None:
    page = await open_page(f"{desk.url}/desk")
    await log_in(page, "lin")
    await desk.person("ann", "转人工")
    await expect(page.locator("#queue-list li")).to_have_count(1)
    await page.keyboard.press("Alt+t")
    await page.wait_for_selector("#say")
    await page.evaluate("window.notReloaded = true")
    await page.keyboard.type("我正在写")
    await desk.person("ann", "在吗？")
    await expect(page.locator("#transcript")).to_contain_text("在吗？")
    await desk.person("bob", "转人工", channel="sms")
    await expect(page.locator("#queue-list li")).to_have_count(1)
    await expect(page.locator("#text")).to_have_value("我正在写")
    await expect(page.locator("#text")).to_be_focused()
    assert await page.title() == "(1) 坐席台 · Renji 人机"
    assert await page.evaluate("window.notReloaded")


async def test_who_proves_themselves_meanwhile_is_shown_as_a_customer(desk: Stage, open_page: OpenPage) -> None:
    page = await open_page(f"{desk.url}/desk")
    await log_in(page, "lin")
    talk = await desk.person("ann", "转人工", bound=False)
    await expect(page.locator("#queue-list li")).to_have_count(1)
    await page.keyboard.press("Alt+t")
    await expect(page.locator("#customer")).to_contain_text("没有客户资料")
    await desk.bind(talk, "ann")
    await expect(page.locator("#context")).to_contain_text("138****")
    await expect(page.locator("#customer")).to_contain_text("余额")


async def test_the_whole_number_is_shown_for_a_reason(desk: Stage, open_page: OpenPage) -> None:
    page = await open_page(f"{desk.url}/desk")
    await log_in(page, "lin")
    await desk.person("ann", "转人工")
    await expect(page.locator("#queue-list li")).to_have_count(1)
    await page.keyboard.press("Alt+t")
    await page.wait_for_selector("#say")
    await page.locator(".reveal summary").focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator(".num.whole")).to_have_text("+8613800000003")
    assert ("number.reveal", '{"reason": "verify"}') in await desk.rows("SELECT action, detail FROM audit")


async def test_whose_session_ends_is_led_to_the_login(desk: Stage, open_page: OpenPage) -> None:
    page = await open_page(f"{desk.url}/desk")
    await log_in(page, "lin")
    desk.stack.clock.forward(hours=13)
    await page.wait_for_url("**/login?next=%2Fdesk", timeout=10_000)


async def test_a_draft_waits_while_the_agent_looks_elsewhere(desk: Stage, open_page: OpenPage) -> None:
    page = await open_page(f"{desk.url}/desk")
    await log_in(page, "lin")
    talk = await desk.person("ann", "转人工")
    await expect(page.locator("#queue-list li")).to_have_count(1)
    await page.keyboard.press("Alt+t")
    await page.wait_for_selector("#say")
    await page.keyboard.type("还没写完")
    await page.goto(f"{desk.url}/desk")
    await page.goto(f"{desk.url}/desk/c/{talk}")
    await expect(page.locator("#text")).to_have_value("还没写完")


async def test_the_slower_of_two_agents_is_told(desk: Stage, open_page: OpenPage, chromium: Browser) -> None:
    fast = await open_page(f"{desk.url}/desk")
    # Not watched for complaints: a browser notes each 409 as an error.
    slow = await (await chromium.new_context(locale="zh-CN")).new_page()
    await slow.goto(f"{desk.url}/desk")
    await log_in(slow, "lin")
    await log_in(fast, "chen")
    talk = await desk.person("ann", "转人工")
    await expect(slow.locator("#queue-list .take")).to_have_count(1)
    # As if the lists were a moment old: the page cannot hear that somebody was faster.
    await slow.route("**/desk/lists*", lambda route: route.abort())
    await fast.goto(f"{desk.url}/desk/c/{talk}")
    await fast.keyboard.press("Alt+t")
    await fast.wait_for_selector("#say")
    await slow.keyboard.press("Alt+t")
    await expect(slow.locator("#alert")).to_contain_text("已被同事接走")


async def test_hostile_words_do_nothing_on_the_screen(desk: Stage, open_page: OpenPage) -> None:
    page = await open_page(f"{desk.url}/desk")
    await log_in(page, "lin")
    await desk.person(
        "ann", "<img src=x onerror=window.hacked=1>", "{{7*7}}\u202egnp", "<b hx-get=/x hx-trigger=load>", "转人工"
    )
    await expect(page.locator("#queue-list li")).to_have_count(1)
    await page.keyboard.press("Alt+t")
    await page.wait_for_selector("#say")
    await expect(page.locator("#transcript")).to_contain_text("<img src=x onerror=window.hacked=1>")
    await expect(page.locator("#transcript")).to_contain_text("{{7*7}}‹U+202E›gnp")
    assert await page.evaluate("window.hacked") is None
    assert await page.locator("#transcript img, #transcript b[hx-get]").count() == 0


async def test_axe_finds_nothing_serious(desk: Stage, open_page: OpenPage) -> None:
    page = await open_page(f"{desk.url}/login")
    assert await serious_findings(page) == []
    await log_in(page, "lin")
    await desk.person("ann", "查账单", "为什么", "转人工")
    await desk.person("bob", "转人工", channel="sms")
    await expect(page.locator("#queue-list li")).to_have_count(2)
    assert await serious_findings(page) == []
    await page.keyboard.press("Alt+t")
    await page.wait_for_selector("#customer dl")
    await page.keyboard.type("您好")
    await page.keyboard.press("Enter")
    await expect(page.locator(".line.agent .state")).to_have_text("已发出")
    assert await serious_findings(page) == []
    for key, dialog in (("Alt+w", "#close-dialog"), ("Alt+b", "#back-dialog"), ("Alt+h", "#keys-dialog")):
        await page.keyboard.press(key)
        await expect(page.locator(dialog)).to_be_visible()
        assert await serious_findings(page) == []
        await page.keyboard.press("Escape")


async def test_supervisors_read_reports(desk: Stage, open_page: OpenPage) -> None:
    page = await open_page(f"{desk.url}/reports")
    await expect(page.locator("#name")).to_be_focused()
    await page.keyboard.type("wang")
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator("h1")).to_have_text("报表")
    await desk.person("ann", "查账单", "转人工")
    await asyncio.sleep(0.5)
    await page.reload()
    await expect(page.locator("tbody tr").first).to_contain_text("网页")
    assert await serious_findings(page) == []


@pytest.mark.parametrize("width", [390, 768, 1280, 1920])
async def test_nothing_is_cut_off_sideways(desk: Stage, open_page: OpenPage, width: int) -> None:
    page = await open_page(f"{desk.url}/desk", width=width)
    await log_in(page, "lin")
    await desk.person("ann", "长" * 400, "w" * 900, "转人工")
    await expect(page.locator("#queue-list li")).to_have_count(1)
    await page.keyboard.press("Alt+t")
    await page.wait_for_selector("#customer dl")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert (
        await page.evaluate(
            "document.querySelector('#scroll').scrollWidth - document.querySelector('#scroll').clientWidth"
        )
        <= 0
    )
    await expect(page.locator("#say button")).to_be_in_viewport()


async def test_the_lists_go_up_and_down_and_a_dialog_is_submitted_from_the_keyboard(
    desk: Stage, open_page: OpenPage
) -> None:
    page = await open_page(f"{desk.url}/desk")
    await log_in(page, "lin")
    await desk.person("ann", "转人工")
    await desk.person("bob", "转人工", channel="sms")
    await expect(page.locator("#queue-list li")).to_have_count(2)
    await page.keyboard.press("Alt+q")
    for key, nth in (("ArrowDown", 1), ("ArrowUp", 0)):
        await page.keyboard.press(key)
        await expect(page.locator("#queue-list a").nth(nth)).to_be_focused()
    await page.keyboard.press("Alt+t")
    await page.wait_for_selector("#say")
    await page.keyboard.press("Alt+b")
    await page.keyboard.type("查过了")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_url("**/desk")

    async def noted() -> bool:
        return ("handed_back", "查过了") in await desk.rows("SELECT how, note FROM handoffs")

    await until(noted)


async def test_who_ends_over_unanswered_words_is_warned(desk: Stage, open_page: OpenPage) -> None:
    page = await open_page(f"{desk.url}/desk")
    await log_in(page, "lin")
    await desk.person("ann", "转人工", "查话费", "再充50")
    await expect(page.locator("#queue-list li")).to_have_count(1)
    await page.keyboard.press("Alt+t")
    await page.wait_for_selector("#say")
    await expect(page.locator("#transcript")).to_contain_text("再充50")
    warning = page.locator("#close-dialog [data-unanswered]")
    await page.keyboard.press("Alt+w")
    await expect(warning).to_contain_text("3 条还没有人回复")
    await page.keyboard.press("Escape")
    await page.keyboard.type("好的")
    await page.keyboard.press("Enter")
    await expect(page.locator(".line.agent .state")).to_have_text("已发出")
    await page.keyboard.press("Alt+w")
    await expect(page.locator("#close-dialog")).to_be_visible()
    await expect(warning).to_be_hidden()


async def test_the_desk_is_readable_in_the_dark(desk: Stage, open_page: OpenPage) -> None:
    page = await open_page(f"{desk.url}/desk")
    await page.emulate_media(color_scheme="dark")
    await log_in(page, "lin")
    await desk.person("ann", "查账单", "为什么", "转人工")
    await desk.person("bob", "转人工", channel="sms")
    await expect(page.locator("#queue-list li")).to_have_count(2)
    await page.keyboard.press("Alt+t")
    await page.wait_for_selector("#customer dl")
    dark = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark == "rgb(16, 21, 27)"
    assert await serious_findings(page) == []
