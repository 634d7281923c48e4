"""Rasa's socket.io events, and what our own page adds to them: acknowledgements, positions, and a new token at login.

Replies go to every connection of a session, each from its own position in the outbox on. A connection whose token is
older than the session's login gets nothing more, except the one that sent the message that logged in: it gets the next
token, and gets it also if it was cut off in between, because only it knows that message's id. Therefore a message's id
is shown to its sender only.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import socketio
import structlog
from aiohttp import web

from connectors.http import Intake
from connectors.limits import Limiter
from connectors.parsing import MAX_BODY
from connectors.web.adapter import WebAdapter
from connectors.web.connections import Connection, Connections
from connectors.web.sessions import Session
from connectors.web.shown import socket_message, veiled
from switchboard.errors import BadInput, NotReachable
from switchboard.model import OutboundMessage
from switchboard.ports import Bound, Conversations, RawRequest, WebOutbox
from switchboard.tasks import end

SWEEP_S = 10.0
"""Wakes are lossy; this often everybody's outbox is looked at anyway."""
_POSITION = re.compile(r"|[0-9]{1,19}(-[0-9]{1,19})?")
"""What Redis takes for the id of an entry: two numbers below 2^64."""
_log = structlog.get_logger()


@dataclass(frozen=True)
class Limits:
    """`sessions` by remote address, `messages` by session."""

    sessions: Limiter
    messages: Limiter


class WebSocket:
    """The socket.io server at /socket.io."""

    def __init__(
        self,
        adapter: WebAdapter,
        intake: Intake,
        outbox: WebOutbox,
        conversations: Conversations,
        key: bytes,
        origins: list[str],
        limits: Limits,
    ) -> None:
        self._adapter = adapter
        self._intake = intake
        self._outbox = outbox
        self._conversations = conversations
        self._key = key
        self._limits = limits
        self._connections = Connections()
        self._requests: dict[str, web.Request] = {}
        self._beginning: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._closing = False
        self._server = socketio.AsyncServer(
            async_mode="aiohttp",
            cors_allowed_origins=origins,
            max_http_buffer_size=MAX_BODY,
            always_connect=True,
        )
        self._server.on("connect", self._connect)
        self._server.on("disconnect", self._disconnect)
        self._server.on("session_request", self._session_request)
        self._server.on("user_uttered", self._user_uttered)

    def attach(self, app: web.Application) -> None:
        self._server.attach(app, socketio_path="socket.io")

    async def close(self, _: web.Application) -> None:
        """Close every connection so that the gateway can stop; browsers connect again, perhaps to another one."""
        self._closing = True
        for socket in list(self._server.eio.sockets.values()):
            # Told that this is the end, the Python client would not connect again.
            await socket.close(wait=False, abort=True)
        await asyncio.sleep(0.1)
        for request in self._requests.values():
            if request.transport is not None:
                request.transport.close()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Delivers while entered."""
        tasks = [asyncio.create_task(self._follow()), asyncio.create_task(self._sweep())]
        try:
            yield
        finally:
            await end(*tasks)
            await self._server.shutdown()

    # --- events of the browser -------------------------------------------------------------------------------------

    async def _connect(self, sid: str, environ: Mapping[str, Any], auth: Any = None) -> None:
        self._requests[sid] = environ["aiohttp.request"]

    async def _disconnect(self, sid: str, reason: Any = None) -> None:
        self._connections.drop(sid)
        self._beginning.pop(sid, None)
        if not self._closing:
            self._requests.pop(sid, None)

    def _left(self, sid: str) -> bool:
        """Events of a connection run beside its end, and after it."""
        return sid not in self._requests

    async def _session_request(self, sid: str, data: Any = None) -> None:
        if self._left(sid):
            return
        async with self._beginning[sid]:
            await self._begin(sid, data if isinstance(data, dict) else {})

    async def _begin(self, sid: str, data: Mapping[str, Any]) -> None:
        try:
            session = await self._known(data.get("session_id"), sent := _strings(data.get("sent")))
            is_new = session is None
            if session is None:
                session = self._new(sid)
            connection = Connection(session, await self._position(session, data.get("position")))
            connection.sent.extend(_message_id(session, client) for client in sent)
        except (BadInput, NotReachable) as error:
            await self._server.emit("session_refused", {"error": str(error)}, to=sid)
            return
        # Put after it was dropped, it would stay for ever.
        if self._left(sid):
            return
        self._connections.put(sid, connection)
        await self._server.emit("session_confirm", self._adapter.sessions.token(session), to=sid)
        if is_new:
            await self._take(connection, "session_start", {"language": data.get("language")})
        await self._deliver(sid)

    async def _user_uttered(self, sid: str, data: Any = None) -> dict[str, Any]:
        """The acknowledgement: {"stored": true}, or an error; `again` says that the same message may be sent again."""
        if not isinstance(data, dict):
            return {"stored": False, "error": "not an object"}
        if self._left(sid):
            return {"stored": False, "again": True, "error": "disconnected"}
        # A page may send at once after it asked for its session: that says from where it reads on, and comes first.
        async with self._beginning[sid]:
            if self._connections.get(sid) is None:
                await self._begin(sid, {"session_id": data.get("session_id")})
        connection = self._connections.get(sid)
        if connection is None or not self._limits.messages.allow(connection.session.id):
            return {"stored": False, "again": True, "error": "too many messages"}
        try:
            if not await self._goes_on(sid, connection):
                return {"stored": False, "error": "session"}
            return await self._take(connection, "user_uttered", data)
        except NotReachable:
            return {"stored": False, "again": True, "error": "try again"}

    async def _take(self, connection: Connection, event: str, data: Mapping[str, Any]) -> dict[str, Any]:
        # The session is the connection's: what the event says about it is not believed.
        body = {**data, "session_id": self._adapter.sessions.token(connection.session)}
        try:
            received = self._adapter.receive(RawRequest("EVENT", event, body=json.dumps(body).encode()))
        except (BadInput, ValueError, RecursionError) as error:
            return {"stored": False, "error": str(error)}
        connection.sent.append(received.items[0].id)
        answer = await self._intake.take(received)
        if answer is received.on_stored:
            return {"stored": True, "id": received.items[0].id}
        return {"stored": False, "again": True, "error": "try again"}

    # --- sessions --------------------------------------------------------------------------------------------------

    async def _known(self, token: object, sent: list[str]) -> Session | None:
        session = self._adapter.sessions.read(token)
        if session is None:
            return None
        conversation = await self._conversation(session)
        if conversation is None or not session.outlived(conversation):
            return session
        if conversation.bound_in in {_message_id(session, client) for client in sent}:
            return self._adapter.sessions.renewed(session, conversation)
        return None

    def _new(self, sid: str) -> Session:
        request = self._requests.get(sid)
        if not self._limits.sessions.allow((request.remote if request else None) or ""):
            raise BadInput("too many sessions", 429)
        return self._adapter.sessions.new()

    async def _conversation(self, session: Session) -> Bound | None:
        return await self._conversations.bound(session.address.conversation_id(self._key))

    async def _position(self, session: Session, given: object) -> str:
        """Where to read on: the page's own position, or, for a widget that keeps none, after what there is."""
        if isinstance(given, str) and _POSITION.fullmatch(given):
            return given
        return await self._outbox.last(session.address)

    # --- replies ---------------------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        while True:
            try:
                async for identifier in self._outbox.wakes():
                    # "" means that wakes may have been missed.
                    for sid in self._connections.sids(identifier):
                        await self._deliver(sid)
            except Exception as error:
                _log.warning("web outbox not followed", error=type(error).__name__)
            await asyncio.sleep(0.5)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            for sid in self._connections.sids():
                await self._deliver(sid)

    async def _deliver(self, sid: str) -> None:
        connection = self._connections.get(sid)
        if connection is None:
            return
        async with connection.reading:
            try:
                messages = await self._outbox.after(connection.session.address, connection.position)
                if messages and await self._goes_on(sid, connection):
                    await self._emit(sid, connection, messages)
            except NotReachable:
                return
            except Exception as error:
                # One connection that cannot be served must not hold up the others.
                _log.exception("connection dropped", error=type(error).__name__)
                self._connections.drop(sid)
                await self._server.disconnect(sid)

    async def _goes_on(self, sid: str, connection: Connection) -> bool:
        """False for a connection whose token ended at a login that was not its own."""
        conversation = await self._conversation(connection.session)
        if conversation is None or not connection.session.outlived(conversation):
            return True
        if conversation.bound_in not in connection.sent:
            return False
        connection.session = self._adapter.sessions.renewed(connection.session, conversation)
        await self._server.emit("session_confirm", self._adapter.sessions.token(connection.session), to=sid)
        return True

    async def _emit(self, sid: str, connection: Connection, messages: list[tuple[str, OutboundMessage]]) -> None:
        for position, message in messages:
            if message.in_reply_to not in connection.sent:
                message = veiled(self._key, message)
            await self._server.emit("bot_uttered", socket_message(position, message), to=sid)
            connection.position = position


def _message_id(session: Session, client_id: str) -> str:
    return f"web:{session.id}:{client_id}"


def _strings(values: object) -> list[str]:
    return [value for value in values[-50:] if isinstance(value, str)] if isinstance(values, list) else []
