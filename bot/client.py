"""The bot as a Responder: asks one of the Rasa slots to run a turn.

| what Rasa answers | what the lane gets |
|---|---|
| 200 | TurnResult |
| 409 | TurnConflict |
| 500 | TurnFailed, permanent or not |
| 503, nothing in time, no connection | NotReachable: asked again later, the turn is found or run |
| the connection broke during the turn | TurnFailed: the message may have taken the process down |
"""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp

from bot.line import Lines, Refused, Silent
from bot.packing import packed, unpacked
from bot.release import releases_of
from bot.slots import Slot, Slots
from bot.turn import TurnRequest
from switchboard.codec import from_dict, to_dict
from switchboard.errors import BadRecord, NotReachable, TurnConflict, TurnFailed
from switchboard.model import Conversation, ConversationEvent, InboundMessage, TurnResult
from switchboard.ports import Turn
from switchboard.settings import Settings

TURN_S = 10.0
"""How long one call may take: longer than an action may (bot/action_runs.py), so that a slot that says nothing was
stopped or is away. The turn goes on in Rasa; its repeat finds the result."""
_EVENTS = frozenset({"handoff_ended", "payment_finished", "order_finished"})


class BotClient:
    """`slots` says which slot serves which Release; `token` is the bearer token between our own processes."""

    def __init__(self, slots: Slots, token: str, turn_s: float = TURN_S) -> None:
        self._slots, self._token, self._turn_s = slots, token, turn_s
        self._lines: dict[str, Lines] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Owns the connections and the watch over the slots; `answer` works only inside."""
        headers = {"Authorization": f"Bearer {self._token}"}
        async with aiohttp.ClientSession(headers=headers, cookie_jar=aiohttp.DummyCookieJar()) as session:
            try:
                async with self._slots.watching(session):
                    yield
            finally:
                for lines in self._lines.values():
                    lines.close()
                self._lines.clear()

    async def answer(
        self, item: InboundMessage | ConversationEvent, conversation: Conversation, turn: Turn
    ) -> TurnResult:
        """See ports.Responder. A slot that refuses the connection is left out and the other one asked; one that says
        nothing is asked last from then on."""
        request = turn_request(item, conversation, turn)
        body = to_dict(request)
        for slot in self._slots.for_release(conversation.release_id, bool(conversation.context.active_form)):
            try:
                return await self._ask(slot, body)
            except Refused:
                self._slots.lost(slot)
        raise NotReachable("no Rasa slot can be reached")

    async def _ask(self, slot: Slot, body: Mapping[str, Any]) -> TurnResult:
        lines = self._lines.get(slot.url)
        if lines is None:
            lines = self._lines[slot.url] = Lines(slot.url, self._token)
        try:
            status, told = await lines.post("/webhooks/renji/turn", packed(body), self._turn_s)
        except Silent as error:
            raise self._silent(slot) from error
        try:
            return _read(status, unpacked(told))
        except ValueError as error:
            raise TurnFailed(f"slot {slot.url} answered {status} without JSON") from error

    def _silent(self, slot: Slot) -> NotReachable:
        self._slots.hangs(slot)
        return NotReachable(f"slot {slot.url} did not answer in time")


def bot_client(settings: Settings) -> BotClient:
    """The client of this installation's slots."""
    releases = releases_of(settings, Path.cwd())
    return BotClient(Slots(settings.rasa_urls.split(","), releases.model_of), settings.key("internal").hex())


def turn_request(item: InboundMessage | ConversationEvent, conversation: Conversation, turn: Turn) -> TurnRequest:
    """What Rasa is asked. A picked choice, an event and a picture are intents; only a person's own words are text."""
    try:
        return _request(item, conversation, turn)
    except BadRecord as error:
        raise TurnFailed(str(error), permanent=True) from error


def _request(item: InboundMessage | ConversationEvent, conversation: Conversation, turn: Turn) -> TurnRequest:
    common: dict[str, Any] = {
        "conversation": conversation.id,
        "message_id": item.id,
        "token": turn.token,
        "channel": conversation.address.channel,
        "received_at": to_dict(item.at),
        "language": conversation.language,
        "region": conversation.region,
        "release_id": conversation.release_id,
        "generation": conversation.generation,
        "trace": turn.trace,
        "place": turn.place,
    }
    request = from_dict(TurnRequest, common)
    if conversation.address.proven:
        request = replace(request, binding=conversation.binding)
    if isinstance(item, ConversationEvent):
        return replace(request, **_event(item))
    if turn.intent:
        return replace(request, intent=turn.intent, entities=dict(turn.entities))
    text = item.text or (item.media.transcript if item.media else "")
    kind = item.media.kind if item.media else "sticker"
    if item.media and kind == "location" and not item.text.strip():
        return replace(request, intent="event_media", entities={"kind": kind, "place": item.media.transcript})
    if _is_picture(text) or (item.media and not text.strip()):
        # Nobody reads pictures here: what came is told instead, so that it gets an answer and no "not understood".
        return replace(request, intent="event_media", entities={"kind": kind})
    return replace(request, text=text)


def _is_picture(text: str) -> bool:
    """Emoji and nothing that could be read."""
    return any(unicodedata.category(char) == "So" for char in text) and not any(char.isalnum() for char in text)


def _event(event: ConversationEvent) -> dict[str, Any]:
    values = to_dict(event.values)
    if event.name in _EVENTS:
        return {"intent": f"event_{event.name}", "entities": values}
    return {"intent": "event_timer", "entities": {"timer": event.name, **values}}


def _read(status: int, body: Any) -> TurnResult:
    if status == 200:
        try:
            return from_dict(TurnResult, body)
        except BadRecord as error:
            raise TurnFailed(f"Rasa's answer cannot be read: {error}", permanent=True) from error
    told = body if isinstance(body, Mapping) else {}
    if status == 409:
        raise TurnConflict("the conversation moved on while this turn ran")
    if status == 503:
        raise NotReachable(str(told.get("error", "Rasa answered 503")))
    raise TurnFailed(str(told.get("error", f"Rasa answered {status}")), permanent=bool(told.get("permanent")))
