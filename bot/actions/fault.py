"""Report a fault: what does not work, where and since when; then a ticket with a deadline."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet

from bot.actions.form import Form
from bot.actions.skill import Skill, clear_form
from bot.actions.tickets import open_ticket
from bot.actions.turn import Event, Turn


class ReportFault(Skill):
    wish = "report_fault"
    ends_form = True

    async def answer(self, turn: Turn) -> list[Event]:
        first = SlotSet("first", {"id": turn.who.message_id, "text": turn.text})
        return [*clear_form(), first, FollowupAction("report_fault_form")]


class ReportFaultForm(Form):
    """`kind` by choice or in one's own words, `told` where and since when."""

    wish = "report_fault"
    slots = ("kind", "told")

    async def read(self, turn: Turn, step: str) -> dict[str, Any] | None:
        if step == "kind" and turn.entities.get("option"):
            return {"kind": str(turn.entities["option"])}
        if turn.intent in LEAVES or not turn.text.strip():
            return None
        return {step: turn.text} if len(turn.text.strip()) > 1 else None

    async def ask(self, turn: Turn, step: str, known: dict[str, Any]) -> list[Event] | None:
        turn.say("ask_fault_kind" if step == "kind" else "ask_fault_told")
        return []

    async def finish(self, turn: Turn, known: dict[str, Any]) -> list[Event]:
        first = known.get("first") or {}
        text = "；".join(part for part in (first.get("text"), known["kind"], known["told"]) if part)
        await open_ticket(turn, self.wish, "fault", text, str(first.get("id") or turn.who.message_id))
        return []


LEAVES = frozenset(
    {
        "transfer_to_agent", "request_callback", "help_menu", "query_balance", "query_data_usage", "query_bill",
        "query_voice_allowance", "query_my_plan", "query_subscribed_services", "query_orders", "query_ticket",
        "recharge", "order_data_pack", "cancel_data_pack", "change_plan", "consult_plans", "compare_plans", "login",
        "switch_language", "repeat", "bot_challenge", "several_questions", "abuse", "complain", "deny",
    }
)  # fmt: skip
"""Whoever says this while we ask for a description wants something else."""
