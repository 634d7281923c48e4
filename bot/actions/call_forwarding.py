"""Call forwarding: the phone sets it by itself (3GPP 22.030), so the code for what was asked is told."""

from __future__ import annotations

import re

from bot.actions.from_to import says
from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn

_OPTIONS = {
    "off": re.compile(
        r"取消|关闭|關閉|关掉|(?<![机機])关了|怎么关|解除|##|\b(?:cancel|stop|end|disable|deactivate)\b"
        r"|\b(?:turn|switch) (?:[\w-]+ ){0,4}off\b|(?:n['’]t|\bnot|\bnever) (?:forward|divert)"
        r"|\bno (?:more )?(?:forwarding|diverting)\b",
        re.I,
    ),
    "state": re.compile(r"有没有|有沒有|是不是|查|状态|狀態|到哪|\b(?:check|status|whether)\b", re.I),
    "busy": re.compile(r"占线|佔線|遇忙|通话中|正忙|\bbusy\b", re.I),
    "no_answer": re.compile(r"无应答|無應答|没人接|沒人接|无人接|不接|\b(?:no answer|unanswered|not answer)", re.I),
    "away": re.compile(
        r"关机|關機|机关了|機關了|没信号|没电|不可及|不在服务区|\b(?:switched off|no signal|unreachable)\b", re.I
    ),
}
"""What is asked of it, by its words; the first that is said counts, else all calls are forwarded."""
SAID = {"off": "call_forwarding_off", "state": "call_forwarding_state"}
CODES = {"busy": "67", "no_answer": "61", "away": "62"}
ALL = "21"


class CallForwarding(Skill):
    wish = "call_forwarding"

    def option(self, text: str) -> str:
        return next((name for name, words in _OPTIONS.items() if says(words, text)), "")

    async def answer(self, turn: Turn) -> list[Event]:
        option = str(turn.entities.get("option") or "")
        if option in SAID:
            turn.say(SAID[option])
        else:
            turn.say("call_forwarding", when=option or "all", code=CODES.get(option, ALL))
        turn.outcome(self.wish, "answered")
        return []
