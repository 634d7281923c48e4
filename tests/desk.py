"""Agents at the desk and payers at the payment page, by the same HTTP that their browsers speak."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import secrets
from dataclasses import dataclass, field

import aiohttp

from tests.stack import Stack

_CSRF = re.compile(r'name="csrf"[^>]*value="([^"]+)"|X-CSRF-Token[^0-9A-Za-z]+([0-9A-Za-z_-]{20,})')
WRAP_UP = "solved"


@dataclass
class Seat:
    """One agent who is logged in; `events` keeps them present, as an open page does."""

    cookies: dict[str, str]
    csrf: str
    events: asyncio.Task[None]
    open: str = ""


@dataclass
class Desk:
    stack: Stack
    http: aiohttp.ClientSession
    _seats: dict[str, Seat] = field(default_factory=dict)

    async def arrive(self, name: str) -> None:
        """Log in and open the desk; returns when the switchboard may count on this agent."""
        logins = json.loads((self.stack.folder / "demo-logins.json").read_text())
        form = {"name": name, "password": logins[name]}
        async with self.http.post(f"{self.stack.url}/login", data=form, allow_redirects=False) as answer:
            assert answer.status == 303, f"{name} cannot log in: {answer.status}"
            cookies = {key: morsel.value for key, morsel in answer.cookies.items()}
        async with self.http.get(f"{self.stack.url}/desk", cookies=cookies) as answer:
            found = _CSRF.search(await answer.text())
            assert found, "the desk has no CSRF token"
        here = asyncio.Event()
        self._seats[name] = Seat(cookies, found[1] or found[2], asyncio.create_task(self._listen(cookies, here)))
        await asyncio.wait_for(here.wait(), 10)

    async def leave(self, name: str) -> None:
        seat = self._seats.pop(name)
        await self._post(seat, "/logout", {})
        seat.events.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await seat.events

    async def leave_all(self) -> None:
        for name in list(self._seats):
            await self.leave(name)

    async def act(self, name: str, verb: str, conversation: str) -> None:
        """takes, returns, closes or requeues a conversation; the one that was taken last is where `say` speaks."""
        seat = await self._seat(name)
        act, form = {
            "takes": ("take", {}),
            "returns": ("back", {"note": "已处理"}),
            "closes": ("close", {"code": WRAP_UP}),
            "requeues": ("requeue", {}),
        }[verb]
        status = await self._post(seat, f"/desk/c/{conversation}/{act}", form)
        assert status in (200, 204, 303), f"{name} {verb} {conversation}: {status}"
        seat.open = conversation

    async def say(self, name: str, text: str, conversation: str = "") -> int:
        seat = await self._seat(name)
        form = {"text": text, "client_id": secrets.token_hex(8)}
        return await self._post(seat, f"/desk/c/{conversation or seat.open}/say", form)

    async def page(self, name: str, path: str) -> str:
        seat = await self._seat(name)
        async with self.http.get(f"{self.stack.url}{path}", cookies=seat.cookies) as answer:
            return await answer.text()

    async def pay(self, url: str, verb: str) -> None:
        """What a person does at the payment page: pays or cancels."""
        async with self.http.post(url, data={"act": verb.removesuffix("s")}, allow_redirects=False) as answer:
            assert answer.status in (200, 303), f"the payment page answered {answer.status}"

    async def _seat(self, name: str) -> Seat:
        if name not in self._seats:
            await self.arrive(name)
        return self._seats[name]

    async def _post(self, seat: Seat, path: str, form: dict[str, str]) -> int:
        data = {**form, "csrf": seat.csrf}
        url = f"{self.stack.url}{path}"
        async with self.http.post(url, data=data, cookies=seat.cookies, allow_redirects=False) as answer:
            return answer.status

    async def _listen(self, cookies: dict[str, str], here: asyncio.Event) -> None:
        timeout = aiohttp.ClientTimeout(total=None)
        async with self.http.get(f"{self.stack.url}/desk/events", cookies=cookies, timeout=timeout) as answer:
            async for _ in answer.content:
                here.set()
