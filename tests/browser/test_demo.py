"""The demo page in Chromium: three phones of one person, all through the real channels."""

from __future__ import annotations

import re

import pytest

from switchboard.model import Address, Reply
from tests.browser.conftest import serious_findings

LI_MING, WANG_FANG = "+8613800000000", "+8613800000001"


async def open_demo(open_page, stage, *size, **options):
    page = await open_page(stage.url, *size, **options)
    await page.frame_locator("#web").locator("#dot.on").wait_for()
    return page


async def write(page, phone, text):
    await page.fill(f"#{phone}-text", text)
    await page.press(f"#{phone}-text", "Enter")


async def test_three_phones_are_answered(stage, open_page):
    page = await open_demo(open_page, stage)
    await write(page, "sms", "短信")
    await write(page, "wechat", "微信")
    web = page.frame_locator("#web")
    await web.locator("#text-input").fill("网页")
    await web.locator("#text-input").press("Enter")
    await page.locator("#sms-lines").get_by_text("【云通】you said: 短信").wait_for()
    await page.locator("#wechat-lines").get_by_text("you said: 微信").wait_for()
    await web.get_by_text("you said: 网页", exact=True).wait_for()
    channels = {item.address.channel for item in stage.items if hasattr(item, "text")}
    assert channels == {"web", "sms", "wechat"}


async def test_the_sms_phone_is_the_chosen_persons(stage, open_page):
    page = await open_demo(open_page, stage)
    await page.select_option("#person", WANG_FANG)
    await page.locator("#story").get_by_text("欠费").wait_for()
    await write(page, "sms", "查话费")
    await page.locator("#sms-lines").get_by_text("you said").wait_for()
    assert any(getattr(item, "address", None) == Address("sms", WANG_FANG) for item in stage.items)
    await page.select_option("#person", LI_MING)
    await page.locator("#sms-number", has_text=re.compile("0000$")).wait_for()
    assert await page.locator("#sms-lines .bubble").count() == 0


async def test_a_one_time_code_appears_on_the_sms_phone(stage, open_page):
    page = await open_demo(open_page, stage)
    await stage.say(Address("sms", LI_MING), Reply("验证码135790，5分钟内有效。"))
    await page.locator("#sms-lines").get_by_text("验证码135790").wait_for()


async def test_a_menu_item_of_wechat_is_tapped(stage, open_page):
    page = await open_demo(open_page, stage)
    await write(page, "wechat", "give me 3")
    await page.locator(".wechat .menu button").nth(1).click()
    await page.locator("#wechat-lines").get_by_text("picked").wait_for()


async def test_the_phones_come_back_after_the_gateway(stage, open_page):
    page = await open_demo(open_page, stage)
    await write(page, "sms", "one")
    await page.locator("#sms-lines").get_by_text("you said: one").wait_for()
    await stage.stop_gateway()
    await stage.start_gateway()
    await stage.say(Address("sms", LI_MING), Reply("back again"))
    await page.locator("#sms-lines").get_by_text("back again").wait_for()


@pytest.mark.parametrize("size", [(1280, 900), (360, 800)])
async def test_the_page_fits_and_axe_finds_nothing_serious(stage, open_page, size):
    page = await open_demo(open_page, stage, *size)
    await write(page, "sms", "give me 2")
    await page.locator("#sms-lines .ours").wait_for()
    assert await page.evaluate("document.documentElement.scrollWidth") == size[0]
    assert await serious_findings(page) == []


async def test_the_phones_stand_side_by_side_or_one_below_the_other(stage, open_page):
    page = await open_demo(open_page, stage)
    wide = [(await page.locator(f".{name}.phone").bounding_box())["y"] for name in ("web", "sms", "wechat")]
    assert wide[0] == wide[1] == wide[2]
    await page.set_viewport_size({"width": 360, "height": 800})
    small = [(await page.locator(f".{name}.phone").bounding_box())["y"] for name in ("web", "sms", "wechat")]
    assert small[0] < small[1] < small[2]


async def test_the_page_speaks_english(stage, open_page):
    page = await open_demo(open_page, stage, locale="en-US")
    assert await page.get_by_role("heading", name="One customer, three channels, one service").is_visible()
    await page.locator("#language").click()
    assert await page.get_by_role("heading", name="一位用户，三个渠道，一个客服").is_visible()


async def test_the_desk_is_one_click_away(stage, open_page):
    page = await open_demo(open_page, stage)
    assert await page.get_by_role("link", name="打开坐席工作台").get_attribute("href") == "/desk"
