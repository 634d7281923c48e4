"""What is not understood, or understood but not offered: gentle first, a menu next, a human at the third time."""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from bot.actions.human import hand_over, is_senior
from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn

LIKELY = 3
_NO_GUESS = frozenset({"nlu_fallback", "out_of_scope", "inform", "affirm", "deny", "correct", "chitchat", "abuse"})
ASKED_BACK = frozenset(
    {
        "query_balance", "query_data_usage", "query_voice_allowance", "query_bill", "query_my_plan",
        "query_subscribed_services", "query_orders", "query_ticket", "consult_plans", "compare_plans",
        "order_data_pack", "cancel_data_pack", "change_plan", "recharge", "report_fault", "complain",
    }
)  # fmt: skip
"""The wishes that `fallback_first` has a choice for."""
TOPICS = frozenset(
    {"points", "password", "broadband", "invoice", "stores", "family", "sim", "close_account", "security"}
)


class NluFallback(Skill):
    wish = "nlu_fallback"
    keeps = False
    resets = False

    async def answer(self, turn: Turn) -> list[Event]:
        return await not_understood(turn)


class OutOfScope(Skill):
    wish = "out_of_scope"
    keeps = False
    resets = False

    async def answer(self, turn: Turn) -> list[Event]:
        if not turn.topic:
            return await not_understood(turn)
        turn.say(f"not_offered_{turn.topic}" if turn.topic in TOPICS else "not_offered")
        turn.outcome(turn.topic, "refused")
        return []


async def not_understood(turn: Turn) -> list[Event]:
    """Counts in a row; seniors are not asked twice."""
    misses = int(turn.slot("misses") or 0) + 1
    likely = [name for name in turn.ranking if name not in _NO_GUESS][:LIKELY]
    likely = [name for name in likely if name in ASKED_BACK]
    turn.outcome("nlu_fallback", "not_understood")
    if misses == 1:
        turn.say("fallback_first", likely=likely)
    elif await is_senior(turn):
        await hand_over(turn, "not_understood")
        misses = 0
    elif misses == 2:
        turn.say("fallback_menu")
    else:
        turn.say("offer_human")
        misses = 0
    return [SlotSet("misses", misses)]
