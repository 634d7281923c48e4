"""Wishes that are answered by a text of content/responses: what can be done, where, and with which papers.

Another one takes examples, a rule to `action_guide`, a line here and an entry `guide_<intent>`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.actions import promotions
from bot.actions.by_words import DIED
from bot.actions.incidents import outage_told
from bot.actions.leaving import RENEWED
from bot.actions.places import tell_nearest
from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn
from crm.errors import Unavailable
from crm.operations import reads
from crm.operations.identify import identify
from crm.operations.results import Refusal

COVERAGE = "consult_coverage"
"""Where a known outage is, nobody asks for a map."""
TOLD = frozenset({"consult_promotions", "report_spam"})
"""The text is the answer."""
ELSEWHERE = frozenset(
    {
        "close_account", "consult_coverage", "query_real_name",
    }
)  # fmt: skip
"""The text says why it is not done here, and where it is and with what."""
TOLD_APART = {
    ("close_account", DIED): "guide_holder_died",
    ("query_real_name", RENEWED): "guide_papers_renewed",
}
"""What has a text of its own, by the intent and its option."""
BY_SHOP = {"close_account": "close", "guide_papers_renewed": "real_name"}
"""What a shop does at once, with the errand it has to be able to do."""
GUIDED = TOLD | ELSEWHERE
FAQ = frozenset(
    {
        "5g_need_card", "apn_settings", "app_download", "call_waiting", "card_activation", "charge_units",
        "credit_transfer", "data_after_limit", "data_expiry", "data_order", "data_switch", "dual_sim",
        "effective_time", "esim_what", "fixed_line_calls", "hotspot", "international_calls", "minors", "mms",
        "network_mode", "new_number", "number_change", "number_kept", "refund_rules", "sms_center", "throttling",
        "unlock_phone", "voicemail", "volte", "wifi_calling",
    }
)  # fmt: skip
"""Questions with an answer of their own, `faq_<topic>`."""


async def _registered(turn: Turn) -> dict[str, Any]:
    """In whose name the number is, half hidden, and whether the check of it was passed."""
    person = await identify(turn.doors, turn.who)
    if isinstance(person, Refusal):
        return {"known": False}
    return {"known": True, "holder": person.name[:1], "checked": person.suspended_for != "real_name"}


async def _own_plan(turn: Turn) -> dict[str, Any]:
    """Whether the plan has 5G is half of whether there is 5G somewhere."""
    known = not isinstance(await identify(turn.doors, turn.who), Refusal)
    held = await reads.plan(turn.doors, turn.who) if known else None
    return {"plan": held[1].name.of(turn.who.language), "generation": held[1].generation} if held else {"plan": ""}


_READ: Mapping[str, Callable[[Turn], Awaitable[dict[str, Any]]]] = {
    COVERAGE: _own_plan,
    "consult_promotions": promotions.found,
    "query_real_name": _registered,
}
"""What is read for the text, for whoever is known."""
UNREAD: Mapping[str, Mapping[str, Any]] = {COVERAGE: {"plan": ""}, "query_real_name": {"known": False}}
"""What is told while the CRM is away, of texts that say most without it."""


class Guide(Skill):
    """One action for all of them; which one it is stands in the intent."""

    wish = "guide"

    def _intent(self, turn: Turn) -> str:
        return turn.intent

    async def answer(self, turn: Turn) -> list[Event]:
        place = str(turn.entities.get("place") or turn.words.get("region", ""))
        if turn.intent == COVERAGE and place and await outage_told(turn, COVERAGE, "signal"):
            return []
        read = await _read(turn)
        told = TOLD_APART.get((turn.intent, str(turn.entities.get("option"))), f"guide_{turn.intent}")
        turn.say(told, place=place, **{"away": False, **read})
        if (turn.intent in BY_SHOP or told in BY_SHOP) and not turn.form:
            await tell_nearest(turn, BY_SHOP.get(turn.intent) or BY_SHOP[told])
        turn.outcome(turn.intent, "answered" if turn.intent in TOLD or read.get("known") else "refused")
        return []


async def _read(turn: Turn) -> dict[str, Any]:
    """Raises Unavailable where the text is nothing without it."""
    if turn.intent not in _READ:
        return {}
    try:
        return await _READ[turn.intent](turn)
    except Unavailable:
        if turn.intent not in UNREAD:
            raise
        return {**UNREAD[turn.intent], "away": True}


class Faq(Skill):
    """A question whose answer nobody wrote gets the ways on."""

    wish = "faq"

    async def answer(self, turn: Turn) -> list[Event]:
        known = turn.topic in FAQ
        turn.say(f"faq_{turn.topic}" if known else "faq_other")
        turn.outcome(self.wish, "answered" if known else "refused")
        return []
