"""One turn as it crosses from the worker to Rasa, and while it runs there. Both sides use it: nothing of Rasa here."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from switchboard.codec import to_dict
from switchboard.model import Binding, Language
from switchboard.ports import Loaded

MAX_BODY_BYTES = 64 * 1024
ACTIONS_S = 9.2
"""All actions of a turn together. Less than the worker waits (bot/client.py), which could not tell a turn that is too
slow from a slot that is away, and would ask for it again for ever; more than an action server that is away gets
(bot/action_calls.py), which is no attempt."""


@dataclass(frozen=True)
class TurnRequest:
    """What the worker asks: a person's `text`, or an `intent` with entities (a picked choice, a system's event).

    `token` is the partition's lease: it fences the append. `text` is masked already. `place` is the message's in the
    log: an offer that was shown later is not agreed to by it.
    """

    conversation: str
    message_id: str
    token: str
    channel: str
    received_at: datetime
    text: str = ""
    intent: str = ""
    entities: Mapping[str, Any] = field(default_factory=dict)
    language: Language = "zh"
    region: str = ""
    binding: Binding | None = None
    release_id: str = ""
    generation: int = 0
    trace: str = ""
    place: str = ""

    def metadata(self) -> dict[str, Any]:
        """What actions and wording may know about who is speaking (`tracker.latest_message["metadata"]`)."""
        binding = {"msisdn": self.binding.msisdn, "subscriber_id": self.binding.subscriber_id} if self.binding else None
        return {
            "conversation": self.conversation,
            "message_id": self.message_id,
            "token": self.token,
            "channel": self.channel,
            "language": self.language,
            "region": self.region,
            "binding": binding,
            "release_id": self.release_id,
            "generation": self.generation,
            "trace": self.trace,
            "place": self.place,
            "received_at": to_dict(self.received_at),
        }


@dataclass
class RunningTurn:
    """A turn between the load of its tracker and its append. `said` collects Rasa's messages in order."""

    request: TurnRequest
    said: list[dict[str, Any]] = field(default_factory=list)
    loaded: Loaded | None = None
    """The conversation as it was when the turn began."""
    loaded_count: int = 0
    """How many events were stored when the tracker was loaded: the append is refused if that changed."""
    loaded_events: int = 0
    """How many of them the tracker was built from."""
    state_before: dict[str, Any] = field(default_factory=dict)
    result: dict[str, Any] | None = None
    """The stored TurnResult, once the append is done."""
    actions_left_s: float = ACTIONS_S
    """How long the actions that are still to come may take together."""


current_turn: ContextVar[RunningTurn | None] = ContextVar("current_turn", default=None)
"""Rasa hands nothing from the channel to the tracker store, so the turn travels beside it."""


class TurnAborted(BaseException):
    """Ends a turn before anything of it is saved.

    A BaseException, because Rasa catches every Exception of an action and goes on as if nothing had happened.
    `cause` is the real error: NotReachable or TurnFailed.
    """

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause
