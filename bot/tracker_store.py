"""Rasa's memory of a conversation on the exchange's append-only tracker: a turn is one append, at a flat cost."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME, REQUESTED_SLOT, SESSION_START_METADATA_SLOT
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, SlotSet, deserialise_events
from rasa.shared.core.trackers import DialogueStateTracker

from bot.results import turn_result
from bot.turn import RunningTurn, current_turn
from switchboard.codec import to_dict
from switchboard.errors import TurnFailed
from switchboard.ports import Trackers

TURNS = 20
"""How many turns a turn sees. All costs of a turn grow with it, so it is fixed."""
_MARK = "turn_began"
_KEPT_METADATA = ("message_id", "release_id", "channel", "language")
_KEPT_RANKING = 3


class RenjiTrackerStore(TrackerStore):  # type: ignore[misc]
    """Loads the last 20 turns and appends one, fenced, with its TurnResult.

    Each appended turn starts with a mark that holds the slots and the open form before it, so that any turn can be the
    first one loaded.
    Outside a turn of the channel (`rasa shell`) trackers live in this process only.
    """

    def __init__(self, domain: Domain | None, trackers: Trackers, event_broker: EventBroker | None = None) -> None:
        super().__init__(domain, event_broker)
        self.trackers = trackers
        self._local: dict[str, list[Event]] = {}

    async def retrieve(self, sender_id: str) -> DialogueStateTracker:
        """Never None: Rasa would save an empty tracker before the turn."""
        tracker = self.init_tracker(sender_id)
        turn = current_turn.get()
        if turn is None:
            _replay(tracker, self._local.get(sender_id, ()))
            return tracker
        snapshot, stored, count = await self.trackers.load(sender_id, TURNS)
        events = restored(snapshot, stored)
        _replay(tracker, events)
        turn.loaded_count = count
        turn.loaded_events = len(tracker.events)
        turn.state_before = _state(tracker)
        return tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Append the turn's events with its result. Raises TurnConflict, TurnFailed."""
        turn = current_turn.get()
        if turn is None:
            self._local[tracker.sender_id] = list(tracker.events)
            return
        if tracker.latest_action_name != ACTION_LISTEN_NAME:
            raise TurnFailed("the turn ran into Rasa's limit of actions", permanent=True)
        await self._append(turn, tracker)

    async def _append(self, turn: RunningTurn, tracker: DialogueStateTracker) -> None:
        request = turn.request
        result = to_dict(turn_result(tracker, self.domain, turn.said, request.release_id))
        new = [event.as_dict() for event in list(tracker.events)[turn.loaded_events :]]
        events = [{"event": _MARK, **turn.state_before}, *(_slim(event) for event in new)]
        await self.trackers.append(
            request.conversation,
            request.message_id,
            request.token,
            turn.loaded_count,
            events,
            _state(tracker),
            result,
        )
        turn.result = result

    async def keys(self) -> Iterable[str]:
        """Conversations of this process only; the exchange keeps the others."""
        return list(self._local)


def restored(snapshot: Mapping[str, Any] | None, stored: Sequence[Mapping[str, Any]]) -> list[Event]:
    """Rasa events that rebuild the state: the slots and form where the window starts, then what happened since.

    The window starts at a turn before which no form was open, if there is one: Rasa's rules compare whole form runs.
    """
    marks = [i for i, event in enumerate(stored) if event.get("event") == _MARK]
    if not marks:
        return list(_given(snapshot or {}))
    start = next((i for i in marks if not stored[i].get("loop")), marks[0])
    rest = [dict(event) for event in stored[start + 1 :] if event.get("event") != _MARK]
    return [*_given(stored[start]), *deserialise_events(rest)]


def _given(state: Mapping[str, Any]) -> Iterator[Event]:
    if not state.get("slots") and not state.get("loop") and not state.get("talked"):
        return
    yield from (SlotSet(name, value) for name, value in state.get("slots", {}).items())
    if state.get("loop"):
        yield ActiveLoop(state["loop"])
    yield ActionExecuted(ACTION_LISTEN_NAME)


def _replay(tracker: DialogueStateTracker, events: Iterable[Event]) -> None:
    for event in events:
        tracker.update(event)


def _state(tracker: DialogueStateTracker) -> dict[str, Any]:
    """Slots that differ from their initial value, and the open form. `talked` is False before the first turn only."""
    slots = {
        name: slot.value
        for name, slot in tracker.slots.items()
        if slot.value != slot.initial_value and name != SESSION_START_METADATA_SLOT
    }
    loop = tracker.active_loop.name if tracker.active_loop else None
    if not loop:
        slots.pop(REQUESTED_SLOT, None)
    return {"slots": copy.deepcopy(slots), "loop": loop, "talked": bool(tracker.events)}


def _slim(event: dict[str, Any]) -> dict[str, Any]:
    """Leaves out what no later turn reads: the lease and number in the metadata, and most of the ranking."""
    kind = event.get("event")
    if kind == "user":
        metadata = {k: v for k, v in (event.get("metadata") or {}).items() if k in _KEPT_METADATA}
        parsed = {k: v for k, v in event["parse_data"].items() if k != "text_tokens"}
        parsed["intent_ranking"] = list(parsed.get("intent_ranking") or ())[:_KEPT_RANKING]
        return {**event, "metadata": metadata, "parse_data": {**parsed, "metadata": metadata}}
    if kind == "slot" and event.get("name") == SESSION_START_METADATA_SLOT:
        return {**event, "value": None}
    if kind == "bot":
        metadata = event.get("metadata") or {}
        kept = {k: metadata[k] for k in ("utter_action", "reply") if k in metadata}
        return {**event, "data": {}, "metadata": kept}
    return event
