"""Server-sent events of an open desk, and the sign that an agent is there for as long as the page is open."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from aiohttp import web
from aiohttp_sse import EventSourceResponse, sse_response

from console.accounts import Accounts, Person
from console.changes import Changes, Watcher
from console.web import COOKIE, Route, session_of
from switchboard.errors import NotReachable
from switchboard.ports import Clock, Handoffs

HEARTBEAT_S = 10.0
"""Presence lasts 30 s, so two beats may be lost."""
LISTS_EVERY_S = 0.5
"""Any conversation may change the lists: a busy hour must not mean a request per message and agent."""


@dataclass(frozen=True)
class Live:
    """Events: `lists-changed`, `transcript-changed` (only for the opened conversation), `signed-out`."""

    accounts: Accounts
    handoffs: Handoffs
    changes: Changes
    clock: Clock
    heartbeat_s: float = HEARTBEAT_S

    def routes(self) -> list[Route]:
        return [Route("GET", "/desk/events", self.events, touches=False)]

    async def events(self, request: web.Request) -> web.StreamResponse:
        opened, person = request.query.get("open", ""), session_of(request).person
        async with self.changes.watch() as watcher:
            async with sse_response(request, headers={"Cache-Control": "no-store"}) as response:
                response.ping_interval = self.heartbeat_s
                await self._show_up(person)
                # What happened before this stream began, or between two of them, is asked for once.
                await _tell(response, "lists-changed", "transcript-changed")
                try:
                    await self._stream(request, response, watcher, opened, person)
                except (ConnectionError, asyncio.TimeoutError):
                    pass  # the page was closed
        return response

    async def _stream(
        self, request: web.Request, response: EventSourceResponse, watcher: Watcher, opened: str, person: Person
    ) -> None:
        loop = asyncio.get_running_loop()
        beat_at, lists_at, lists = loop.time() + self.heartbeat_s, loop.time() + LISTS_EVERY_S, False
        while response.is_connected():
            due = min(beat_at, lists_at) if lists else beat_at
            changed = await watcher.changed(max(0.0, due - loop.time()))
            lists = lists or bool(changed)
            if opened in changed or "*" in changed:
                await _tell(response, "transcript-changed")
            if loop.time() >= beat_at:
                beat_at, lists = loop.time() + self.heartbeat_s, True
                if await self.accounts.session(request.cookies.get(COOKIE, ""), touch=False) is None:
                    await self.handoffs.absent(person.id)
                    await _tell(response, "signed-out")
                    return
                await self._show_up(person)
            if lists and loop.time() >= lists_at:
                lists_at, lists = loop.time() + LISTS_EVERY_S, False
                await _tell(response, "lists-changed")

    async def _show_up(self, person: Person) -> None:
        """Supervisors watch; only agents count as somebody who could answer."""
        if person.role != "agent":
            return
        try:
            await self.handoffs.present(person.id, person.name, person.skills)
        except NotReachable:
            pass  # the next beat tries again


async def _tell(response: EventSourceResponse, *names: str) -> None:
    for name in names:
        await response.send("1", event=name)
