"""What is known of a person, what they agreed to, and how it is taken back or deleted."""

from __future__ import annotations

import re
from typing import Any

from bot.actions.from_to import says
from bot.actions.refusals import refuse
from bot.actions.skill import Skill
from bot.actions.tickets import tell_ticket
from bot.actions.turn import Event, Turn
from crm.operations import privacy, reads, reminders
from crm.operations.identify import identify
from crm.operations.results import Refusal
from crm.places import city_name

TAKES_BACK = re.compile(r"撤回|撤销|撤銷|取消授权|\bwithdraw\b|\brevoke\b", re.IGNORECASE)
PERSONALISED = re.compile(r"个性化|個性化|个人推荐|\bpersonali[sz]ed\b|\bpersonal recommend", re.IGNORECASE)
COPY, WITHDRAW = "copy", "withdraw"
"""Variants of a wish about one's data."""
_COPIES = re.compile(r"副本|复印|導出|导出|下载|下載|拷贝|复制|複製|\b(?:copy|export|download)\b", re.IGNORECASE)
_DATA = re.compile(
    r"信息|資訊|资料|資料|数据|數據|[记記][录錄]|\b(?:data|information|records?|history|messages)\b", re.IGNORECASE
)
_BY_OTHERS = re.compile(r"被|谁|誰|有人|泄露|洩露|\b(?:who|somebody|someone|anyone)\b", re.IGNORECASE)
"""Whoever fears that others copied it asks for no copy."""


def asks_copy(text: str) -> bool:
    """ "把我的聊天记录导出来"."""
    return says(_COPIES, text) and bool(_DATA.search(text)) and not _BY_OTHERS.search(text)


class QueryMyData(Skill):
    """A summary where the number is known, or a ticket for a copy; who is not known hears what there is and how to see
    it.
    """

    wish = "query_my_data"

    def option(self, text: str) -> str:
        return COPY if asks_copy(text) else ""

    async def answer(self, turn: Turn) -> list[Event]:
        person = await identify(turn.doors, turn.who)
        if isinstance(person, Refusal):
            turn.say("guide_query_my_data")
        elif privacy.needs_guardian(turn.doors, person):
            turn.say("guardian_needed")
        elif turn.entities.get("option") == COPY:
            return await _copy(turn)
        else:
            held = await reads.plan(turn.doors, turn.who)
            turn.say(
                "my_data",
                msisdn=person.msisdn,
                holder=person.name[:1],
                city=city_name(person.city, turn.who.language),
                plan=held[1].name.of(turn.who.language) if held else "",
                version=reminders.VERSION,
                consents=_told(await privacy.consents(turn.doors, person)),
            )
        turn.outcome(self.wish, "answered")
        return []


class DeleteMyData(Skill):
    """A ticket that leads to the erasure; "withdraw my consent" and "export my records" delete nothing."""

    wish = "delete_my_data"
    operation = "complain"

    def option(self, text: str) -> str:
        return COPY if asks_copy(text) else WITHDRAW if says(TAKES_BACK, text) else ""

    async def answer(self, turn: Turn) -> list[Event]:
        person = await reads.subscriber(turn.doors, turn.who)
        if privacy.needs_guardian(turn.doors, person):
            turn.say("guardian_needed")
            turn.outcome(self.wish, "refused")
            return []
        option = turn.entities.get("option")
        if option == COPY:
            return await _copy(turn)
        if option == WITHDRAW:
            return await take_back(turn, self.wish, privacy.TAKEN_BACK, "consents_taken_back")
        ticket = await privacy.ask_erasure(turn.doors, turn.who)
        await tell_ticket(turn, self.wish, "complaint", ticket, "deletion_noted")
        return []


async def _copy(turn: Turn) -> list[Event]:
    await tell_ticket(turn, QueryMyData.wish, "complaint", await privacy.ask_copy(turn.doors, turn.who), "copy_noted")
    return []


async def take_back(turn: Turn, wish: str, topics: tuple[str, ...], response: str) -> list[Event]:
    """Says what holds from now on."""
    refusal = await privacy.take_back(turn.doors, turn.who, topics)
    if refusal:
        return await refuse(turn, wish, refusal)
    turn.say(response)
    turn.outcome(wish, "done")
    return []


def _told(said: Any) -> list[dict[str, str]]:
    known = (reminders.MARKETING, privacy.PERSONAL)
    return [
        {"topic": topic, "state": said[topic]["state"], "at": str(said[topic].get("at") or ""),
         "version": str(said[topic].get("version") or "")}
        for topic in known if topic in said
    ]  # fmt: skip
