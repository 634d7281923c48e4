"""One turn as an action sees it: who speaks, what was understood, and a way to answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions import references, years
from bot.actions.from_to import meant_of
from crm.operations import login
from crm.operations.context import Bound, Context
from crm.operations.doors import Doors

Event = dict[str, Any]
PRICES = {"amount_fen": 1, "number": 100}
"""What names a price, and how many fen one of it is."""


class Turn:
    """Who speaks comes from the channel's metadata, never from slots or text."""

    def __init__(self, dispatcher: CollectingDispatcher, tracker: Tracker, doors: Doors, who: Context) -> None:
        self.dispatcher = dispatcher
        self.tracker = tracker
        self.doors = doors
        self.who = who
        message = tracker.latest_message or {}
        self.intent: str = (message.get("intent") or {}).get("name") or ""
        self.topic: str = (message.get("intent") or {}).get("topic") or ""
        """Which question of the `faq` it is."""
        self.parts: list[str] = list(message.get("parts") or ())
        self.ranking: list[tuple[str, float]] = [
            (r["name"], float(r.get("confidence") or 0.0)) for r in message.get("intent_ranking") or () if r.get("name")
        ]
        """Readings with their probabilities, the likeliest first; `nlu_fallback` leads those that were rejected."""
        text = message.get("text") or ""
        # A payload that we built ourselves is not what a person said.
        self.text: str = "" if text.startswith("/") else text
        self.events: list[Event] = []
        """What has to be kept besides an action's own events."""
        self.filled: dict[str, Any] = {}
        """What a form understood of this turn, kept when the CRM then does not answer."""
        self.handed_over = False
        """A human was asked for in this turn."""
        self.over = False
        """An open form ends here, whichever skill the message came to."""
        self.asked = False
        """What was said in this turn asks for the next step already."""
        self.again = False
        """What is asked was asked before: shorter words will do."""
        self.gentle = bool(tracker.get_slot("older"))
        """Somebody old, or who asked to be served so: nothing is sold to them."""
        self.of_number = ""
        """The last digits of another number that this answers for, so that its choices do too."""
        self.words: dict[str, str] = {}
        """What the first entity of a name was read from, where a person wrote it."""
        self.named: list[tuple[str, Any, str]] = []
        """Name, value and words of all of them."""
        self.entities: dict[str, Any] = {}
        """The first of each name, of those that are meant when several stand in the text."""
        self.values = meant_of(self.text, years.of_months(self.text, message.get("entities") or ()))
        self._name_values()

    def _name_values(self) -> None:
        for entity in self.values:
            self.entities.setdefault(entity["entity"], entity["value"])
            if self.text and "start" in entity:
                words = self.text[entity["start"] : entity["end"]]
                self.words.setdefault(entity["entity"], words)
                self.named.append((entity["entity"], entity["value"], words))

    @classmethod
    async def begin(cls, dispatcher: CollectingDispatcher, tracker: Tracker, doors: Doors) -> Turn:
        """Reads the metadata; a binding that this very message brought about counts for the rest of its turn."""
        message = tracker.latest_message or {}
        said = message.get("metadata") or {}
        binding = said.get("binding")
        who = Context(
            conversation=said.get("conversation") or tracker.sender_id,
            message_id=said.get("message_id") or str(message.get("message_id") or ""),
            channel=said.get("channel") or "web",
            language=said.get("language") or "zh",
            region=said.get("region") or "",
            bound=Bound(binding["msisdn"], binding["subscriber_id"]) if binding else None,
            place=said.get("place") or "",
        )
        turn = cls(dispatcher, tracker, doors, who)
        if who.bound is None and tracker.get_slot("bound_in") == who.message_id:
            turn.bind(await login.bound_by(doors, who))
        return turn

    def bind(self, bound: Bound | None) -> None:
        """From now on this turn speaks for that number."""
        self.who = replace(self.who, bound=bound)

    def as_wish(self, intent: str, entities: Mapping[str, Any], parts: Sequence[str] = (), topic: str = "") -> Turn:
        """The same turn for another wish: a part of the line, or one that was kept."""
        other = Turn(self.dispatcher, self.tracker, self.doors, self.who)
        other.intent, other.entities, other.parts = intent, dict(entities), list(parts)
        other.topic, other.text = topic, ""
        other.of_number, other.gentle = self.of_number, self.gentle
        other.events, other.words, other.named = self.events, self.words, self.named
        other.values = self.values if other.entities == self.entities else []
        return other

    def says_only(self, names: Sequence[str]) -> bool:
        """Whether the message is nothing but one of these values: whatever it was read as, it answers a question."""
        return any(name in self.entities and references.points(self.text, self.words.get(name, "")) for name in names)

    @property
    def form(self) -> str:
        """The open form, or ""."""
        return (self.tracker.active_loop or {}).get("name") or ""

    def price_fen(self) -> int | None:
        """A price that was said, in fen; a bare number is one in yuan."""
        for name, fen in PRICES.items():
            value = self.entities.get(name)
            if isinstance(value, int) and value > 0:
                return value * fen
        return None

    @property
    def waits_for_number(self) -> bool:
        """The login waits for a number, which nobody has to give who asks something else."""
        return self.form == "login_form" and not self.slot("secret_number")

    def slot(self, name: str) -> Any:
        return self.tracker.get_slot(name)

    def say(self, response: str, **values: Any) -> None:
        """One message in the words of content/responses; `values` are plain JSON."""
        always = {"of_number": self.of_number, "no_sales": self.gentle, "again": self.again}
        self.dispatcher.utter_message(response=f"utter_{response}", **{**always, **values})

    def effect(self, **effects: Any) -> None:
        """What the switchboard does with the commit: handoff, timers, language, awaits."""
        self.handed_over = self.handed_over or "handoff" in effects
        self.dispatcher.utter_message(json_message={"renji": effects})

    def outcome(self, wish: str, how: str) -> None:
        """How one wish ended: done, answered, handed_off, abandoned, refused, not_understood."""
        self.effect(outcome={"wish": wish, "how": how})


def form_ended() -> list[Event]:
    """No form is open any more."""
    return [ActiveLoop(None), SlotSet("requested_slot", None)]
