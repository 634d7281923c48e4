"""The web chat in Chromium: asking, choosing, being cut off and coming back, keyboard, screen reader, small screens."""

from __future__ import annotations

import asyncio

from connectors.web.sessions import Sessions
from switchboard.model import Link, Reply
from tests.browser.conftest import serious_findings

BUBBLES = "deep-chat .message-bubble"


async def ask(page, text):
    box = page.locator("#text-input")
    await box.fill(text)
    await box.press("Enter")


async def texts(page):
    return [text.strip() for text in await page.locator(BUBBLES).all_inner_texts()]


async def shows(page, text):
    await page.get_by_text(text, exact=True).first.wait_for()


async def open_chat(open_page, stage, *size, **options):
    page = await open_page(f"{stage.url}/chat", *size, **options)
    await page.wait_for_selector("#dot.on")
    return page


async def test_a_question_is_answered(stage, open_page):
    page = await open_chat(open_page, stage)
    await ask(page, "查话费")
    await shows(page, "you said: 查话费")
    assert await texts(page) == ["查话费", "you said: 查话费"]


async def test_a_choice_is_tapped_once_and_gone(stage, open_page):
    page = await open_chat(open_page, stage)
    await ask(page, "give me 3")
    await page.get_by_role("button", name="充值").click()
    await page.locator(BUBBLES).get_by_text("picked").wait_for()
    assert (await texts(page))[2] == "充值"
    assert await page.locator(".renji-choice").count() == 0
    assert stage.items[-1].text == "充值" and stage.items[-1].token


async def test_it_shows_that_an_answer_is_coming(stage, open_page):
    page = await open_chat(open_page, stage)
    stage.may_answer.clear()
    await ask(page, "hello")
    await page.locator("#typing").wait_for(state="visible")
    stage.may_answer.set()
    await page.locator("#typing").wait_for(state="hidden")


async def test_what_is_written_offline_is_sent_once_the_gateway_is_back(stage, open_page):
    page = await open_chat(open_page, stage)
    await ask(page, "one")
    await shows(page, "you said: one")
    await stage.stop_gateway()
    await page.locator("#notice").wait_for(state="visible")
    await ask(page, "two")
    await ask(page, "three")
    await stage.start_gateway()
    await shows(page, "you said: three")
    assert await texts(page) == ["one", "you said: one", "two", "three", "you said: two", "you said: three"]
    assert await page.locator("#notice").is_hidden()


async def test_what_came_while_offline_is_shown_once(stage, open_page):
    page = await open_chat(open_page, stage)
    await ask(page, "one")
    await shows(page, "you said: one")
    await stage.stop_gateway()
    for text in ("news 1a", "news 2a"):
        await stage.say(stage.items[-1].address, Reply(text))
    await stage.start_gateway()
    await shows(page, "news 2a")
    await asyncio.sleep(0.5)
    assert await texts(page) == ["one", "you said: one", "news 1a", "news 2a"]


async def test_a_reload_shows_the_conversation_again_and_nothing_twice(stage, open_page):
    page = await open_chat(open_page, stage)
    await ask(page, "give me 2")
    await page.locator(".renji-choice").first.wait_for()
    await page.reload()
    await page.wait_for_selector("#dot.on")
    await shows(page, "you said: give me 2")
    await ask(page, "bye")
    await shows(page, "you said: bye")
    assert await texts(page) == ["give me 2", "you said: give me 2", "bye", "you said: bye"]


# As a busy phone does it: the widget's timers fall behind between its creation and its properties.
SLOW_WIDGET = """
  const create = document.createElement.bind(document);
  document.createElement = (name, ...rest) => {
    const made = create(name, ...rest);
    const until = performance.now() + (name === "deep-chat" ? 60 : 0);
    while (performance.now() < until);
    return made;
  };"""


async def test_a_slow_page_shows_the_conversation_again_after_a_reload(stage, open_page):
    page = await open_chat(open_page, stage)
    await ask(page, "give me 2")
    await page.locator(".renji-choice").first.wait_for()
    await page.add_init_script(SLOW_WIDGET)
    await page.reload()
    await page.wait_for_selector("#dot.on")
    await shows(page, "you said: give me 2")


async def test_a_login_changes_the_token_and_not_the_conversation(stage, open_page):
    page = await open_chat(open_page, stage)
    token = "localStorage.getItem('renji.me.session')"
    before = await page.evaluate(token)
    stage.may_answer.clear()
    await ask(page, "the code")
    await page.locator("#typing").wait_for(state="visible")
    session = Sessions(stage.settings.key("web-session"), stage.stores.clock).read(before.strip('"'))
    await stage.bind(session.address)
    stage.may_answer.set()
    await shows(page, "you said: the code")
    assert await page.evaluate(token) != before
    await ask(page, "balance")
    await shows(page, "you said: balance")


async def test_an_ended_session_starts_anew(stage, open_page):
    page = await open_chat(open_page, stage)
    await ask(page, "hello")
    await shows(page, "you said: hello")
    address = stage.items[-1].address
    await stage.bind(address)
    await ask(page, "mine?")
    await page.wait_for_selector('#notice[data-word="renewed"]')
    await ask(page, "again")
    await shows(page, "you said: again")
    assert stage.items[-1].address != address


async def test_ending_the_chat_forgets_it(stage, open_page):
    page = await open_chat(open_page, stage)
    await ask(page, "hello")
    await shows(page, "you said: hello")
    await page.locator("#end").click()
    await page.wait_for_selector('#notice[data-word="ended"]')
    assert await texts(page) == []
    await page.reload()
    await page.wait_for_selector("#dot.on")
    assert await texts(page) == []


async def test_nothing_that_is_said_is_markup(stage, open_page):
    page = await open_chat(open_page, stage)
    evil = "<img src=x onerror=\"document.title='gone'\"><b>bold</b> [x](javascript:alert(1)) **no**"
    await ask(page, "hello")
    await shows(page, "you said: hello")
    await stage.say(stage.items[-1].address, Reply(evil, link=Link("<i>pay</i>", "javascript:alert(1)")))
    await shows(page, evil)
    assert await page.locator("deep-chat img, deep-chat b, deep-chat .renji-link").count() == 0
    await ask(page, "<img src=x onerror=alert(1)>")
    await shows(page, "you said: <img src=x onerror=alert(1)>")
    assert await page.locator("deep-chat img").count() == 0
    assert await page.title() == "在线客服"


async def test_a_link_is_a_link(stage, open_page):
    page = await open_chat(open_page, stage)
    await ask(page, "hello")
    await shows(page, "you said: hello")
    await stage.say(stage.items[-1].address, Reply("请支付", link=Link("去支付", "https://pay.example/1")))
    link = page.get_by_role("link", name="去支付")
    await link.wait_for()
    assert await link.get_attribute("href") == "https://pay.example/1"
    assert "noopener" in await link.get_attribute("rel")


async def test_the_keyboard_is_enough(stage, open_page):
    page = await open_chat(open_page, stage)
    for _ in range(8):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.shadowRoot?.activeElement?.id") == "text-input":
            break
    await page.keyboard.type("give me 2")
    await page.keyboard.press("Enter")
    await page.locator(".renji-choice").first.wait_for()
    for _ in range(8):
        await page.keyboard.press("Shift+Tab")
        if await page.evaluate("document.activeElement.shadowRoot?.activeElement?.textContent") == "充值":
            break
    await page.keyboard.press("Enter")
    await page.locator(BUBBLES).get_by_text("picked").wait_for()
    assert stage.items[-1].text == "充值"


async def test_a_screen_reader_hears_the_answer(stage, open_page):
    page = await open_chat(open_page, stage)
    await ask(page, "give me 2")
    await page.locator(".renji-choice").first.wait_for()
    heard = page.locator("#heard")
    assert await heard.get_attribute("aria-live") == "polite"
    assert "you said: give me 2 查账单，充值" in await heard.inner_text()


async def test_axe_finds_nothing_serious(stage, open_page):
    page = await open_chat(open_page, stage)
    await ask(page, "give me 3")
    await page.locator(".renji-choice").first.wait_for()
    assert await serious_findings(page) == []


async def test_a_small_screen_with_large_text_scrolls_one_way(stage, open_page):
    page = await open_chat(open_page, stage, 360, 640)
    await page.locator("#size").click()
    await ask(page, "我想查一下上个月的账单里为什么多了三十块钱 give me 9")
    await page.locator(".renji-choice").nth(8).wait_for()
    assert await page.evaluate("document.documentElement.scrollWidth") == 360
    size = await page.locator(".renji-text").first.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
    assert size >= 20


async def test_the_page_speaks_english(stage, open_page):
    page = await open_chat(open_page, stage, locale="en-US")
    assert await page.get_by_text("Assistant online").is_visible()
    assert await page.evaluate("document.documentElement.lang") == "en"
    await page.locator("#language").click()
    assert await page.get_by_text("智能助手在线").is_visible()


async def test_scripts_come_from_files_only(stage):
    async with stage.http.get(f"{stage.url}/chat") as answer:
        policy = answer.headers["Content-Security-Policy"]
        body = await answer.text()
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["script-src"] == "'self'" and directives["default-src"] == "'none'"
    assert "<script>" not in body and "onclick" not in body
