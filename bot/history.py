"""The events of a tracker that count: Rasa's `applied_events` without its search where nothing is taken back."""

from __future__ import annotations

from collections.abc import Sequence

from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    BotUttered,
    DefinePrevUserUtteredFeaturization,
    Event,
    FollowupAction,
    LoopInterrupted,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

_BEGIN_ANEW = frozenset({Restarted, SessionStarted})
_TAKE_NOTHING_BACK = _BEGIN_ANEW | {
    ActionExecuted,
    ActionExecutionRejected,
    BotUttered,
    DefinePrevUserUtteredFeaturization,
    FollowupAction,
    LoopInterrupted,
    SlotSet,
    UserUttered,
}
_TURNS = frozenset({ActionExecuted, UserUttered, DefinePrevUserUtteredFeaturization})
_KNOWN = _TAKE_NOTHING_BACK | {ActiveLoop}
"""Form runs take their happy turns out of the history."""
_rasas = DialogueStateTracker.applied_events


def applied(tracker: DialogueStateTracker) -> list[Event]:
    """What Rasa's own answers, whether this took its place or not."""
    everything = events = list(tracker.events)
    kinds = set(map(type, events))
    if not kinds <= _KNOWN:
        found: list[Event] = _rasas(tracker)
        return found
    if not kinds.isdisjoint(_BEGIN_ANEW):
        began = max(at for at, event in enumerate(events) if type(event) in _BEGIN_ANEW)
        events = events[began + 1 :]
    if ActiveLoop not in kinds:
        return events
    forms = {event.name for event in everything if type(event) is ActiveLoop and event.name}
    kept: list[Event] = []
    for event in events:
        name = event.action_name if type(event) is ActionExecuted else None
        if name and name in forms and not _first_or_unhappy(name, kept):
            _undo_till_previous(name, kept)
        else:
            kept.append(event)
    return kept


# Rasa's own two ask with isinstance, which is dear for abstract classes; here only exact kinds come.
def _first_or_unhappy(form: str, kept: Sequence[Event]) -> bool:
    """DialogueStateTracker._first_loop_execution_or_unhappy_path."""
    after: str | None = None
    for event in reversed(kept):
        kind = type(event)
        if kind is ActiveLoop:
            if event.name is None:
                return True
        elif kind is ActionExecutionRejected:
            if event.action_name == form:
                return True
        elif kind is UserUttered:
            if after is not None and after != form:
                return True
        elif kind is ActionExecuted:
            if event.action_name == form:
                return False
            after = event.action_name
    return True


def _undo_till_previous(form: str, kept: list[Event]) -> None:
    """DialogueStateTracker._undo_till_previous_loop_execution."""
    at = len(kept) - 1
    while at >= 0:
        kind = type(kept[at])
        if kind is ActionExecuted and kept[at].action_name == form:
            break
        if kind in _TURNS:
            del kept[at]
        at -= 1
