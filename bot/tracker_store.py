"""Rasa's memory of a conversation on the exchange's append-only tracker: a turn is one append, at a flat cost."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeGuard

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME, REQUESTED_SLOT, SESSION_START_METADATA_SLOT
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, SlotSet, deserialise_events
from rasa.shared.core.trackers import DialogueStateTracker

from bot.packing import packed, unpacked
from bot.results import turn_result
from bot.turn import RunningTurn, current_turn
from switchboard.codec import to_dict
from switchboard.errors import TurnFailed
from switchboard.ports import Trackers

TURNS = 3
"""How many turns a turn sees. All costs of a turn grow with it, so it is fixed."""
FORM_TURNS = 20
"""How many at most while a form is open: Rasa's rules compare whole form runs."""
KEPT_TURNS = 1024
"""So many of the turns that were read last need not be read again: some 15 KB each."""
_MARK = "turn_began"
_KEPT_METADATA = ("message_id", "release_id", "channel", "language")
_KEPT_RANKING = 3
_OF_THE_EVENT = frozenset({"text", "text_tokens", "message_id", "metadata"})


class RenjiTrackerStore(TrackerStore):  # type: ignore[misc]
    """Loads the last turns and appends one, fenced, with its TurnResult.

    Each appended turn starts with a mark that holds the slots and the open form before it, so that any turn can be the
    first one loaded.
    Outside a turn of the channel (`rasa shell`) trackers live in this process only.
    """

    def __init__(self, domain: Domain | None, trackers: Trackers, event_broker: EventBroker | None = None) -> None:
        super().__init__(domain, event_broker)
        self.trackers = trackers
        self._local: dict[str, list[Event]] = {}

    async def begin(self, turn: RunningTurn) -> dict[str, Any] | None:
        """The result of a message that was answered before; None for one whose turn begins now."""
        request = turn.request
        result, loaded = await self.trackers.begin(request.conversation, request.message_id, TURNS, _read)
        turn.loaded = loaded
        return result

    async def retrieve(self, sender_id: str) -> DialogueStateTracker:
        """Never None: Rasa would save an empty tracker before the turn."""
        tracker = self.init_tracker(sender_id)
        turn = current_turn.get()
        if turn is None:
            _replay(tracker, self._local.get(sender_id, ()))
            return tracker
        snapshot, stored, count = turn.loaded or await self.trackers.load(sender_id, TURNS, _read)
        # Once: whoever asks again in this turn, after Rasa wrote, gets what is stored then.
        turn.loaded = None
        if stored and _is_mark(stored[0]) and stored[0].get("loop"):
            snapshot, stored, count = await self.trackers.load(sender_id, FORM_TURNS, _read)
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


@lru_cache(KEPT_TURNS)
def _read(turn: bytes) -> tuple[Mapping[str, Any] | Event, ...]:
    """A stored turn: its mark, and Rasa's events, which nobody changes. It is needed as often as it is loaded, for the
    TURNS that follow it."""
    return tuple(as_events(json.loads(turn)))


def as_events(stored: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any] | Event]:
    for event in stored:
        if event.get("event") == _MARK:
            yield event
        else:
            yield from deserialise_events([dict(event)])


def _is_mark(event: Mapping[str, Any] | Event) -> TypeGuard[Mapping[str, Any]]:
    return type(event) is dict


def restored(snapshot: Mapping[str, Any] | None, stored: Sequence[Mapping[str, Any] | Event]) -> list[Event]:
    """Rasa events that rebuild the state: the slots and form where the window starts, then what happened since.
    `stored` is what `as_events` gives.

    The window starts at a turn before which no form was open, if there is one, and holds `TURNS` turns if it can.
    """
    marks = [(i, event) for i, event in enumerate(stored) if _is_mark(event)]
    if not marks:
        return list(_given(snapshot or {}))
    long_enough = reversed(marks[: max(len(marks) - TURNS, 0) + 1])
    start, state = next((mark for mark in (*long_enough, *marks) if not mark[1].get("loop")), marks[0])
    return [*_given(state), *(event for event in stored[start + 1 :] if not _is_mark(event))]


def _given(state: Mapping[str, Any]) -> Iterator[Event]:
    if not state.get("slots") and not state.get("loop") and not state.get("talked"):
        return
    yield from (SlotSet(name, value) for name, value in state.get("slots", {}).items())
    if state.get("loop"):
        yield ActiveLoop(state["loop"])
    yield ActionExecuted(ACTION_LISTEN_NAME)


def _replay(tracker: DialogueStateTracker, events: Iterable[Event]) -> None:
    """DialogueStateTracker.update, of one that has no model's name to write into events."""
    for event in events:
        tracker.events.append(event)
        event.apply_to(tracker)


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
    # A copy of JSON, in a tenth of the time that copy.deepcopy takes.
    return {"slots": unpacked(packed(slots)), "loop": loop, "talked": bool(tracker.events)}


def _slim(event: dict[str, Any]) -> dict[str, Any]:
    """Leaves out what no later turn reads: the lease and the number in the metadata, most of the ranking.

    Rasa fills text, message id and metadata of `parse_data` in from the event.
    """
    kind = event.get("event")
    kept = _KEPT_METADATA if kind == "user" else ("utter_action",)
    metadata = {k: v for k, v in (event.get("metadata") or {}).items() if k in kept}
    slim = {k: v for k, v in event.items() if v is not None and k != "metadata"}
    if metadata:
        slim["metadata"] = metadata
    if kind == "user":
        slim["parse_data"] = {k: v for k, v in event["parse_data"].items() if k not in _OF_THE_EVENT}
        slim["parse_data"]["intent_ranking"] = list(event["parse_data"].get("intent_ranking") or ())[:_KEPT_RANKING]
    elif kind == "slot":
        slim["value"] = None if event.get("name") == SESSION_START_METADATA_SLOT else event.get("value")
    elif kind == "bot":
        slim["data"] = {}
    return slim
