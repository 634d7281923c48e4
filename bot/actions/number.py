"""The number itself: whose it is, its brand and home, and which others its account has."""

from __future__ import annotations

from bot.actions.by_words import MANAGER
from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn
from crm.operations import account, reads
from crm.places import city_name

LISTED = 5
"""So many are told of, by what is left on each; any other is asked for by its last digits."""
SHOWN = 2
"""So many of those that owe something are put to be paid."""


class QueryOwnNumber(Skill):
    """The name stays half hidden: who holds the phone need not be who is registered. `option` MANAGER: who looks after
    the customer."""

    wish = "query_own_number"

    async def answer(self, turn: Turn) -> list[Event]:
        person = await reads.subscriber(turn.doors, turn.who)
        if turn.entities.get("option") == MANAGER:
            turn.say("account_manager", manager=person.account_manager or "")
            turn.outcome(self.wish, "answered")
            return []
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
        numbers = await account.others(turn.doors, turn.who)
        found = await account.lines(turn.doors, numbers[:LISTED])
        items = [{"msisdn": line.msisdn, "last": line.msisdn[-4:], "left_fen": line.left_fen} for line in found]
        owing = [item for item, line in zip(items, found, strict=True) if (line.left_fen or 0) < 0]
        turn.say(
            "other_numbers",
            own=reads.number(turn.who),
            others=items,
            count=len(numbers),
            owing=owing[:SHOWN],
            by_sms=turn.who.channel == "sms",
        )
        turn.outcome(self.wish, "answered")
        return []
