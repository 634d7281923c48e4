"""The same training data in Rasa's RulePolicy and in ours, and random dialogs to ask both about.

A random dialog mostly goes on as the rules say, and sometimes as no rule would: other actions, refused and abandoned
forms, interruptions, what is taken back, a restart, a new session, slots of any value.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.core.constants import ACTION_LISTEN_NAME, REQUESTED_SLOT
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActionReverted,
    ActiveLoop,
    Event,
    LoopInterrupted,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from rasa.shared.core.generator import TrackerWithCachedStates, TrainingDataGenerator
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.importers.importer import TrainingDataImporter

from bot.policies import RuleLookup
from bot.tracker_store import FORM_TURNS, TURNS, _slim, _state, as_events, restored


class Pair(NamedTuple):
    """`trackers` are the stories and rules that both learned."""

    domain: Domain
    rasas: RulePolicy
    ours: RuleLookup
    trackers: list[TrackerWithCachedStates]


def learned(importer: TrainingDataImporter, folder: Path) -> Pair:
    """Train our policy, and load what it kept into both."""
    domain = importer.get_domain()
    trackers = TrainingDataGenerator(importer.get_stories(), domain, augmentation_factor=0).generate()
    storage, resource = LocalModelStorage(folder), Resource("rules")
    context = ExecutionContext(GraphSchema({}), "differential")
    RuleLookup({**RuleLookup.get_default_config()}, storage, resource, context).train(trackers, domain)
    rasas, ours = (
        kind.load({**kind.get_default_config()}, storage, resource, context) for kind in (RulePolicy, RuleLookup)
    )
    return Pair(domain, rasas, ours, trackers)


def answers(pair: Pair, tracker: DialogueStateTracker) -> tuple[Any, Any]:
    """(Rasa's prediction, ours), in everything that Rasa uses of it but the name of the policy."""
    return told(pair, pair.rasas, tracker), told(pair, pair.ours, tracker)


def told(pair: Pair, policy: RulePolicy, tracker: DialogueStateTracker) -> Any:
    said = policy.predict_action_probabilities(tracker, pair.domain)
    likely = {name: p for name, p in zip(pair.domain.action_names_or_texts, said.probabilities, strict=True) if p}
    how = (said.hide_rule_turn, said.is_no_user_prediction, said.is_end_to_end_prediction, said.policy_priority)
    return likely, said.events, how


def prefixes(pair: Pair) -> Iterator[DialogueStateTracker]:
    """Every story and rule as it stands before each of its actions."""
    for trained in pair.trackers:
        for upto, event in enumerate(list(trained.events)):
            if isinstance(event, ActionExecuted):
                yield DialogueStateTracker.from_events("story", list(trained.events)[:upto], pair.domain.slots)


class Dialog:
    """One random dialog; `stops` yields the tracker wherever an action is to be predicted."""

    def __init__(self, pair: Pair, seed: str, turns: int, takes_back: bool = True) -> None:
        self._takes_back, self._began, self._stored = takes_back, 0, list[dict[str, Any]]()
        self._pair, self._random, self._turns = pair, random.Random(seed), turns
        self._entities = [name for name in pair.domain.entities if name]
        self._values = [None, None, 0, 1, "a", "zh", True, ["a"]]
        self.tracker = DialogueStateTracker("random", pair.domain.slots)
        self._state = _state(self.tracker)

    def stops(self) -> Iterator[DialogueStateTracker]:
        if self._random.random() < 0.9:
            self._add(SessionStarted(), ActionExecuted(ACTION_LISTEN_NAME))
        for _ in range(self._turns):
            self._store()
            if self._takes_back:
                self._between()
            self._add(self._message())
            for _ in range(5):
                yield self.tracker
                if self._act() == ACTION_LISTEN_NAME:
                    break

    def as_loaded(self) -> DialogueStateTracker:
        """The tracker as it is now, of what the tracker store loads for this turn."""
        marks = [i for i, event in enumerate(self._stored) if event["event"] == "turn_began"]
        few, more = (self._stored[marks[-n] if n < len(marks) else 0 :] for n in (TURNS, FORM_TURNS))
        loaded = restored(None, list(as_events(more if few and few[0].get("loop") else few)))
        now = list(self.tracker.events)[self._began :]
        return DialogueStateTracker.from_events("loaded", [*loaded, *now], self._pair.domain.slots)

    def _store(self) -> None:
        """The turn is over: what it brought is stored, and how the next one begins."""
        events = [_slim(event.as_dict()) for event in list(self.tracker.events)[self._began :]]
        self._stored += [{"event": "turn_began", **self._state}, *events] if events else []
        self._began, self._state = len(self.tracker.events), _state(self.tracker)

    def _add(self, *events: Event) -> None:
        for event in events:
            self.tracker.update(event)

    def _message(self) -> UserUttered:
        pick = self._random
        named = pick.sample(self._entities, min(len(self._entities), pick.choice([0, 0, 0, 1, 2])))
        entities = [{"entity": name, "value": pick.choice(self._values)} for name in named]
        for entity in entities:
            if pick.random() < 0.2:
                entity["role"] = "from"
        intent = pick.choice([*self._pair.domain.intents, *self._said_in_rules()])
        return UserUttered("什么", {"name": intent, "confidence": 1.0}, entities)

    def _said_in_rules(self) -> list[str]:
        return [event.intent_name for tracker in self._pair.trackers for event in tracker.events if _named(event)]

    def _act(self) -> str:
        """Do what is predicted, or something else; returns the action's name."""
        pick, pair = self._random, self._pair
        said = pair.rasas.predict_action_probabilities(self.tracker, pair.domain)
        self._add(*said.events)
        name = pair.domain.action_names_or_texts[said.max_confidence_index]
        if pick.random() < 0.1:
            name = pick.choice(pair.domain.action_names_or_texts)
        form = name in pair.domain.form_names
        if form and self.tracker.active_loop_name == name and pick.random() < 0.3:
            self._add(ActionExecutionRejected(name))
            return name
        self._add(ActionExecuted(name, hide_rule_turn=said.hide_rule_turn))
        if form:
            self._ran(name)
        if name != ACTION_LISTEN_NAME and pick.random() < 0.3:
            self._add(self._slot())
        return name

    def _ran(self, form: str) -> None:
        """A form opens, asks on, or ends."""
        if self._random.random() < 0.3:
            self._add(ActiveLoop(None), SlotSet(REQUESTED_SLOT, None))
            return
        if self.tracker.active_loop_name != form:
            self._add(ActiveLoop(form))
        self._add(SlotSet(REQUESTED_SLOT, self._random.choice(self._pair.domain.required_slots_for_form(form))))

    def _slot(self) -> SlotSet:
        slot = self._random.choice(self._pair.domain.slots)
        return SlotSet(slot.name, self._random.choice(self._values))

    def _between(self) -> None:
        if self._random.random() < 0.12:
            self._add(*self._random.choice(rare(self._slot())))


def rare(slot: SlotSet) -> list[list[Event]]:
    """What happens now and then between two turns."""
    return [
        [UserUtteranceReverted()],
        [ActionReverted()],
        [Restarted(), ActionExecuted(ACTION_LISTEN_NAME)],
        [SessionStarted(), ActionExecuted(ACTION_LISTEN_NAME)],
        [LoopInterrupted(True)],
        [ActionExecutionRejected("order_form")],
        [ActiveLoop(None)],
        [slot],
    ]


def _named(event: Event) -> bool:
    return isinstance(event, UserUttered) and bool(event.intent_name)
