"""Rasa's REST interface: a message in, the replies out, once the turn is committed."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from aiohttp import web

from connectors.http import Intake, json_response, raw_request, response
from connectors.limits import Limiter
from connectors.parsing import json_object
from connectors.web.adapter import WebAdapter
from connectors.web.sessions import Session, login_message
from connectors.web.shown import rest_message
from switchboard.errors import BadInput
from switchboard.model import InboundMessage, OutboundMessage
from switchboard.ports import Conversations, WebOutbox
from switchboard.tasks import end

AT_ONCE = 200
"""So many requests of a process may wait: each holds a connection to Redis, and Accept needs some too."""
WAIT_S = 10.0
LOOK_S = 0.1
"""How often the outbox is looked at: the sender hands over after the commit, and word of the commit may be lost."""
QUIET_S = 2.0
"""Without word of the commit, replies that nothing followed for so long are taken for all there is."""

_OUTLIVED = "somebody logged in since this session was issued"


class Watch(Protocol):
    """A subscription to the commits of one conversation."""

    async def wait(self, message_id: str) -> list[str]:
        """The ids of the replies, as soon as the message's turn is committed."""


class Commits(Protocol):
    def watch(self, conversation: str) -> AbstractAsyncContextManager[Watch]:
        """Subscribed once entered: a commit after that is not missed."""


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
        if session and session.outlived(await self._conversations.get(conversation)):
            raise BadInput(_OUTLIVED, 401)
        if self._places.locked():
            return json_response({"error": "try again"}, 503)
        async with self._places, self._commits.watch(conversation) as watch:
            start = await self._outbox.last(message.address)
            answer = await self._intake.take(received)
            if answer is not received.on_stored:
                return response(answer)
            replies = await self._replies(watch, message, start)
        headers = await self._next_token(session, conversation, message.id) if session else {}
        answered = json_response([rest_message(sender, reply) for reply in replies])
        answered.headers.update(headers)
        return answered

    async def _next_token(self, session: Session, conversation: str, message_id: str) -> dict[str, str]:
        """The header for the message that logged in while it was answered. Raises BadInput (401) if another one did:
        whoever else holds the old token is out, and what was just said is not theirs to read."""
        known = await self._conversations.get(conversation)
        if known is None or not session.outlived(known):
            return {}
        kept = await self._outbox.after(session.address, "")
        if login_message(known.binding, [message for _, message in kept]) != message_id:
            raise BadInput(_OUTLIVED, 401)
        return {"X-Renji-Session": self._adapter.sessions.token(self._adapter.sessions.renewed(session, known))}

    async def _replies(self, watch: Watch, message: InboundMessage, start: str) -> list[OutboundMessage]:
        committed = asyncio.create_task(watch.wait(message.id))
        loop = asyncio.get_running_loop()
        until, quiet, count = loop.time() + WAIT_S, loop.time() + WAIT_S, 0
        try:
            while True:
                await asyncio.wait([committed], timeout=LOOK_S)
                after = [kept for _, kept in await self._outbox.after(message.address, start)]
                expected = set(committed.result()) if committed.done() else None
                mine = [kept for kept in after if kept.in_reply_to == message.id or kept.id in (expected or ())]
                if len(mine) > count:
                    count, quiet = len(mine), loop.time() + QUIET_S
                if (expected is not None and expected <= {kept.id for kept in mine}) or loop.time() > min(until, quiet):
                    return mine
                if expected is not None:
                    await asyncio.sleep(LOOK_S)
        finally:
            await end(committed)
