"""What every skill shares: the person is identified, the wish is kept, a CRM that does not answer is said at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions import context, still_asked
from bot.actions.follow_ups import follow_up
from bot.actions.own_only import number_named, remember_number
from bot.actions.refusals import refuse
from bot.actions.registry import registered
from bot.actions.shown import code_is_old
from bot.actions.turn import Event, Turn, form_ended
from bot.actions.wiring import doors
from crm.errors import Unavailable
from crm.operations.elders import is_elder
from crm.operations.gate import SWITCHED_OFF
from crm.operations.identify import identify
from crm.operations.levels import level
from crm.operations.results import Refusal

PATIENCE = 1
"""So many questions in a row may be asked in the middle of a form: its own comes once more after each."""
NAME_THEMSELVES = frozenset({"query_own_number", "query_other_number"})
"""Answers that say which numbers they are about."""
FORM_SLOTS = (
    "chosen", "among", "agreed", "code", "quote", "way", "means", "kind", "told", "first", "strayed", "form_misses",
    "secret_number", "secret_login",
)  # fmt: skip


class Skill(Action, ABC):  # type: ignore[misc]
    """One wish. `wish` is its intent and its name; the action is `action_<wish>`.

    `ends_form`: an open form ends; otherwise the form asks again after the answer. `keeps`: "again" repeats it.
    `resets`: it counts as understood. `tells`: said while a description is asked for, it is part of the description.
    `operation`: whose level of proof counts, where it is not the wish's own.
    """

    wish: ClassVar[str] = ""
    operation: ClassVar[str] = ""
    ends_form: ClassVar[bool] = False
    keeps: ClassVar[bool] = True
    resets: ClassVar[bool] = True
    tells: ClassVar[bool] = False

    def name(self) -> str:
        return f"action_{self.wish}"

    @abstractmethod
    async def answer(self, turn: Turn) -> list[Event]:
        """Say it. Returns Rasa's events. May raise Unavailable."""

    def option(self, text: str) -> str:
        """Which variant of the wish the words ask for, named as by a choice; "" for the plain one.

        It is kept as `option` of the wish: done again after the login, or as a part of a line, the wish has no words.
        """
        return ""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Event]:
        turn = await Turn.begin(dispatcher, tracker, doors())
        pointed = await self._in_context(turn)
        understood = self.resets or pointed is not None
        events = [SlotSet(name, 0) for name in ("misses", "form_misses") if understood and turn.slot(name)]
        events += still_asked.taken_back(turn)
        events += await self.handle(turn) if pointed is None else pointed
        events += turn.events
        return events + await self._form_events(turn, events)

    async def handle(self, turn: Turn) -> list[Event]:
        """Like `run`, for a wish inside a turn: one that waited for the login. A CRM that is away is said."""
        try:
            return await self.attempt(turn)
        except Unavailable:
            turn.say("crm_unavailable")
            turn.outcome(self._intent(turn), "abandoned")
            return self._kept(turn)

    async def attempt(self, turn: Turn) -> list[Event]:
        """Identify and answer, unless the skill is switched off. Raises Unavailable."""
        if turn.text and not turn.entities.get("option") and (option := self.option(turn.text)):
            turn.entities["option"] = option
        if off := await switched_off(turn, self._intent(turn)):
            return off
        if self._level() >= 1:
            subscriber = await identify(turn.doors, turn.who)
            if isinstance(subscriber, Refusal):
                turn.entities.update(await number_named(turn))
                return self._kept(turn) + await self._unknown(turn, subscriber)
            await remember_number(turn)
            if is_elder(subscriber, turn.doors.now()) and not turn.gentle:
                turn.gentle = True
                turn.events.append(SlotSet("older", True))
            if self._of_own_number(turn):
                turn.say("for_own_number", last=subscriber.msisdn[-4:])
        return self._kept(turn) + await self.answer(turn)

    def _of_own_number(self, turn: Turn) -> bool:
        """Whether other numbers were spoken of here, so that it has to be said which one this is about."""
        # The parts of one line are about the same number.
        said = any(message.get("response") == "utter_for_own_number" for message in turn.dispatcher.messages)
        spoke = bool(turn.slot("spoke_of")) and not turn.of_number
        return spoke and not said and self._intent(turn) in registered().reads - NAME_THEMSELVES

    async def _in_context(self, turn: Turn) -> list[Event] | None:
        """The events of an answer that only what came before explains; None when the words say what they mean."""
        try:
            return await context.answer(turn)
        except Unavailable:
            turn.say("crm_unavailable")
            turn.outcome(self._intent(turn), "abandoned")
            return []

    def _intent(self, turn: Turn) -> str:
        """The wish under which this turn is kept and counted."""
        return self.wish

    def _kept(self, turn: Turn) -> list[Event]:
        at = turn.doors.now().isoformat()
        wish = {"intent": self._intent(turn), "entities": shareable(turn.entities), "at": at}
        if turn.topic:
            wish["topic"] = turn.topic
        return [SlotSet("wish", wish)] if self.keeps else []

    async def _unknown(self, turn: Turn, refusal: Refusal) -> list[Event]:
        if refusal.code != "not_bound" or turn.who.channel == "sms":
            return await refuse(turn, self.wish, refusal)
        # Somebody who is logging in already goes on where they were; what waited before gives way to this wish.
        ended = [] if turn.form == "login_form" else clear_form()
        return [*ended, SlotSet("put_off", None), FollowupAction("login_form")]

    def _level(self) -> int:
        try:
            return level(self.operation or self.wish)
        except KeyError:
            return 0

    async def _form_events(self, turn: Turn, events: list[Event]) -> list[Event]:
        next_action = next((e["name"] for e in events if e["event"] == "followup"), "")
        if not turn.form or next_action == turn.form:
            return []
        strayed = int(turn.slot("strayed") or 0)
        if turn.slot("quote") or not strayed or not follow_up(turn):
            strayed += 1
        # Who was asked for a number and asks something else is not asked again until a wish needs it.
        put_off = turn.waits_for_number
        if not (self.ends_form or turn.over or code_is_old(turn) or next_action or put_off or strayed > PATIENCE):
            return [SlotSet("strayed", strayed), FollowupAction(turn.form)]
        # Another wish, or too many questions on the way, is a no to what was asked.
        if turn.slot("quote"):
            await turn.doors.quotes.void(turn.who.conversation, turn.slot("quote"), "another_topic")
        ended = form_ended() if next_action else [*clear_form(), *form_ended()]
        # What the number was asked for goes on once it is typed.
        return [*ended, SlotSet("put_off", turn.slot("wish"))] if put_off and self.keeps else ended


def shareable(entities: Mapping[str, Any]) -> dict[str, Any]:
    """What may be kept of a wish: slots are shown at the desk, so no full number."""
    return {name: value for name, value in entities.items() if name != "msisdn"}


async def switched_off(turn: Turn, wish: str) -> list[Event]:
    """Said, and the events, where the skill, or its topic as `faq.<topic>`, is switched off; else empty."""
    names = [wish, f"{wish}.{turn.topic}"] if turn.topic else [wish]
    off = await turn.doors.gate("skill", *names)
    return [] if off is None else await refuse(turn, wish, Refusal(SWITCHED_OFF, off))


def clear_form() -> list[Event]:
    """Forget what an earlier form was told."""
    return [SlotSet(name, None) for name in FORM_SLOTS]
