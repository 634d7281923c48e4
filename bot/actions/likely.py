"""What somebody may have meant whose words were not understood: by what they hold, what came before, how they read."""

from __future__ import annotations

from typing import Any

from bot.actions.registry import registered
from bot.actions.shown import recent_wish
from bot.actions.turn import Turn
from crm.errors import NotFound

MOST = 3
"""With the human as the fourth: more is a menu."""
STRONG, WEAK = 0.25, 0.05
"""A reading of more than STRONG says more than what came before; one of less than WEAK says nothing."""
CARRIED = ("month", "amount_fen", "volume_kb", "offering")
"""What was said goes with the choice, so that nobody has to say it again."""
NEIGHBOURS: dict[str, tuple[str, ...]] = {
    "query_balance": ("query_bill", "recharge", "dispute_charge"),
    "query_recharge_record": ("query_balance", "paid_but_cut_off", "recharge"),
    "query_suspension": ("recharge", "query_balance", "paid_but_cut_off"),
    "paid_but_cut_off": ("query_recharge_record", "query_balance", "complain"),
    "query_data_usage": ("order_data_pack", "query_my_plan", "report_slow_data"),
    "query_voice_allowance": ("query_my_plan", "consult_plans", "query_call_detail"),
    "query_sms_allowance": ("query_my_plan", "consult_plans"),
    "query_bill": ("dispute_charge", "invoice", "query_call_detail"),
    "query_call_detail": ("query_bill", "dispute_charge", "query_voice_allowance"),
    "dispute_charge": ("query_bill", "never_ordered", "complain"),
    "never_ordered": ("cancel_service", "complain", "query_third_party_services"),
    "query_third_party_services": ("cancel_service", "never_ordered", "complain"),
    "query_subscribed_services": ("cancel_service", "never_ordered", "query_my_plan"),
    "query_my_plan": ("change_plan", "query_pack_expiry", "query_data_usage"),
    "query_monthly_fee": ("change_plan", "query_bill", "query_my_plan"),
    "query_pack_expiry": ("query_my_plan", "change_plan", "query_subscribed_services"),
    "query_orders": ("query_subscribed_services", "query_data_usage", "complain"),
    "query_points": ("redeem_points", "consult_promotions"),
    "consult_plans": ("change_plan", "compare_plans", "recommend_plan"),
    "compare_plans": ("change_plan", "recommend_plan", "consult_plans"),
    "recommend_plan": ("change_plan", "compare_plans", "consult_plans"),
    "consult_roaming": ("roaming_on", "order_data_pack", "roaming_off"),
    "order_data_pack": ("query_data_usage", "query_orders", "cancel_data_pack"),
    "cancel_data_pack": ("query_subscribed_services", "never_ordered", "query_orders"),
    "change_plan": ("query_my_plan", "undo_plan_change", "query_orders"),
    "recharge": ("query_balance", "query_recharge_record", "recharge_by_card"),
    "report_fault": ("query_ticket", "consult_coverage", "complain"),
    "complain": ("query_ticket", "urge"),
}


async def likely(turn: Turn) -> list[dict[str, Any]]:
    """At most MOST wishes that can be offered, each with what goes with it. Raises Unavailable."""
    wish = recent_wish(turn)
    last = str(wish["intent"]) if wish else ""
    names = [
        *await _by_words(turn),
        *(name for name, sure in turn.ranking if sure >= STRONG),
        *NEIGHBOURS.get(last, ()),
        *(name for name, sure in turn.ranking if sure >= WEAK),
    ]
    carried = {name: turn.entities.get(name) for name in CARRIED}
    return [{"intent": name, **carried} for name in dict.fromkeys(names) if name in registered().offered][:MOST]


def close(turn: Turn) -> tuple[tuple[str, float], tuple[str, float]] | None:
    """The two likeliest readings when both can be offered and neither is far ahead."""
    told = [(name, sure) for name, sure in turn.ranking if name != "nlu_fallback"][:2]
    if len(told) < 2 or any(name not in registered().offered for name, _ in told):
        return None
    return (told[0], told[1]) if told[1][1] * 3 >= told[0][1] else None


async def _by_words(turn: Turn) -> list[str]:
    """Wishes that take the values which were said."""
    said, found = turn.entities, list[str]()
    if "offering" in said:
        found += await _of_offering(turn, str(said["offering"]))
    if "month" in said:
        found += ["query_bill"]
    if "volume_kb" in said:
        found += ["order_data_pack", "consult_plans"]
    if "amount_fen" in said:
        found += ["recharge", "consult_plans"]
    if "country" in said:
        found += ["consult_roaming"]
    if "order_number" in said:
        found += ["query_orders", "query_ticket"]
    if "service_name" in said:
        found += ["open_service", "cancel_service"]
    return found


async def _of_offering(turn: Turn, said: str) -> list[str]:
    try:
        offering = await turn.doors.crm.offering(said, deadline=turn.doors.read_deadline())
    except NotFound:
        return ["consult_plans"]
    return ["consult_plans", "change_plan" if offering.category == "plan" else "order_data_pack"]
