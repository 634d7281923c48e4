"""Is this message yours: answered from what was really sent to the number, and never by how a message looks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.actions import scam, wiring
from bot.actions.registry import skill_of
from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn
from crm.errors import Unavailable
from crm.operations import sent
from crm.operations.results import Refusal
from crm.operations.sent import Looked, Sent

_CALLS = re.compile(
    r"(?:打|来|來|接).{0,4}(?:电话|電話)|(?:电话|電話)(?:里|裡|说|說|让|讓|要|叫|问|問)|来电|來電|打[来過过]"
    r"|\b(?:called|calling|calls|phoned|rang|caller|on the phone)\b",
    re.IGNORECASE,
)
_WANTS_IT = re.compile(
    r"验证码|驗證碼|密码|密碼|冒充|自称|自稱|骗|騙|转账|轉賬|身份证|\b(?:codes?|passwords?|pretend\w*|claim\w*|scam\w*|fraud\w*)\b",
    re.IGNORECASE,
)
_GAVE_IT = re.compile(
    r"(?:我|已经)[^，,。让要叫]{0,6}(?:报|告诉|给|说|念|发)(?:了|过|给)|\bI (?:\w+ )?(?:told|gave|sent|read|shared)\b",
    re.IGNORECASE,
)
TOLD = {scam.TRICK: "trick_is_fraud", scam.NEXT: "fraud_next"}
"""Answers that need nothing looked up."""
SHOWN = 3
LONGEST = 40
"""Characters of a message that are told back: enough to know it by."""


class CheckMessage(Skill):
    """Whoever is not known, or where nobody knows what was sent, is told what not to do. That is never put off."""

    wish = "check_message"

    def _level(self) -> int:
        return 0

    async def answer(self, turn: Turn) -> list[Event]:
        if response := TOLD.get(str(turn.entities.get("option"))):
            turn.say(response)
            turn.outcome(self.wish, "answered")
            return []
        if _CALLS.search(turn.text) and _WANTS_IT.search(turn.text):
            return await self._of_caller(turn)
        try:
            looked = await sent.look(turn.doors, turn.who)
        except Unavailable:
            looked = None
        if looked is None or isinstance(looked, Refusal):
            turn.say("guide_check_message", known=looked is None)
        else:
            _tell(turn, looked)
        turn.outcome(self.wish, "answered")
        return []

    async def _of_caller(self, turn: Turn) -> list[Event]:
        """Who calls for a code is a cheat, whatever code was really sent; who gave it away goes to a person."""
        if _GAVE_IT.search(turn.text):
            return await skill_of("report_fraud").attempt(turn)
        turn.say("caller_is_fraud")
        turn.outcome(self.wish, "answered")
        return []


def _tell(turn: Turn, looked: Looked) -> None:
    kind = _kind(turn.text)
    of_kind = [one for one in looked.messages if kind and _is(one, kind)]
    if same := looked.same(turn.text):
        turn.say("message_ours", **_shown(turn, same))
    elif looked.foreign(turn.text) or sent.pasted(turn.text) or (kind and not of_kind):
        if looked.whole:
            turn.say("message_not_ours", kind=_name(turn, kind))
        else:
            turn.say("guide_check_message", known=True)
    elif of_kind:
        turn.say("message_ours", **_shown(turn, of_kind[0]))
    else:
        unasked = [one for one in looked.messages if _kind_of(one)]
        turn.say("message_which", items=[_shown(turn, one) for one in unasked[:SHOWN]])


def _shown(turn: Turn, one: Sent) -> dict[str, Any]:
    kind = _kind_of(one)
    text = one.text if len(one.text) <= LONGEST else f"{one.text[:LONGEST]}…"
    return {"at": one.at.isoformat(), "said": text, "code": kind == "code", "kind": _name(turn, kind)}


def _kind(text: str) -> str:
    """What kind of message somebody speaks of; the word that comes first counts. "" for none."""
    plain = text.casefold()
    found = {
        kind: min(plain.find(w) for w in of["said"] if w in plain) for kind, of in _kinds().items() if _has(plain, of)
    }
    return min(found, key=lambda kind: found[kind]) if found else ""


def _has(plain: str, of: Mapping[str, Any]) -> bool:
    return any(word in plain for word in of["said"])


def _is(one: Sent, kind: str) -> bool:
    return one.response.startswith(tuple(_kinds()[kind]["responses"]))


def _kind_of(one: Sent) -> str:
    return next((kind for kind in _kinds() if _is(one, kind)), "")


def _name(turn: Turn, kind: str) -> str:
    return str(_kinds()[kind]["name"][turn.who.language]) if kind else ""


def _kinds() -> Mapping[str, Any]:
    return wiring.terms().messages
