"""What every form shares: stop, go back, start over, say it again, a gentle word when unclear, digressions.

A form's validation action reads the message, decides what is asked next and asks it. When the message is for somebody
else it changes nothing: Rasa then lets the rules answer, and calls again, for the question to be repeated.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions import scam, still_asked
from bot.actions.by_words import ends_adverts, takes_back
from bot.actions.follow_ups import follow_up
from bot.actions.given_up import drops
from bot.actions.human import hand_over, nobody_came
from bot.actions.references import cancels_it
from bot.actions.registry import registered
from bot.actions.shown import code_is_old
from bot.actions.skill import clear_form, switched_off
from bot.actions.turn import Event, Turn
from bot.actions.wiring import doors
from crm.errors import Unavailable

UNCLEAR = frozenset({"nlu_fallback", "out_of_scope", "inform", "affirm", "deny", "correct", "chitchat"})
OTHERWISE_AT, OFFER_HUMAN_AT = 2, 3
LIKELY = 0.5
"""Of words that were too doubtful to act on: the reading is worth to be asked about."""
RESENDS = frozenset({"repeat", "login", "affirm", "stop", "deny", "goodbye", "go_back", "start_over"})
"""Said to a code that is long past: it is sent anew, or the form is left."""
UNDOES = frozenset({"cancel_data_pack", "undo_plan_change"})
"""Where "cancel" is what was asked for."""
CANCELS = frozenset({"cancel_data_pack", "cancel_service"})
BARE = 4


class Form(Action, ABC):  # type: ignore[misc]
    """`slots` in the order they are asked; `wish` names the form (`<wish>_form`) and its outcome."""

    wish: ClassVar[str] = ""
    slots: ClassVar[tuple[str, ...]] = ()
    remembers: ClassVar[tuple[str, ...]] = ("among", "first")
    awaits: ClassVar[dict[str, str]] = {}
    otherwise: ClassVar[frozenset[str]] = frozenset()
    """Slots that `form_needs` asks for in other words, where the question was missed twice."""
    readings: ClassVar[frozenset[str]] = frozenset()
    """Wishes beside `wish` whose words are read as answers here."""

    def name(self) -> str:
        return f"validate_{self.wish}_form"

    @abstractmethod
    async def read(self, turn: Turn, step: str) -> dict[str, Any] | None:
        """What the message fills; {} for "ask again, I have said why"; None when it is not for this form."""

    @abstractmethod
    async def ask(self, turn: Turn, step: str, known: dict[str, Any]) -> list[Event] | None:
        """Ask for the step; returns events. None: there is nothing to ask, the form ends here (and said why)."""

    def awaited(self, step: str, known: dict[str, Any]) -> str:
        """`number`, `code` or `proof` when a bare "2" is an answer and no pick from a list."""
        return self.awaits.get(step, "")

    def passes(self, turn: Turn) -> bool:
        """Whether words that fill nothing may still mean something to the rules: another place for the shops that were
        asked for in between."""
        return follow_up(turn) is not None

    async def finish(self, turn: Turn, known: dict[str, Any]) -> list[Event]:
        """Every slot is filled."""
        return []

    async def leave(self, turn: Turn, why: str) -> None:
        """The form ends unfinished."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Event]:
        turn = await Turn.begin(dispatcher, tracker, doors())
        step = turn.slot("requested_slot")
        if off := await switched_off(turn, self.wish):
            await self.leave(turn, "switched_off")
            return [*off, *self.ended()]
        try:
            if not step or self._asks_again(turn):
                turn.again = bool(step and turn.slot("strayed"))
                # More of what was asked in between, as another place for the shops: the question stands as it was put.
                turn.asked = bool(step) and follow_up(turn) is not None
                events = await self._next(turn, {})
            else:
                events = await self._consume(turn, step)
            return [*turn.events, *events, *(still_asked.offer(turn) if self._is_over(events) else [])]
        except Unavailable:
            turn.say("crm_unavailable_in_form")
            # Rasa takes "only the next question changed" for "not for this form": something else has to be set too.
            kept = [SlotSet(name, value) for name, value in turn.filled.items()]
            return [*kept, SlotSet("form_misses", 0), SlotSet("requested_slot", step or self.slots[0])]

    def _is_over(self, events: list[Event]) -> bool:
        """Whether the wish ends here; a form on the way to another thing ends by a follow-up."""
        closed = any(e["event"] == "slot" and e["name"] == "requested_slot" and e["value"] is None for e in events)
        return closed and not any(e["event"] == "followup" for e in events)

    def _asks_again(self, turn: Turn) -> bool:
        """Whether somebody else answered this message already, or this form was opened by it."""
        for event in reversed(turn.tracker.events):
            if event["event"] == "user":
                return False
            if event["event"] == "active_loop" and event.get("name"):
                return True
            if event["event"] == "action" and event["name"] not in (f"{self.wish}_form", "action_extract_slots"):
                return event["name"] != "action_listen"
        return False

    async def _consume(self, turn: Turn, step: str) -> list[Event]:
        if scam.told(turn.text) or ends_adverts(turn.text):
            return []
        if code_is_old(turn) and "secret_code" not in turn.entities and turn.intent not in RESENDS:
            # What a code was asked for long ago holds nobody up: the answer ends the form.
            return []
        if turn.intent in ("stop", "goodbye") or self._bare_cancel(turn):
            return await self._stop(turn)
        if turn.intent in ("go_back", "start_over"):
            return await self._back(turn, step)
        # Forms that take a no say what it means to them.
        if drops(turn.text) and turn.intent != "deny":
            return await self._stop(turn)
        if turn.intent == "affirm" and still_asked.is_offered(turn) and not turn.slot("quote"):
            # A yes to the other wish that was asked about last.
            return []
        filled = await self.read(turn, step)
        if filled is None and drops(turn.text):
            return await self._stop(turn)
        if filled is None and turn.intent == "repeat":
            filled = {}
        if filled is None and turn.intent in UNCLEAR and not self.passes(turn):
            return await self._unclear(turn)
        if filled is None:
            return []
        told = [SlotSet("form_misses", 0), SlotSet("strayed", 0), *still_asked.taken_back(turn)]
        return [*told, *await self._next(turn, filled)]

    def _bare_cancel(self, turn: Turn) -> bool:
        """ "Cancel" in the middle of something means the something; with more words it is a wish of its own."""
        bare = turn.intent in CANCELS and "offering" not in turn.entities and 0 < len(turn.text) <= BARE
        return (bare or cancels_it(turn.text) or takes_back(turn.text)) and self.wish not in UNDOES

    async def _next(self, turn: Turn, filled: dict[str, Any]) -> list[Event]:
        events = [SlotSet(name, value) for name, value in filled.items() if name != "over"]
        if filled.get("over"):
            return [*events, *self.ended()]
        turn.filled = filled
        known = {name: filled.get(name, turn.slot(name)) for name in (*self.slots, *self.remembers)}
        step = next((name for name in self.slots if known[name] is None), None)
        if step is None:
            return [*events, *await self.finish(turn, known), *self.ended()]
        asked = [] if turn.asked else await self.ask(turn, step, known)
        if asked is None:
            return [*events, *self.ended()]
        turn.effect(awaits=self.awaited(step, known))
        return [*events, *asked, SlotSet("requested_slot", step)]

    async def given_up(self, turn: Turn) -> dict[str, Any]:
        """What `read` returns for a person who wants no more of it."""
        await self.leave(turn, "stopped")
        turn.say("stopped")
        turn.outcome(self.wish, "abandoned")
        return OVER

    async def _stop(self, turn: Turn) -> list[Event]:
        await self.given_up(turn)
        return self.ended()

    async def _back(self, turn: Turn, step: str) -> list[Event]:
        at = self.slots.index(step) if step in self.slots else 0
        if at == 0 and turn.intent == "go_back":
            return await self._stop(turn)
        await self.leave(turn, "changed")
        first = 0 if turn.intent == "start_over" else at - 1
        return await self._next(turn, dict.fromkeys(self.slots[first:]))

    async def _unclear(self, turn: Turn) -> list[Event]:
        if turn.gentle and not nobody_came(turn):
            await self.leave(turn, "handoff")
            await hand_over(turn, "not_understood", self.wish)
            return self.ended()
        misses, step = int(turn.slot("form_misses") or 0) + 1, str(turn.slot("requested_slot"))
        events = [SlotSet("form_misses", misses), *still_asked.taken_back(turn)]
        if other := self._other(turn):
            turn.say("form_other", wish=self.wish, other=other, others=[{"intent": other}])
            turn.asked = True
            return [*events, still_asked.asked(turn, other, ""), *await self._next(turn, {})]
        turn.asked = step in self.otherwise and misses >= OTHERWISE_AT
        if misses >= OFFER_HUMAN_AT:
            turn.say("form_offer_human", alone=turn.asked)
        elif turn.asked:
            turn.say("form_needs", wish=self.wish, step=step)
        else:
            turn.say("form_unclear")
        turn.again = True
        return [*events, *await self._next(turn, {})]

    def _other(self, turn: Turn) -> str:
        """What words most likely mean that are none for this form; "" where an offer is open, as a yes is to it."""
        name, sure = next(((name, sure) for name, sure in turn.ranking if name not in UNCLEAR), ("", 0.0))
        offered, own = registered().offered, {self.wish, *self.readings}
        likely = name in offered and name not in own and sure >= LIKELY
        return name if likely and self.wish in offered and not turn.slot("quote") else ""

    def ended(self) -> list[Event]:
        """Rasa closes the form when nothing is requested."""
        return [*clear_form(), SlotSet("requested_slot", None)]


OVER: dict[str, Any] = {"over": True}
"""What `read` returns when the form is over and the person was told."""
