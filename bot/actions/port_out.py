"""Taking the number to another carrier: what stands against it, and the code, with nothing done to keep anybody."""

from __future__ import annotations

from bot.actions.proofs import LEAVES
from bot.actions.refusals import refuse
from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn
from crm.operations import port_out
from crm.operations.identify import identify
from crm.operations.results import Refusal


class PortOut(Skill):
    """Whoever is known gets every reason against it; anybody gets the way. `CXXZ#name#ID` asks, `SQXZ#name#ID` gets
    the code by SMS. `option` is such a line that was read under another wish.
    """

    wish = "port_out"

    async def answer(self, turn: Turn) -> list[Event]:
        asked = LEAVES.match(str(turn.entities.get("option") or turn.text))
        word, ref = (asked[1].upper(), asked[2] or "") if asked else ("", "")
        if isinstance(await identify(turn.doors, turn.who), Refusal):
            turn.say("guide_port_out")
        elif word and ref and (refusal := await port_out.prove(turn.doors, turn.who, ref)):
            return await self._refused(turn, refusal)
        elif reasons := await port_out.blocking(turn.doors, turn.who):
            turn.say("port_out_blocked", items=[{"code": r.code, **r.values} for r in reasons])
        elif word == "SQXZ" and ref:
            return await self._send(turn, ref)
        else:
            turn.say("refused_holder_short" if word == "SQXZ" else "port_out_clear")
        turn.outcome(self.wish, "answered")
        return []

    async def _send(self, turn: Turn, ref: str) -> list[Event]:
        result = await port_out.send_code(turn.doors, turn.who, ref)
        if isinstance(result, Refusal):
            return await self._refused(turn, result)
        turn.say("port_out_code_sent", minutes=result.minutes)
        turn.outcome(self.wish, "done")
        return []

    async def _refused(self, turn: Turn, refusal: Refusal) -> list[Event]:
        if refusal.code == "proof_locked":
            turn.say("papers_locked", until=str(refusal.values.get("locked_until") or ""))
            turn.outcome(self.wish, "refused")
            return []
        return await refuse(turn, self.wish, refusal)
