"""What an agent does at the desk. The switchboard decides whether they may: NotOwner becomes 409."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aiohttp import web

from console.audit import Audit
from console.desk.reading import LATEST, Line, Reading, Window
from console.desk.view import Viewing
from console.desk.words import REVEAL_REASONS, WRAP_UP
from console.web import Route, field, go, page, problem, session_of
from switchboard import masking
from switchboard.errors import NotOwner
from switchboard.model import Owner, Reply
from switchboard.ports import Clock, Conversations, Handoffs

LONGEST = 2000
"""Characters of one answer: what the narrowest channel with a screen takes."""
LONGEST_NOTE = 500
NEVER_SAID = frozenset({"id", "bankcard", "card", "password"})
"""Kinds of secrets that no agent's words may carry: they would stand in every store."""
_CLIENT_ID = re.compile(r"[0-9A-Za-z-]{8,64}")


@dataclass(frozen=True)
class Acts:
    viewing: Viewing
    reading: Reading
    handoffs: Handoffs
    conversations: Conversations
    audit: Audit
    clock: Clock

    def routes(self) -> list[Route]:
        acts = {
            "take": self.take,
            "say": self.say,
            "back": self.hand_back,
            "close": self.close,
            "requeue": self.requeue,
            "draft": self.draft,
            "reveal": self.reveal,
        }
        return [Route("POST", f"/desk/c/{{conversation}}/{name}", act) for name, act in acts.items()]

    async def take(self, request: web.Request) -> web.StreamResponse:
        conversation, agent = _who(request)
        await self._may_take(request)
        await self.handoffs.take(conversation, agent)
        await self.audit.write(agent, "handoff.take", conversation)
        return go(request, f"/desk/c/{conversation}")

    async def _may_take(self, request: web.Request) -> None:
        """Who waits is for everybody; who talks to the bot only for those who knew them before, and supervisors."""
        conversation, agent = _who(request)
        now = await self.conversations.get(conversation)
        if now is not None and now.owner is Owner.AGENT and now.agent != agent:
            raise NotOwner
        await self.viewing.open(conversation, session_of(request).person)

    async def say(self, request: web.Request) -> web.StreamResponse:
        """The transcript with the new words at its end, which SQL may not know yet."""
        conversation, agent = _who(request)
        text, client_id = field(request, "text").replace("\r\n", "\n").strip(), field(request, "client_id")
        if not text:
            return problem(request, 422, "empty")
        if len(text) > LONGEST:
            return problem(request, 422, "too_long")
        if NEVER_SAID & {secret.kind for secret in masking.mask(text).secrets}:
            return problem(request, 422, "secret")
        if not _CLIENT_ID.fullmatch(client_id):
            return problem(request, 400, "malformed")
        message = await self.handoffs.say(conversation, agent, Reply(text=text), client_id)
        await self.reading.keep_draft(agent, conversation, "")
        self.viewing.remember(conversation, Line(0, message, "agent", agent, text, self.clock(), "", {}))
        since = field(request, "since")
        window = Window(since=int(since)) if since.isascii() and since.isdecimal() and len(since) <= 18 else LATEST
        opened = await self.viewing.open(conversation, session_of(request).person, window)
        return page(request, "transcript.html", opened=opened, lines=opened.lines, names=await self.reading.names())

    async def hand_back(self, request: web.Request) -> web.StreamResponse:
        conversation, agent = _who(request)
        await self.handoffs.hand_back(conversation, agent, _masked(request, "note")[:LONGEST_NOTE])
        return await self._ended(request, "handoff.back", {})

    async def close(self, request: web.Request) -> web.StreamResponse:
        conversation, agent = _who(request)
        code = field(request, "code")
        if code not in WRAP_UP:
            return problem(request, 422, "no_code")
        await self.handoffs.close(conversation, agent, code)
        return await self._ended(request, "handoff.close", {"code": code})

    async def requeue(self, request: web.Request) -> web.StreamResponse:
        conversation, agent = _who(request)
        await self.handoffs.requeue(conversation, agent)
        return await self._ended(request, "handoff.requeue", {})

    async def _ended(self, request: web.Request, action: str, detail: dict[str, str]) -> web.StreamResponse:
        conversation, agent = _who(request)
        await self.reading.keep_draft(agent, conversation, "")
        await self.audit.write(agent, action, conversation, detail)
        return go(request, "/desk")

    async def draft(self, request: web.Request) -> web.StreamResponse:
        conversation, agent = _who(request)
        await self.viewing.open(conversation, session_of(request).person)
        await self.reading.keep_draft(agent, conversation, _masked(request, "text"))
        return web.Response(status=204)

    async def reveal(self, request: web.Request) -> web.StreamResponse:
        """The whole number, once, for a reason that is recorded. Only for who talks to the person, and supervisors."""
        conversation, agent = _who(request)
        reason = field(request, "reason")
        if reason not in REVEAL_REASONS:
            return problem(request, 422, "no_reason")
        now = await self.conversations.get(conversation)
        owns = now is not None and now.owner is Owner.AGENT and now.agent == agent
        if now is None or not (owns or session_of(request).person.role == "supervisor"):
            raise NotOwner
        await self.audit.write(agent, "number.reveal", conversation, {"reason": reason})
        return page(request, "number.html", number=now.binding.msisdn if now.binding else "")


def _masked(request: web.Request, name: str) -> str:
    """A field of the form without the secrets that somebody may have told the agent: it is about to be stored."""
    return masking.mask(field(request, name).strip()).text


def _who(request: web.Request) -> tuple[str, str]:
    """(conversation, agent)."""
    return request.match_info["conversation"], session_of(request).person.id
