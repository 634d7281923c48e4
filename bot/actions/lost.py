"""A phone that is lost, from an Address that is not bound to it: proven in one message, stopped at once."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from bot.actions.form import OVER, Form
from bot.actions.human import hand_over
from bot.actions.turn import Event, Turn
from crm.errors import Unavailable
from crm.model import Proof
from crm.operations import lost_line
from crm.operations.results import Refusal

WISH = "report_lost_sim"
_SECRET = re.compile(r"⟦(password|code|id):([0-9a-f]{16}|\w+)⟧")
_TAIL = re.compile(r"(?<![0-9A-Za-z])(\d{3}[0-9Xx])(?![0-9A-Za-z.])")
_FEE = re.compile(r"(?<![0-9.])(\d{1,4})(?:\.(\d{1,2}))?(?![0-9])")
_AROUND_NAME = re.compile(
    r"我叫|我是|姓名|名字|机主|身份证|证件|护照|后四位|尾号|是|为|"
    r"\b(?:my name is|name|i am|id|ending)\b|[:：，,。;；、#]",
    re.IGNORECASE,
)
AGAIN = frozenset({"proof_wrong", "proof_short"})


class StopLostForm(Form):
    """`secret_number` is the lost one, `agreed` that it was stopped: whoever sends the proof wants just that."""

    wish = "stop_lost"
    slots = ("secret_number", "agreed")
    awaits: ClassVar[dict[str, str]] = {"secret_number": "number", "agreed": "code"}

    async def read(self, turn: Turn, step: str) -> dict[str, Any] | None:
        if turn.intent == "deny":
            turn.say("stopped")
            turn.outcome(WISH, "abandoned")
            return OVER
        if "msisdn" in turn.entities:
            return {"secret_number": str(turn.entities["msisdn"])}
        if step == "secret_number":
            return {} if turn.intent == WISH else None
        secrets, proof = proof_of(turn.text)
        if not secrets and proof is None:
            return None
        return await self._prove(turn, proof or Proof(), secrets)

    async def ask(self, turn: Turn, step: str, known: dict[str, Any]) -> list[Event] | None:
        if step == "secret_number":
            turn.say("lost_ask_number")
        else:
            turn.say("lost_ask_proof", msisdn=known["secret_number"])
        return []

    async def _prove(self, turn: Turn, proof: Proof, secrets: dict[str, str]) -> dict[str, Any]:
        msisdn, password = str(turn.slot("secret_number")), secrets.get("password") or secrets.get("code") or ""
        try:
            result = await lost_line.stop(turn.doors, turn.who, msisdn, proof, password, secrets.get("id", ""))
        except Unavailable:
            return await self._by_person(turn)
        if not isinstance(result, Refusal):
            turn.say("lost_line_stopped", msisdn=msisdn)
            turn.outcome(WISH, "done")
            return OVER
        if result.code not in AGAIN:
            return await self._by_person(turn)
        turn.say(f"refused_{result.code}")
        turn.asked = True
        return {}

    async def _by_person(self, turn: Turn) -> dict[str, Any]:
        turn.say("sim_is_lost")
        await hand_over(turn, "lost", WISH)
        return OVER


def proof_of(text: str) -> tuple[dict[str, str], Proof | None]:
    """References of secrets by their kind, and name, end of the ID number and fee where all three are said."""
    secrets: dict[str, str] = dict(_SECRET.findall(text))
    plain = _SECRET.sub("，", text)
    tail = _TAIL.search(plain)
    rest = plain[: tail.start()] + "，" + plain[tail.end() :] if tail else plain
    fees = list(_FEE.finditer(rest))
    name = " ".join(_AROUND_NAME.sub(" ", rest[: fees[-1].start()] if fees else "").split())
    if not (name and fees and (tail or "id" in secrets)):
        return secrets, None
    whole, part = fees[-1].groups()
    fen = int(whole) * 100 + int((part or "0").ljust(2, "0"))
    return secrets, Proof(name=_person(name), id_tail=tail[1] if tail else "", monthly_fen=fen)


def _person(words: str) -> str:
    """The name that stands among words: a Chinese one, or all there is."""
    han = re.findall(r"[一-鿿·]{2,}", words)
    return han[0] if han else words
