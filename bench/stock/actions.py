"""The actions of the stock assistant: they ask the same reference CRM through the same client as the product's.

The last part of a sender's id is a number. BENCH_CRM_URL and BENCH_CRM_TOKEN say where the CRM is.
"""

from __future__ import annotations

import os
from contextlib import AsyncExitStack
from typing import Any

from rasa_sdk import Action, FormValidationAction

from crm.model import OrderItem
from crm.port import Crm, within
from crm.tmf import tmf_crm

DEADLINE_S = 5.0
_opened = AsyncExitStack()
_crm: list[Crm] = []


async def crm() -> Crm:
    """One client for the process, its connections kept open, as in the product."""
    if not _crm:
        client = tmf_crm(os.environ["BENCH_CRM_URL"], os.environ["BENCH_CRM_TOKEN"])
        _crm.append(await _opened.enter_async_context(client))
    return _crm[0]


def number_of(tracker: Any) -> str:
    return str(tracker.sender_id).rsplit(":", 1)[-1]


class QueryBalance(Action):
    def name(self) -> str:
        return "action_query_balance"

    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> list[dict[str, Any]]:
        balance = await (await crm()).balance(number_of(tracker), deadline=within(DEADLINE_S))
        dispatcher.utter_message(text=f"您的话费余额为{balance.kind_fen('general') / 100:.2f}元。")
        return []


class QueryDataUsage(Action):
    def name(self) -> str:
        return "action_query_data_usage"

    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> list[dict[str, Any]]:
        allowances = await (await crm()).allowances(number_of(tracker), deadline=within(DEADLINE_S))
        dispatcher.utter_message(text="\n".join(str(allowance) for allowance in allowances) or "没有剩余流量。")
        return []


async def _packs() -> Any:
    return await (await crm()).offerings(category="data_pack", deadline=within(DEADLINE_S))


class AskPack(Action):
    def name(self) -> str:
        return "action_ask_order_data_pack_form_pack"

    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> list[dict[str, Any]]:
        buttons = [
            {"title": offering.name.zh, "payload": str(number)} for number, offering in enumerate(await _packs(), 1)
        ]
        dispatcher.utter_message(text="请问您想办理哪个流量包？", buttons=buttons[:6])
        return []


class ValidateForm(FormValidationAction):
    def name(self) -> str:
        return "validate_order_data_pack_form"

    async def validate_pack(self, value: str, dispatcher: Any, tracker: Any, domain: Any) -> dict[str, Any]:
        """The pack of that number, if this subscriber may have it."""
        packs = await _packs()
        if not value.isdigit() or not 0 < int(value) <= len(packs):
            return {"pack": None}
        item = OrderItem("add", packs[int(value) - 1].id)
        await (await crm()).qualify(number_of(tracker), [item], deadline=within(DEADLINE_S))
        return {"pack": item.offering_id}


class OrderDataPack(Action):
    def name(self) -> str:
        return "action_order_data_pack"

    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> list[dict[str, Any]]:
        dispatcher.utter_message(text="好的，没有为您办理，也不会产生费用。")
        return [{"event": "slot", "name": "pack", "value": None}, {"event": "slot", "name": "agreed", "value": None}]
