"""Wishes that are answered by a text of content/responses alone: what can be done, where, and with which papers.

Another one takes examples, a rule to `action_guide`, a line here and an entry `guide_<intent>`.
"""

from __future__ import annotations

from bot.actions.incidents import outage_told
from bot.actions.places import tell_nearest
from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn

COVERAGE = "consult_coverage"
"""Where a known outage is, nobody asks for a map."""
TOLD = frozenset({"report_spam"})
"""The text is the answer."""
ELSEWHERE = frozenset(
    {
        "close_account", "consult_coverage", "consult_promotions", "query_real_name",
    }
)  # fmt: skip
"""The text says why it is not done here, and where it is and with what."""
BY_SHOP = {"close_account": "close"}
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


class Guide(Skill):
    """One action for all of them; which one it is stands in the intent."""

    wish = "guide"

    def _intent(self, turn: Turn) -> str:
        return turn.intent

    async def answer(self, turn: Turn) -> list[Event]:
        place = str(turn.entities.get("place") or turn.words.get("region", ""))
        if turn.intent == COVERAGE and place and await outage_told(turn, COVERAGE, "signal"):
            return []
        turn.say(f"guide_{turn.intent}", place=place)
        if turn.intent in BY_SHOP and not turn.form:
            await tell_nearest(turn, BY_SHOP[turn.intent])
        turn.outcome(turn.intent, "answered" if turn.intent in TOLD else "refused")
        return []


class Faq(Skill):
    """A question whose answer nobody wrote gets the ways on."""

    wish = "faq"

    async def answer(self, turn: Turn) -> list[Event]:
        known = turn.topic in FAQ
        turn.say(f"faq_{turn.topic}" if known else "faq_other")
        turn.outcome(self.wish, "answered" if known else "refused")
        return []
