"""Every way into the console, by every role; and what a foreign page cannot do."""

from __future__ import annotations

import pytest

from console.app import routes
from console.web import CSP
from tests.unit.console.conftest import Browser, House
from tests.unit.console.fakes import FakeDesk, conversation

# Who may call what. A new route fails this test until somebody decides.
MATRIX = {
    "GET /login": "everybody",
    "POST /login": "everybody",
    "POST /logout": "agent supervisor",
    "GET /desk": "agent supervisor",
    "GET /desk/c/{conversation}": "agent supervisor",
    "GET /desk/lists": "agent supervisor",
    "GET /desk/c/{conversation}/transcript": "agent supervisor",
    "GET /desk/c/{conversation}/context": "agent supervisor",
    "GET /desk/c/{conversation}/older": "agent supervisor",
    "GET /desk/c/{conversation}/customer": "agent supervisor",
    "GET /desk/events": "agent supervisor",
    "POST /desk/c/{conversation}/take": "agent supervisor",
    "POST /desk/c/{conversation}/say": "agent supervisor",
    "POST /desk/c/{conversation}/back": "agent supervisor",
    "POST /desk/c/{conversation}/close": "agent supervisor",
    "POST /desk/c/{conversation}/requeue": "agent supervisor",
    "POST /desk/c/{conversation}/draft": "agent supervisor",
    "POST /desk/c/{conversation}/reveal": "agent supervisor",
    "GET /reports": "supervisor",
}
QUERIES = {"older": "?before=1", "transcript": "?since=0"}


def _path(route: str) -> tuple[str, str]:
    method, path = route.split(" ")
    return method, path.replace("{conversation}", "web:aa") + QUERIES.get(path.rsplit("/", 1)[-1], "")


async def test_the_matrix_names_every_route(house: House) -> None:
    assert {f"{r.method} {r.path}" for r in routes(house.console)} == set(MATRIX)


@pytest.mark.parametrize("route", [r for r, who in MATRIX.items() if who != "everybody"])
async def test_nobody_gets_in_without_a_session(house: House, desk: FakeDesk, route: str) -> None:
    desk.queue(conversation())
    method, path = _path(route)
    status, text = await (house.browser().get(path) if method == "GET" else house.browser().post(path))
    assert status in (303, 401)
    assert "138" not in text


@pytest.mark.parametrize("role", ["agent", "supervisor"])
@pytest.mark.parametrize("route", [r for r, who in MATRIX.items() if who != "everybody" and "events" not in r])
async def test_roles_by_routes(house: House, desk: FakeDesk, route: str, role: str) -> None:
    desk.queue(conversation())
    browser = await house.browser().log_in({"agent": "lin", "supervisor": "wang"}[role])
    method, path = _path(route)
    status, _ = await (browser.get(path) if method == "GET" else browser.post(path))
    assert (status != 403) == (role in MATRIX[route]), status


@pytest.mark.parametrize("route", [r for r in MATRIX if r.startswith("POST") and r != "POST /login"])
async def test_nothing_changes_without_the_csrf_token(lin: Browser, desk: FakeDesk, route: str) -> None:
    desk.queue(conversation())
    _, path = _path(route)
    assert (await lin.post(path, csrf=""))[0] == 403
    assert (await lin.post(path, csrf="x" * 32))[0] == 403
    assert "web:aa" in desk.queued


async def test_a_token_of_another_session_does_not_fit(lin: Browser, chen: Browser, desk: FakeDesk) -> None:
    desk.queue(conversation())
    assert (await lin.post("/desk/c/web:aa/take", csrf=chen.csrf))[0] == 403


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
async def test_a_foreign_page_cannot_post(lin: Browser, desk: FakeDesk, headers: dict[str, str]) -> None:
    desk.queue(conversation())
    assert (await lin.post("/desk/c/web:aa/take", headers=headers))[0] == 403
    assert (await lin.post("/login", headers=headers, name="lin", password="x"))[0] == 403


async def test_every_answer_carries_the_policy(lin: Browser, house: House) -> None:
    for path in ("/desk", "/login", "/reports", "/desk/c/web:none", "/desk/c/web:none/transcript?since=x"):
        async with lin.client.get(path, allow_redirects=False) as answer:
            assert answer.headers["Content-Security-Policy"] == CSP, path
            assert answer.headers["Cache-Control"] == "no-store", path
            assert answer.headers["X-Frame-Options"] == "DENY", path


async def test_bodies_are_small_and_plain(lin: Browser, desk: FakeDesk) -> None:
    desk.queue(conversation())
    path = "/desk/c/web:aa/say"
    assert (await lin.post(path, text="x" * 70_000))[0] == 413
    assert (await lin.post(path, headers={"Content-Encoding": "gzip"}, text="x"))[0] in (400, 415)
    async with lin.client.post(path, data=b"--x\r\nbroken", headers={"Content-Type": "multipart/form-data"}) as answer:
        assert answer.status in (400, 403)


async def test_static_files_come_from_a_list(lin: Browser) -> None:
    assert (await lin.get("/console/static/console.css"))[0] == 200
    for name in ("../app.py", "..%2fapp.py", "vendor/package.json", "vendor/../../app.py", "%00"):
        assert (await lin.get(f"/console/static/{name}"))[0] == 404
