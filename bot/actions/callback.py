"""A call-back: asked for, put to another time, or not wanted any more. There is one a person."""

from __future__ import annotations

import re

from bot.actions import still_asked
from bot.actions.arranged import CANCELLED, MOVED
from bot.actions.skill import Skill, clear_form
from bot.actions.tickets import open_ticket, tell_ticket
from bot.actions.turn import Event, Turn
from bot.actions.when import When, said_when
from crm.model import Ticket, Urgency
from crm.operations import tickets
from crm.operations.results import Refusal

AGREED = "agreed"
"""A call-back that was asked about is wanted."""
_BARE = "请回电"
"""A ticket's words for a call-back without any."""
_NOTE = "【改约回电】{words}（{day}）"
"""For whoever calls."""
_ASKS = re.compile(
    r"[?？]|什么时候|啥时候|几点|多久|会不会|怎么还|有没有人|[吗嗎]|\bwhen\b|\bdid you\b"
    r"|\b(?:is|are|will|does|has|have) (?:anyone|anybody|someone|somebody|you|they|an? \w+)\b",
    re.IGNORECASE,
)
_ASKS_FOR_IT = re.compile(
    r"可以|可不可以|能(?:不能)?|麻烦|麻煩|帮我|幫我|请|請|\b(?:can|could|would|please|want|need)\b", re.IGNORECASE
)
"""A wish that is put as a question."""


class RequestCallback(Skill):
    """A choice may say what it is about; then somebody has waited already."""

    wish = "request_callback"
    ends_form = True

    async def attempt(self, turn: Turn) -> list[Event]:
        # Kept with the wish: said again, or done after the login, it is still this one call.
        turn.entities.setdefault("first", {"id": turn.who.message_id, "text": turn.text})
        return await super().attempt(turn)

    async def answer(self, turn: Turn) -> list[Event]:
        about, first = str(turn.entities.get("option") or ""), turn.entities["first"]
        if about in (CANCELLED, MOVED):
            return await self._changed(turn, about)
        plain, asks = about in ("", AGREED), not about and asked(first["text"])
        if plain and (waits := await tickets.waiting(turn.doors, turn.who, "callback")):
            again = first["id"] != turn.who.message_id and waits.text == first["text"]
            if not (again or asks) and (when := said_when(turn)):
                return await self._move(turn, waits, when)
            await tell_ticket(turn, self.wish, "callback", waits, "" if again else "callback_waits")
            return clear_form()
        if asks:
            turn.say("callback_ask")
            return [*clear_form(), still_asked.asked(turn, self.wish, AGREED)]
        urgency: Urgency = "normal" if plain else "urgent"
        text = (first["text"] if not about else _BARE) if plain else about
        when = said_when(turn)
        await open_ticket(turn, self.wish, "callback", text, first["id"], urgency, wanted=when.words if when else "")
        return clear_form()

    async def _changed(self, turn: Turn, how: str) -> list[Event]:
        waits, when = await tickets.waiting(turn.doors, turn.who, "callback"), When.of(turn.entities.get("when"))
        if waits is None and how == CANCELLED:
            turn.say("callback_none")
            return clear_form()
        if waits is None:
            turn.say("callback_ask")
            return [*clear_form(), still_asked.asked(turn, self.wish, AGREED)]
        if how == MOVED and when:
            return await self._move(turn, waits, when)
        if how == MOVED:
            turn.say("callback_when")
            return clear_form()
        gone = await tickets.change(turn.doors, turn.who, waits, cancelled=True)
        await tell_ticket(turn, self.wish, "callback", gone, "callback_cancelled")
        return clear_form()

    async def _move(self, turn: Turn, waits: Ticket, when: When) -> list[Event]:
        """The same ticket, with the time for whoever calls."""
        note = _NOTE.format(words=when.words, day=when.day or "-")
        moved: Ticket | Refusal = await tickets.change(turn.doors, turn.who, waits, note)
        await tell_ticket(turn, self.wish, "callback", moved, "callback_moved", wanted=when.words)
        return clear_form()


def asked(text: str) -> bool:
    """Whether it is asked about, rather than asked for."""
    return bool(_ASKS.search(text)) and not _ASKS_FOR_IT.search(text)
