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
from switchboard.model import Address, InboundMessage, OutboundMessage
from switchboard.ports import Conversations, WebOutbox
from switchboard.tasks import end

WAIT_S = 10.0
LOOK_S = 0.1
"""How often the outbox is looked at: the sender hands over after the commit, and word of the commit may be lost."""
QUIET_S = 2.0
"""Without word of the commit, replies that nothing followed for so long are taken for all there is."""


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
        await self._refuse_outlived(session, conversation)
        async with self._commits.watch(conversation) as watch:
            start = await self._last(message.address)
            answer = await self._intake.take(received)
            if answer is not received.on_stored:
                return response(answer)
            replies = await self._replies(watch, message, start)
        answered = json_response([rest_message(sender, reply) for reply in replies])
        known = await self._conversations.get(conversation)
        # The message that logged in gets the session's next token; whoever else holds the old one is out.
        if session and known and session.outlived(known) and login_message(known.binding, replies) == message.id:
            next_session = self._adapter.sessions.renewed(session, known)
            answered.headers["X-Renji-Session"] = self._adapter.sessions.token(next_session)
        return answered

    async def _refuse_outlived(self, session: Session | None, conversation: str) -> None:
        if session and session.outlived(await self._conversations.get(conversation)):
            raise BadInput("somebody logged in since this session was issued", 401)

    async def _last(self, address: Address) -> str:
        kept = await self._outbox.after(address, "")
        return kept[-1][0] if kept else ""

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
