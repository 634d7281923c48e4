"""The events of a tracker that count: Rasa's `applied_events` without its search where nothing is taken back."""

from __future__ import annotations

from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
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
"""Form runs do: Rasa leaves their happy turns out of the history."""
_rasas = DialogueStateTracker.applied_events


def applied(tracker: DialogueStateTracker) -> list[Event]:
    """What Rasa's own answers, whether this took its place or not."""
    events = list(tracker.events)
    kinds = set(map(type, events))
    if not kinds <= _TAKE_NOTHING_BACK:
        found: list[Event] = _rasas(tracker)
        return found
    if kinds.isdisjoint(_BEGIN_ANEW):
        return events
    began = max(at for at, event in enumerate(events) if type(event) in _BEGIN_ANEW)
    return events[began + 1 :]
