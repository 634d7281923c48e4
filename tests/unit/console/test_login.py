"""Who gets in, and for how long."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from console.accounts import TRIES_REMOTE, Accounts
from console.tables import agents, sessions
from console.web import COOKIE
from tests.unit.console.conftest import PASSWORD, Browser, House
from tests.unit.console.fakes import FakeClock, FakeDesk


async def test_a_person_logs_in_and_reaches_the_desk(house: House) -> None:
    browser = await house.browser().log_in("lin")
    status, text = await browser.get("/desk")
    assert status == 200
    assert "小林" in text


async def test_without_a_session_pages_lead_to_the_login(house: House) -> None:
    async with house.browser().client.get("/desk/c/web:aa", allow_redirects=False) as answer:
        assert answer.status == 303
        assert answer.headers["Location"] == "/login?next=/desk/c/web%3Aaa"


async def test_a_wrong_password_and_an_unknown_name_look_the_same(house: House) -> None:
    browser = house.browser()
    wrong = await browser.post("/login", htmx=False, name="lin", password="wrong password")
    unknown = await browser.post("/login", htmx=False, name="lin", password="wrong password")
    nobody = await browser.post("/login", htmx=False, name="nobody", password="wrong password")
    assert wrong[0] == unknown[0] == nobody[0] == 401
    assert wrong[1] == nobody[1].replace("nobody", "lin")


async def test_the_token_changes_at_each_login_and_a_preset_cookie_is_not_used(house: House) -> None:
    browser = house.browser()
    browser.client.session.cookie_jar.update_cookies({COOKIE: "preset"}, browser.client.make_url("/"))
    await browser.log_in("lin")
    first = browser.token
    await browser.log_in("lin")
    assert len({"preset", first, browser.token}) == 3
    assert len(first) >= 43  # 32 random bytes


async def test_the_cookie_cannot_be_read_by_scripts_or_sent_by_other_sites(house: House) -> None:
    async with house.browser().client.post(
        "/login", data={"name": "lin", "password": PASSWORD}, allow_redirects=False
    ) as answer:
        cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie


async def test_neither_token_nor_password_stands_in_the_database(house: House, engine: AsyncEngine) -> None:
    browser = await house.browser().log_in("lin")
    async with engine.connect() as connection:
        stored = (await connection.execute(sa.select(sessions))).all()
        hashed = (await connection.execute(sa.select(agents.c.password_hash).where(agents.c.id == "lin"))).scalar_one()
    assert browser.token not in str(stored)
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_after_five_wrong_passwords_the_right_one_waits_15_minutes(house: House, clock: FakeClock) -> None:
    browser = house.browser()
    for _ in range(5):
        assert (await browser.post("/login", htmx=False, name="lin", password="wrong"))[0] == 401
    assert (await browser.post("/login", htmx=False, name="lin", password=PASSWORD))[0] == 429
    clock.forward(minutes=16)
    assert (await browser.post("/login", htmx=False, name="lin", password=PASSWORD))[0] == 303


async def test_guessing_many_names_from_one_address_is_stopped(house: House) -> None:
    browser = house.browser()
    for number in range(TRIES_REMOTE):
        await browser.post("/login", htmx=False, name=f"nobody{number}", password="wrong")
    assert (await browser.post("/login", htmx=False, name="lin", password=PASSWORD))[0] == 429


async def test_a_session_ends_after_30_idle_minutes(lin: Browser, clock: FakeClock) -> None:
    clock.forward(minutes=29)
    assert (await lin.get("/desk"))[0] == 200
    clock.forward(minutes=29)
    assert (await lin.get("/desk"))[0] == 200
    clock.forward(minutes=31)
    assert (await lin.get("/desk"))[0] == 303


async def test_what_the_page_asks_by_itself_keeps_no_session_alive(lin: Browser, clock: FakeClock) -> None:
    for _ in range(4):
        clock.forward(minutes=8)
        await lin.get("/desk/lists")
    assert (await lin.get("/desk"))[0] == 303


async def test_a_session_ends_after_12_hours_of_work(lin: Browser, clock: FakeClock) -> None:
    for _ in range(35):
        clock.forward(minutes=20)
        assert (await lin.get("/desk"))[0] == 200
    clock.forward(minutes=21)
    assert (await lin.get("/desk"))[0] == 303


async def test_logging_out_ends_the_session_and_the_presence(lin: Browser, desk: FakeDesk) -> None:
    await desk.present("lin", "小林", ())
    token = lin.token
    assert (await lin.post("/logout", htmx=False))[0] == 303
    assert desk.here == {}
    assert (await lin.get("/desk", headers={"Cookie": f"{COOKIE}={token}"}))[0] == 303


async def test_a_new_password_ends_old_sessions(lin: Browser, accounts: Accounts) -> None:
    person = next(p for p in await accounts.people() if p.id == "lin")
    await accounts.put(person, "another password")
    assert (await lin.get("/desk"))[0] == 303


async def test_next_leads_only_to_pages_of_ours(house: House) -> None:
    for target in (
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/desk\r\nX: y",
    ):
        browser = house.browser()
        _, location = await browser.post("/login", htmx=False, name="lin", password=PASSWORD, next=target)
        assert location == "/desk"


async def test_strange_logins_are_refused_quietly(house: House) -> None:
    for name in ("", "\x00", "a" * 60_000, "' OR 1=1 --", "林\u202e", "{{7*7}}"):
        status, text = await house.browser().post("/login", htmx=False, name=name, password="x" * 3000)
        assert status == 401, name[:20]
        assert "49" not in text.split("用户名", 1)[1].split("密码", 1)[0]


async def test_who_is_disabled_is_out_at_once(lin: Browser, accounts: Accounts) -> None:
    await accounts.disable("lin")
    assert (await lin.get("/desk"))[0] == 303
    assert (await lin.post("/login", htmx=False, name="lin", password=PASSWORD))[0] == 401
