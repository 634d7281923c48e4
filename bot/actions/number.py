"""The number itself: whose it is, its brand and home, and which others its account has."""

from __future__ import annotations

from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn
from crm.operations import reads
from crm.places import city_name


class QueryOwnNumber(Skill):
    """The name stays half hidden: who holds the phone need not be who is registered."""

    wish = "query_own_number"

    async def answer(self, turn: Turn) -> list[Event]:
        person = await reads.subscriber(turn.doors, turn.who)
        held = await reads.plan(turn.doors, turn.who)
        turn.say(
            "own_number",
            msisdn=person.msisdn,
            name=held[1].name.of(turn.who.language) if held else "",
            city=city_name(person.city, turn.who.language),
            brand=person.brand,
            holder=person.name[:1],
        )
        turn.outcome(self.wish, "answered")
        return []


class QueryOtherNumber(Skill):
    """Only an account holder sees more than one; what is on another number is told to who is logged in with it."""

    wish = "query_other_number"

    async def answer(self, turn: Turn) -> list[Event]:
        own = reads.number(turn.who)
        deadline = turn.doors.read_deadline()
        others = [n for n in await turn.doors.crm.numbers_of_account(own, deadline=deadline) if n != own]
        turn.say("other_numbers", own=own, others=others, by_sms=turn.who.channel == "sms")
        turn.outcome(self.wish, "answered")
        return []
