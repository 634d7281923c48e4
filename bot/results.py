"""Makes a TurnResult of what Rasa said and where its tracker stands.

An action speaks through responses, and has effects through `json_message={"renji": {...}}` with the keys
`handoff` {reason, skill, priority}, `outcome` {wish, how} or a list of them, `timers` [{name, after_s, values}],
`language` (the person switched to it) and `awaits` (number, code, proof or "": what the next message is expected to
be).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from switchboard.codec import from_dict
from switchboard.errors import BadRecord, TurnFailed
from switchboard.model import (
    HandoffRequest,
    Outcome,
    Reply,
    TimerRequest,
    TurnContext,
    TurnResult,
    Understanding,
)

_EFFECTS = frozenset({"handoff", "outcome", "timers", "language", "awaits"})
_HIDDEN_SLOTS = frozenset({"session_started_metadata", "requested_slot"})
_AWAITED = {"secret_code": "code", "secret_card": "code", "number": "number"}
_RANKED = 5


def turn_result(tracker: Any, domain: Any, said: Iterable[Mapping[str, Any]], release_id: str) -> TurnResult:
    """The TurnResult of a finished turn; `tracker` and `domain` are Rasa's.

    Raises TurnFailed (permanent) for an effect that cannot be read.
    """
    replies, effects = [], list[Mapping[str, Any]]()
    for message in said:
        custom = message.get("custom") or {}
        if "renji" in custom:
            effects.append(custom["renji"])
        elif reply := _reply(message):
            replies.append(reply)
    try:
        told = _effects(effects)
        return TurnResult(
            replies=tuple(replies),
            handoff=told["handoff"],
            understanding=understanding(tracker.latest_message.parse_data if tracker.latest_message else {}),
            context=_context(tracker, domain, told["awaits"]),
            timers=tuple(told["timers"]),
            outcomes=tuple(told["outcomes"]),
            language=told["language"],
            release_id=release_id,
        )
    except BadRecord as error:
        raise TurnFailed(f"an action's effect cannot be read: {error}", permanent=True) from error


def understanding(parsed: Mapping[str, Any]) -> Understanding:
    """What the bot made of the message. When it was rejected, the ranking holds the readings that were not believed."""
    intent = parsed.get("intent") or {}
    name = intent.get("name") or ""
    ranking = [(r["name"], float(r["confidence"])) for r in parsed.get("intent_ranking") or () if r.get("name")]
    rejected = (parsed.get("reject_reason") or "unclear") if name == "nlu_fallback" else ""
    entities = {e["entity"]: e["value"] for e in parsed.get("entities") or ()}
    if parsed.get("parts"):
        entities["parts"] = list(parsed["parts"])
    return Understanding(
        intent=name,
        confidence=float(intent.get("confidence") or 0.0),
        ranking=tuple(ranking[:_RANKED]),
        entities=entities,
        rejected=rejected,
    )


def _reply(message: Mapping[str, Any]) -> Reply | None:
    if message.get("reply"):
        return from_dict(Reply, message["reply"])
    return Reply(text=message["text"]) if message.get("text") else None


def _effects(found: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    told: dict[str, Any] = {"handoff": None, "timers": [], "outcomes": [], "language": "", "awaits": None}
    for effect in found:
        unknown = set(effect) - _EFFECTS
        if unknown:
            raise BadRecord(f"unknown {sorted(unknown)}")
        if effect.get("handoff"):
            told["handoff"] = from_dict(HandoffRequest, effect["handoff"])
        told["timers"] += [from_dict(TimerRequest, timer) for timer in effect.get("timers") or ()]
        outcomes = effect.get("outcome") or ()
        told["outcomes"] += [
            from_dict(Outcome, one) for one in ([outcomes] if isinstance(outcomes, Mapping) else outcomes)
        ]
        told["language"] = effect.get("language") or told["language"]
        told["awaits"] = effect.get("awaits", told["awaits"])
    return told


def _context(tracker: Any, domain: Any, awaits: str | None) -> TurnContext:
    slots = {
        name: slot.value
        for name, slot in tracker.slots.items()
        if slot.value is not None and name not in _HIDDEN_SLOTS and not name.startswith("secret")
    }
    form = tracker.active_loop.name if tracker.active_loop and tracker.active_loop.name else ""
    said = awaits if awaits is not None else _awaits(tracker, domain, form)
    return from_dict(TurnContext, {"slots": slots, "active_form": form, "awaits": said})


def _awaits(tracker: Any, domain: Any, form: str) -> str:
    """What the open form's next slot takes, by its mapping: then a bare "2" is an answer and no choice of a list."""
    requested = tracker.get_slot("requested_slot") if form else None
    for slot in domain.slots:
        if slot.name == requested:
            for mapping in slot.mappings:
                if mapping.get("entity") in _AWAITED:
                    return _AWAITED[mapping["entity"]]
    return ""
