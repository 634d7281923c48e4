"""The channel through which the worker asks Rasa.

POST /webhooks/renji/turn runs one turn once; GET /webhooks/renji/health tells what is loaded.

| answer | meaning |
|---|---|
| 200 | the TurnResult, also when the message was answered before |
| 400, 401, 413 | not one of our requests |
| 409 | TurnConflict: the conversation moved on while this turn ran |
| 500 | the turn began and failed; `permanent` says that a repeat cannot help |
| 503 | Redis, the actions, the CRM or the model was not there: not an attempt |
"""

from __future__ import annotations

import asyncio
import hmac
import json
import time
import traceback
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, nullcontext
from dataclasses import replace
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

import structlog
from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from bot import rasa_patch
from bot.catalogue import kept_fresh
from bot.nlg import WordingNlg
from bot.packing import unpacked
from bot.served import channel_token, served_release, settings
from bot.tracker_store import RenjiTrackerStore
from bot.turn import MAX_BODY_BYTES, RunningTurn, TurnAborted, TurnRequest, current_turn
from switchboard.codec import from_dict
from switchboard.errors import BadRecord, NotReachable, StoreUnavailable, TurnConflict, TurnFailed

_AWAY = (NotReachable, StoreUnavailable, RedisConnectionError, RedisTimeoutError, asyncio.TimeoutError, ConnectionError)
STOP_S = 5.0
"""A turn that is cut off is run again in the other slot."""
log = structlog.get_logger()


class Collected(OutputChannel):  # type: ignore[misc]
    """Keeps what Rasa says, message by message, with the reply that the wording made of it."""

    def __init__(self, name: str, said: list[dict[str, Any]]) -> None:
        self._name = name
        self._said = said

    def name(self) -> str:  # type: ignore[override]
        """The person's channel, so that wording can differ by it."""
        return self._name

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        self._said.append(message)


class RenjiInput(InputChannel):  # type: ignore[misc]
    """`token` is the bearer token of the worker; `release` what this process was started with: {"id", "model"}.

    `beside` runs as long as the server does.
    """

    def __init__(
        self,
        token: str,
        release: dict[str, str],
        beside: Callable[[], AbstractAsyncContextManager[Any]] = nullcontext,
    ) -> None:
        self._token = token
        self._release = release
        self._beside = beside
        self._opened = AsyncExitStack()
        self._warm = False
        self._lanes: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._running: set[asyncio.Task[Any]] = set()

    @classmethod
    def name(cls) -> str:
        return "renji"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> RenjiInput:
        """Rasa's way to make a channel: everything comes from the settings and the Release that this process serves."""
        return cls(channel_token(), served_release(), partial(kept_fresh, settings()))

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        routes = Blueprint("renji_webhook")

        @routes.get("/health")
        async def health(request: Request) -> HTTPResponse:
            status, body = self.health(getattr(request.app.ctx, "agent", None))
            return json_response(body, status=status)

        @routes.listener("after_server_start")
        async def started(app: Any, _: Any) -> None:
            await self.start(app.ctx.agent)

        @routes.listener("before_server_stop")
        async def stopping(app: Any, _: Any) -> None:
            await self.stop()

        @routes.post("/turn")
        async def turn(request: Request) -> HTTPResponse:
            status, body = await self.turn(request.app.ctx, request.headers.get("Authorization", ""), request.body)
            return json_response(body, status=status)

        return routes

    def health(self, agent: Any) -> tuple[int, dict[str, Any]]:
        """(HTTP status, what is loaded): 200 once a turn can be run."""
        ready = self._warm and agent is not None and isinstance(agent.tracker_store, RenjiTrackerStore)
        return 200 if ready else 503, {"ready": ready, **self._release}

    async def start(self, agent: Any) -> None:
        await self._opened.enter_async_context(self._beside())
        await rasa_patch.open()
        await self.warm(agent)

    async def stop(self) -> None:
        """Turns that run are finished first, if that takes no longer than STOP_S."""
        if self._running:
            await asyncio.wait(self._running, timeout=STOP_S)
        await self._opened.aclose()
        await rasa_patch.close()

    async def warm(self, agent: Any) -> None:
        """What Rasa and the wording load at their first use is loaded now, before a person waits for it."""
        if agent.is_ready():
            await agent.parse_message("0")
            agent.predict_next_with_tracker(agent.tracker_store.init_tracker("warm"))
            if isinstance(agent.nlg, WordingNlg):
                await agent.nlg.wording(self._release.get("release", ""))
            self._warm = True

    def allows(self, authorization: str) -> bool:
        """Whether this header is the worker's."""
        return hmac.compare_digest(authorization.encode("utf-8", "surrogateescape"), f"Bearer {self._token}".encode())

    async def turn(self, context: Any, authorization: str, body: bytes) -> tuple[int, dict[str, Any]]:
        """(HTTP status, answer). The turn goes on when the caller gives up: its repeat finds the result."""
        if not self.allows(authorization):
            return 401, {"error": "unauthorized"}
        if len(body) > MAX_BODY_BYTES:
            return 413, {"error": "too large"}
        try:
            request = self._stamped(from_dict(TurnRequest, unpacked(body)))
        except (BadRecord, ValueError, RecursionError):
            return 400, {"error": "malformed"}
        agent = getattr(context, "agent", None)
        if agent is None or not agent.is_ready():
            return 503, {"error": "no model is loaded"}
        task = asyncio.create_task(self._answered(agent, request))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    def _stamped(self, request: TurnRequest) -> TurnRequest:
        """A conversation without a Release speaks in the words of the one that this process serves."""
        return request if request.release_id else replace(request, release_id=self._release.get("release", ""))

    async def _answered(self, agent: Any, request: TurnRequest) -> tuple[int, dict[str, Any]]:
        structlog.contextvars.bind_contextvars(process="rasa", trace=request.trace, message=request.message_id)
        began = time.monotonic()
        status, body = await self._tried(agent, request)
        log.info("turn", status=status, ms=int((time.monotonic() - began) * 1000))
        return status, body

    async def _tried(self, agent: Any, request: TurnRequest) -> tuple[int, dict[str, Any]]:
        lane = self._lanes.setdefault(request.conversation, asyncio.Lock())
        try:
            async with lane:
                return 200, await self._once(agent, request)
        except TurnAborted as aborted:
            return _told(aborted.cause)
        except Exception as error:
            return _told(error)

    async def _once(self, agent: Any, request: TurnRequest) -> dict[str, Any]:
        turn = RunningTurn(request)
        stored = await agent.tracker_store.begin(turn)
        if stored is not None:
            return dict(stored)
        current_turn.set(turn)
        await agent.handle_message(user_message(request, turn, agent.domain))
        if turn.result is None:
            raise TurnFailed("Rasa ended the turn without saving it")
        return turn.result


def user_message(request: TurnRequest, turn: RunningTurn, domain: Any) -> UserMessage:
    """What Rasa gets. Only a payload becomes an intent; a person's text never does.

    Raises TurnFailed for an intent nobody declared.
    """
    text, parsed = neutral(request.text), None
    if request.intent:
        if request.intent not in domain.intents:
            raise TurnFailed(f"no intent named {request.intent}", permanent=True)
        values = dict(request.entities)
        text = f"/{request.intent}{json.dumps(values, ensure_ascii=False)}"
        parsed = _parsed(text, request.intent, values)
    elif not text.strip():
        parsed = _parsed("", "nlu_fallback", {})
    return UserMessage(
        text=text,
        output_channel=Collected(request.channel, turn.said),
        sender_id=request.conversation,
        parse_data=parsed,
        input_channel=request.channel,
        message_id=request.message_id,
        metadata=request.metadata(),
    )


def neutral(text: str) -> str:
    """Rasa reads "/intent{…}" as a command, leading spaces or not: a person's slash becomes a full-width one."""
    at = len(text) - len(text.lstrip())
    return f"{text[:at]}／{text[at + 1 :]}" if text[at : at + 1] == "/" else text


def _parsed(text: str, intent: str, values: dict[str, Any]) -> dict[str, Any]:
    named = {"name": intent, "confidence": 1.0}
    entities = [
        {"entity": name, "value": value, "start": 0, "end": len(text), "confidence": 1.0}
        for name, value in values.items()
        if value is not None
    ]
    return {"text": text, "intent": named, "intent_ranking": [named], "entities": entities}


def _told(error: Exception) -> tuple[int, dict[str, Any]]:
    """Status and answer for an error; its text only names things of ours, never what a person wrote."""
    if isinstance(error, TurnConflict):
        return 409, {"error": "conflict"}
    if isinstance(error, _AWAY):
        log.warning("turn_not_reachable", error=str(error), kind=type(error).__name__)
        return 503, {"error": str(error)}
    permanent = isinstance(error, TurnFailed) and error.permanent
    known = str(error) if isinstance(error, TurnFailed) else type(error).__name__
    log.error("turn_failed", error=known, permanent=permanent, where=_where(error))
    return 500, {"error": known, "permanent": permanent}


def _where(error: BaseException) -> list[str]:
    """The innermost frames of an error. A whole traceback may hold values of local variables: a person's words."""
    innermost = error.__cause__ or error
    frames = traceback.extract_tb(innermost.__traceback__)[-3:]
    return [f"{type(innermost).__name__}", *(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)]
