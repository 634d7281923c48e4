"""What Rasa does for each message though once would be enough, or not at all. The answers stay the same.

| Rasa | here |
|---|---|
| plans the graph of components with dask for each message and prediction | planned once (bot/graph.py) |
| replays all events to copy a tracker for an action or a form | copies its state |
| finds out how a slot is copied each time | is told |
| copies the tracker for the action that only listens | does not |
| searches all events for what was taken back, several times a turn | only if anything was (bot/history.py) |
| checks each event of an answer against a schema of 23 alternatives | looks at the usual events by kind first |
| makes all its own actions to look for one by name | keeps them |
| makes an empty domain, to know for each message that ours is not empty | asks once |
| goes through all slots for what fills them from a message, though only actions fill them | knows that once a domain |
| copies messages and events for debug lines that nobody writes | hands over the originals |
| writes all slots out for another | does not |
| reads how a model was trained, and with it TensorFlow | reads what it needs to serve it |
| asks abstract classes what an event is | asks plain ones |
| copies what opened a form, with all that was said, to tell an action which form is open | hands it over |
| decompresses a model twice | decompresses it once |
| reads and checks the domain of a model five times | reads it once |
"""

from __future__ import annotations

import copy
import tarfile
from abc import ABCMeta
from functools import wraps
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import rasa.core.actions.action
import rasa.core.actions.forms
import rasa.core.processor
import rasa.shared.core.trackers
from rasa.core.actions.action import Action, ActionExtractSlots, ActionListen
from rasa.core.actions.forms import FormAction
from rasa.core.processor import MessageProcessor
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.storage import ModelMetadata
from rasa.graph_components.providers.domain_provider import DomainProvider
from rasa.shared.core.constants import (
    ACTION_LISTEN_NAME,
    ACTION_VALIDATE_SLOT_MAPPINGS,
    DEFAULT_SLOT_NAMES,
    MAPPING_TYPE,
    REQUESTED_SLOT,
    SlotMappingType,
)
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionReverted,
    Event,
    FollowupAction,
    Restarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import AnySlotDict, DialogueStateTracker
from rasa.shared.utils.io import read_yaml_file

from bot.graph import StraightRunner
from bot.history import applied

_REPLAYED = frozenset({Restarted, ActionReverted, UserUtteranceReverted})
_LOOSE = frozenset({"active_loop", "bot", "followup", "session_started", "loop_interrupted", "reset_slots"})
"""Events of which Rasa's schema asks nothing but their name."""
_BARE_ACTION = frozenset({"event", "timestamp", "metadata", "name", "policy", "confidence"})


def install() -> None:
    """Patch Rasa's classes; called once by bot/rasa_patch.py, which checks the version."""
    rasa.core.processor.DaskGraphRunner = StraightRunner
    originals = SimpleNamespace(deepcopy=lambda value: value)
    rasa.core.processor.copy = rasa.core.actions.forms.copy = originals
    ModelMetadata.from_dict = _without_training(ModelMetadata.from_dict)
    if hasattr(tarfile, "data_filter"):
        LocalModelStorage._extract_archive_to_directory = staticmethod(_unpacked)
    DomainProvider.load = _read_once(DomainProvider)
    Slot.__copy__ = _same
    rasa.shared.core.trackers.copy = SimpleNamespace(copy=_same)
    # What it makes becomes JSON at once.
    rasa.shared.core.trackers.dataclasses = SimpleNamespace(asdict=lambda value: dict(value.__dict__))
    _plain(Event)
    DialogueStateTracker.applied_events = applied
    DialogueStateTracker.copy = _copied(DialogueStateTracker.copy)
    rasa.core.actions.action.default_actions = _kept(rasa.core.actions.action.default_actions)
    FormAction._temporary_tracker = _temporary_tracker(FormAction._temporary_tracker)
    ActionExtractSlots.run = _extracting(ActionExtractSlots.run)
    Domain.is_empty = _asked_once(Domain.is_empty)
    MessageProcessor._run_action = _listening(MessageProcessor._run_action)
    MessageProcessor._log_slots = lambda *_: None


def _without_training(original: Any) -> Any:
    def from_dict(serialized: dict[str, Any]) -> ModelMetadata:
        # Only to go on training it would one need to know how it was trained; naming those classes imports TensorFlow.
        return original({**serialized, "train_schema": {"nodes": {}}})

    return from_dict


def _unpacked(model: Any, to: Path) -> None:
    """tarsafe decompresses twice, to look first; Python's own filter looks at each file as it comes."""
    with tarfile.open(model, "r:gz") as archive:
        archive.extractall(to, filter="data")
    LocalModelStorage._assert_not_rasa2_archive(to)


def _read_once(provider: type[DomainProvider]) -> Any:
    """Rasa reads the file five times and holds it against its schema: that was done when the model was made."""

    @wraps(provider.load.__func__)
    def load(cls: Any, config: Any, model_storage: Any, resource: Any, *_: Any, **__: Any) -> DomainProvider:
        with model_storage.read_from(resource) as folder:
            read = read_yaml_file(folder / "domain.yml")
        return provider(model_storage, resource, Domain.from_dict(Domain.merge_domain_dicts(read, {})))

    return classmethod(load)


class _Plain(ABCMeta):
    """An abstract class that nobody joins but by inheriting from it: then it is asked as any class is."""

    __instancecheck__ = type.__instancecheck__


def _plain(kind: Any) -> None:
    if type(kind) is ABCMeta:
        kind.__class__ = _Plain
    for narrower in kind.__subclasses__():
        _plain(narrower)


def _copied(original: Any) -> Any:
    def copied(self: DialogueStateTracker) -> DialogueStateTracker:
        if type(self) is not DialogueStateTracker or isinstance(self.slots, AnySlotDict) or _replays(self):
            return original(self)
        other = object.__new__(DialogueStateTracker)
        other.__dict__.update(self.__dict__)
        other.events = self.events.copy()
        other.slots = {name: _same(slot) for name, slot in self.slots.items()}
        other.active_loop = copy.copy(self.active_loop)
        other.followup_action = _followup(self)
        other.sender_source = other.model_id = other.assistant_id = None
        return other

    return copied


def _replays(tracker: DialogueStateTracker) -> bool:
    """Whether an event takes others back: then only a replay says what is left."""
    return not _REPLAYED.isdisjoint(map(type, tracker.events))


def _same(slot: Slot) -> Slot:
    """copy.copy asks a class how it is copied, each time."""
    other = object.__new__(type(slot))
    other.__dict__.update(slot.__dict__)
    return other


def _followup(tracker: DialogueStateTracker) -> str | None:
    """As a replay sets it: Rasa clears it on the tracker itself when it has predicted the action."""
    for event in reversed(tracker.events):
        if isinstance(event, FollowupAction):
            return str(event.action_name)
        if isinstance(event, (ActionExecuted, UserUttered)):
            return None
    return str(ACTION_LISTEN_NAME)


def _temporary_tracker(original: Any) -> Any:
    def temporary_tracker(
        self: FormAction, current_tracker: DialogueStateTracker, additional_events: list[Event], domain: Domain
    ) -> DialogueStateTracker:
        if _replays(current_tracker):
            return original(self, current_tracker, additional_events, domain)
        tracker = current_tracker.copy()
        asked = SlotSet(REQUESTED_SLOT, self.get_slot_to_fill(current_tracker))
        for event in (asked, ActionExecuted(self.name()), *additional_events):
            tracker.update(event)
        return tracker

    return temporary_tracker


def _extracting(original: Any) -> Any:
    async def run(self: ActionExtractSlots, channel: Any, nlg: Any, tracker: Any, domain: Domain) -> list[Event]:
        # A domain's hash is made of its whole text, so it is no key.
        if not hasattr(domain, "_renji_extracts"):
            domain._renji_extracts = _extracts(domain)
        events: list[Event] = await original(self, channel, nlg, tracker, domain) if domain._renji_extracts else []
        return events

    return run


def _extracts(domain: Domain) -> bool:
    """Whether any slot is filled from what a person says, rather than by the actions alone."""
    mappings = [m for slot in domain.slots if slot.name not in DEFAULT_SLOT_NAMES for m in slot.mappings]
    by_actions = all(m.get(MAPPING_TYPE) == str(SlotMappingType.CUSTOM) and not m.get("action") for m in mappings)
    return not by_actions or ACTION_VALIDATE_SLOT_MAPPINGS in domain.user_actions


def _listening(original: Any) -> Any:
    async def run_action(
        self: MessageProcessor, action: Action, tracker: DialogueStateTracker, *given: Any, **named: Any
    ) -> bool:
        if type(action) is not ActionListen:
            return bool(await original(self, action, tracker, *given, **named))
        prediction = named["prediction"] if "prediction" in named else given[-1]
        self._log_action_on_tracker(tracker, action, [], prediction)
        return False

    return run_action


def _kept(original: Any) -> Any:
    """Rasa makes all its own actions anew to look for one by name; they hold nothing of a turn."""
    kept: list[tuple[Any, list[Action]]] = []

    def default_actions(action_endpoint: Any = None) -> list[Action]:
        if not kept or kept[0][0] is not action_endpoint:
            kept[:] = [(action_endpoint, original(action_endpoint))]
        return kept[0][1]

    return default_actions


def _asked_once(original: Any) -> Any:
    def is_empty(self: Domain) -> bool:
        if not hasattr(self, "_renji_empty"):
            self._renji_empty = original(self)
        return bool(self._renji_empty)

    return is_empty


def usual(answer: Any) -> bool:
    """Whether an action's answer is of the right form for certain; False says nothing."""
    if not isinstance(answer, dict) or not isinstance(answer.get("responses", []), list):
        return False
    events = answer.get("events", [])
    right = isinstance(events, list) and all(map(_usual_event, events))
    return right and all(isinstance(response, dict) for response in answer.get("responses", []))


def _usual_event(event: Any) -> bool:
    if not isinstance(event, dict) or not isinstance(event.get("metadata"), (dict, type(None))):
        return False
    when, kind = event.get("timestamp"), event.get("event")
    if isinstance(when, bool) or not isinstance(when, (int, float, type(None))):
        return False
    if kind == "slot":
        return isinstance(event.get("name"), str) and "value" in event
    if kind == "action":
        # What starts a session ends with one.
        bare = event.get("policy") is None and event.get("confidence") is None
        return bare and event.keys() <= _BARE_ACTION and isinstance(event.get("name"), str)
    return isinstance(kind, str) and kind in _LOOSE
