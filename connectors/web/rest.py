"""Rasa's REST interface: a message in, the replies out, once the turn is committed."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager
from typing import Protocol

from aiohttp import web

from connectors.http import Intake, json_response, raw_request, response
from connectors.limits import Limiter
from connectors.parsing import json_object
from connectors.web.adapter import WebAdapter
from connectors.web.sessions import Session
from connectors.web.shown import rest_message
from switchboard.errors import BadInput
from switchboard.model import Address, InboundMessage, OutboundMessage
from switchboard.ports import Conversations, WebOutbox

AT_ONCE = 1000
"""So many requests of a process may wait."""
WAIT_S = 10.0
LOOK_S = 1.0
"""How often the outbox is looked at without any word that it is complete: such a word may be lost."""
SOON_S = 0.05
"""The same once all is said to be there, and something else was counted for a reply."""
QUIET_S = 2.0
"""Without word of the commit, replies that nothing followed for so long are taken for all there is."""

_OUTLIVED = "somebody logged in since this session was issued"


class Watch(Protocol):
    """What becomes of one message. `replies`: the ids of its replies, None until its turn is committed."""

    replies: frozenset[str] | None

    async def complete(self, within_s: float) -> None:
        """Returns when it is committed and as many messages came as it has replies, or when the time is over."""


class Commits(Protocol):
    def watch(self, conversation: str, address: Address, message_id: str) -> AbstractContextManager[Watch]:
        """A commit, and a message for the Address, after that are not missed, unless Redis went away meanwhile."""


class RestWebhook:
    """`POST /webhooks/rest/webhook` {sender, message} → [{recipient_id, text, buttons}].

    After 10 s it answers with what there is, perhaps []. Later replies are not lost for a signed session, which finds
    them in its outbox.
    """

    def __init__(
        self,
        adapter: WebAdapter,
        intake: Intake,
        outbox: WebOutbox,
        commits: Commits,
        conversations: Conversations,
        key: bytes,
        limiter: Limiter,
    ) -> None:
        self._adapter = adapter
        self._intake = intake
        self._outbox = outbox
        self._commits = commits
        self._conversations = conversations
        self._key = key
        self._limiter = limiter
        self._places = asyncio.Semaphore(AT_ONCE)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        raw = await raw_request(request)
        if not self._limiter.allow(raw.remote):
            raise BadInput("too many messages", 429)
        received = self._adapter.receive(raw)
        message = received.items[0]
        assert isinstance(message, InboundMessage)
        conversation = message.address.conversation_id(self._key)
        sender = json_object(raw.body)["sender"]
        session = self._adapter.sessions.read(sender)
        if self._places.locked():
            return json_response({"error": "try again"}, 503)
        async with self._places:
            start = await self._start(session, conversation, message.address)
            with self._commits.watch(conversation, message.address, message.id) as watch:
                answer = await self._intake.take(received)
                if answer is not received.on_stored:
                    return response(answer)
                replies = await self._replies(watch, message, start)
        headers = await self._next_token(session, conversation, message.id) if session else {}
        answered = json_response([rest_message(sender, reply) for reply in replies])
        answered.headers.update(headers)
        return answered

    async def _start(self, session: Session | None, conversation: str, address: Address) -> str:
        """Behind which position replies will be. Raises BadInput (401) for a session that is over."""
        if session is None:
            return await self._outbox.last(address)
        # Asked together: each wait for Redis costs as much as an answer of it.
        known, start = await asyncio.gather(self._conversations.bound(conversation), self._outbox.last(address))
        if session.outlived(known):
            raise BadInput(_OUTLIVED, 401)
        return start

    async def _next_token(self, session: Session, conversation: str, message_id: str) -> dict[str, str]:
        """The header for the message that logged in while it was answered. Raises BadInput (401) if another one did:
        whoever else holds the old token is out, and what was just said is not theirs to read."""
        known = await self._conversations.bound(conversation)
        if known is None or not session.outlived(known):
            return {}
        if known.bound_in != message_id:
            raise BadInput(_OUTLIVED, 401)
        return {"X-Renji-Session": self._adapter.sessions.token(self._adapter.sessions.renewed(session, known))}

    async def _replies(self, watch: Watch, message: InboundMessage, start: str) -> list[OutboundMessage]:
        loop = asyncio.get_running_loop()
        until, quiet, count = loop.time() + WAIT_S, loop.time() + WAIT_S, 0
        while True:
            await watch.complete(LOOK_S)
            after = [kept for _, kept in await self._outbox.after(message.address, start)]
            mine = [kept for kept in after if kept.in_reply_to == message.id or kept.id in (watch.replies or ())]
            if len(mine) > count:
                count, quiet = len(mine), loop.time() + QUIET_S
            complete = watch.replies is not None and watch.replies <= {kept.id for kept in mine}
            if complete or loop.time() > min(until, quiet):
                return mine
            if watch.replies is not None:
                await asyncio.sleep(SOON_S)
