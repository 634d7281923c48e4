"""What is left of data, calls and messages, by kind."""

from __future__ import annotations

from abc import abstractmethod
from calendar import monthrange
from collections.abc import Sequence
from typing import Any, ClassVar

from bot.actions.follow_ups import ENOUGH, asks_if_enough
from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn
from crm.errors import NotFound
from crm.model import EVERYWHERE, Allowance, AllowanceScope, AllowanceType
from crm.operations import reads
from crm.worktime import CHINA

ORDER: tuple[AllowanceScope, ...] = ("rolled_over", "directed", "local", "general", "shared")
"""What ends on the same day is used in this order, where it can be used."""


class _Left(Skill):
    """`response` gets `left` and `total` of what can be used everywhere, the rest apart, `items` of each kind, and
    `first`: what is used now, where several can be."""

    type: ClassVar[AllowanceType] = "data"
    response: ClassVar[str] = ""

    @abstractmethod
    def name(self) -> str: ...

    async def answer(self, turn: Turn) -> list[Event]:
        found = await reads.allowances(turn.doors, turn.who, self.type)
        found = tuple(sorted(found, key=lambda a: (a.valid_until, ORDER.index(a.scope))))
        everywhere = [a for a in found if a.scope in EVERYWHERE]
        now = [a for a in everywhere if a.left]
        turn.say(
            self.response,
            left=sum(a.left for a in everywhere),
            first=item(now[0], turn.who.language) if len(now) > 1 else None,
            total=sum(a.total for a in everywhere),
            directed=sum(a.left for a in found if a.scope == "directed"),
            local=sum(a.left for a in found if a.scope == "local"),
            pace=_pace(turn, everywhere) if turn.entities.get("option") == ENOUGH else None,
            items=[await _named(turn, a) for a in [a for a in found if a.left] or found],
        )
        turn.outcome(self.wish, "answered")
        return []


class QueryDataUsage(_Left):
    wish = "query_data_usage"
    type: ClassVar[AllowanceType] = "data"
    response = "data_left"

    def option(self, text: str) -> str:
        return ENOUGH if asks_if_enough(text) else ""

    def name(self) -> str:
        return "action_query_data_usage"


class QueryVoiceAllowance(_Left):
    wish = "query_voice_allowance"
    type: ClassVar[AllowanceType] = "voice"
    response = "voice_left"

    def name(self) -> str:
        return "action_query_voice_allowance"


class QuerySmsAllowance(_Left):
    wish = "query_sms_allowance"
    type: ClassVar[AllowanceType] = "sms"
    response = "sms_left"

    def name(self) -> str:
        return "action_query_sms_allowance"


def _pace(turn: Turn, found: Sequence[Allowance]) -> dict[str, Any]:
    """What the rest of the month takes if it goes on as until now, in KB."""
    today = turn.doors.now().astimezone(CHINA)
    days = monthrange(today.year, today.month)[1]
    need_kb = sum(a.total - a.left for a in found) * (days - today.day) // today.day
    return {"need_kb": need_kb, "days": days - today.day, "enough": need_kb <= sum(a.left for a in found)}


async def _named(turn: Turn, allowance: Allowance) -> dict[str, Any]:
    """What is for one use only is called by the pack that it came with: a plan's own says nothing more."""
    told = item(allowance, turn.who.language)
    if allowance.scope == "directed" and allowance.offering_id:
        try:
            offering = await turn.doors.crm.offering(allowance.offering_id, deadline=turn.doors.read_deadline())
        except NotFound:
            return told
        if offering.category == "data_pack":
            return {**told, "name": offering.name.of(turn.who.language)}
    return told


def item(allowance: Allowance, language: str) -> dict[str, Any]:
    """One allowance as the wording shows it."""
    return {
        "name": allowance.name.of(language),
        "scope": allowance.scope,
        "left": allowance.left,
        "total": allowance.total,
        "until": allowance.valid_until.isoformat(),
    }
