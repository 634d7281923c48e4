"""The desk's pages and the fragments that keep them fresh."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiohttp import web

from console.audit import Audit
from console.desk.customer import CustomerPanel, OfferingNames
from console.desk.reading import LATEST, Reading, Window
from console.desk.view import View, Viewing
from console.desk.words import REVEAL_REASONS, WRAP_UP
from console.web import Route, page, session_of
from crm.model import EVERYWHERE
from switchboard.incidents import Alike, Incident
from switchboard.ports import Clock, Handoffs
from switchboard.switches import Switch

Off = Callable[[], Awaitable[Sequence[Switch]]]
"""What is switched off now."""


async def nothing_off() -> Sequence[Switch]:
    return ()


class Outages(Protocol):
    """What agents see over their lists. Raises NotReachable."""

    async def all(self) -> Sequence[Incident]:
        """The open ones."""

    async def alike(self) -> Sequence[Alike]:
        """Places that report alike without one."""


class NoOutages:
    async def all(self) -> Sequence[Incident]:
        return ()

    async def alike(self) -> Sequence[Alike]:
        return ()


@dataclass(frozen=True)
class Pages:
    viewing: Viewing
    reading: Reading
    customer: CustomerPanel
    offerings: OfferingNames
    handoffs: Handoffs
    audit: Audit
    clock: Clock
    off: Off = nothing_off
    outages: Outages = field(default_factory=NoOutages)

    def routes(self) -> list[Route]:
        one = "/desk/c/{conversation}"
        return [
            Route("GET", "/desk", self.show),
            Route("GET", one, self.show),
            Route("GET", "/desk/lists", self.lists, touches=False),
            Route("GET", f"{one}/transcript", self.transcript, touches=False),
            Route("GET", f"{one}/context", self.context, touches=False),
            Route("GET", f"{one}/older", self.older),
            Route("GET", f"{one}/customer", self.customer_panel),
        ]

    async def show(self, request: web.Request) -> web.StreamResponse:
        """The whole page, with a conversation opened or not."""
        person = session_of(request).person
        opened = await self._opened(request)
        draft = ""
        if opened:
            await self.audit.write(person.id, "conversation.read", opened.id)
            draft = await self.reading.draft(person.id, opened.id)
        return page(
            request,
            "desk.html",
            queue=await self.viewing.queue(),
            mine=await self.viewing.mine(person, opened),
            at_desk=await self.handoffs.at_desk(),
            names=await self.reading.names(),
            opened=opened,
            **await self._banner(),
            packet=opened.packet() if opened else None,
            offerings=await self.offerings.known() if opened else {},
            draft=draft,
            now=self.clock(),
            wrap_up=WRAP_UP,
            reveal_reasons=REVEAL_REASONS,
        )

    async def lists(self, request: web.Request) -> web.StreamResponse:
        person, opened = session_of(request).person, request.query.get("open", "")
        return page(
            request,
            "lists.html",
            queue=await self.viewing.queue(),
            mine=await self.viewing.mine(person),
            at_desk=await self.handoffs.at_desk(),
            names=await self.reading.names(),
            opened_id=opened,
            **await self._banner(),
            now=self.clock(),
        )

    async def transcript(self, request: web.Request) -> web.StreamResponse:
        opened = await self._view(request, Window(since=_line_number(request, "since")))
        return page(request, "transcript.html", opened=opened, lines=opened.lines, names=await self.reading.names())

    async def older(self, request: web.Request) -> web.StreamResponse:
        opened = await self._view(request, Window(before=_line_number(request, "before")))
        return page(request, "older.html", opened=opened, lines=opened.lines, names=await self.reading.names())

    async def context(self, request: web.Request) -> web.StreamResponse:
        """Who owns the conversation now, the actions that are open to this person, and the context packet."""
        opened = await self._view(request)
        return page(
            request,
            "context.html",
            opened=opened,
            packet=opened.packet(),
            offerings=await self.offerings.known(),
            names=await self.reading.names(),
            now=self.clock(),
            reveal_reasons=REVEAL_REASONS,
        )

    async def customer_panel(self, request: web.Request) -> web.StreamResponse:
        opened = await self._view(request)
        binding = opened.conversation.binding
        parts = await self.customer.parts(binding.msisdn) if binding else {}
        if binding:
            await self.audit.write(session_of(request).person.id, "customer.read", opened.id)
        return page(request, "customer.html", opened=opened, parts=parts, everywhere=EVERYWHERE, now=self.clock())

    async def _banner(self) -> dict[str, Any]:
        """What everybody at the desk should know now."""
        alike = [one for one in await self.outages.alike() if one.many]
        return {"off": await self.off(), "outages": await self.outages.all(), "alike": alike}

    async def _opened(self, request: web.Request) -> View | None:
        return await self._view(request) if "conversation" in request.match_info else None

    async def _view(self, request: web.Request, window: Window = LATEST) -> View:
        return await self.viewing.open(request.match_info["conversation"], session_of(request).person, window)


def _line_number(request: web.Request, name: str) -> int:
    text = request.query.get(name, "")
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise web.HTTPBadRequest
    return int(text)
