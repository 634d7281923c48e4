"""What the bot would do with lines out of the blue: which dialogs open, and whether anything is done unasked."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from tests.dialogues.talk import Talk, load, train
from tests.nlu.labels import label_map, transactions
from tests.nlu.measure import Judged

TRANSACTION_FORMS = frozenset(
    {
        "order_data_pack_form",
        "cancel_data_pack_form",
        "change_plan_form",
        "undo_plan_change_form",
        "recharge_form",
        "reset_password_form",
        "redeem_points_form",
        "suspend_number_form",
        "report_lost_sim_form",
        "stop_lost_form",
        "book_visit_form",
    }
)


@dataclass(frozen=True)
class Acted:
    """Counts of lines: played, that changed something in the CRM, that opened a transaction's form wrongly."""

    lines: int
    executed: tuple[str, ...]
    opened_wrongly: tuple[str, ...]


def play(judged: Iterable[Judged]) -> Acted:
    """Say each line, as it was understood, as the first one of a new conversation by SMS with a known number."""
    # Rasa's debug log would print every state of every turn.
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR), cache_logger_on_first_use=False
    )
    return asyncio.run(_play(list(judged)))


async def _play(judged: list[Judged]) -> Acted:
    wanted = {label for name in transactions() for label in label_map()[name]}
    executed, opened = [], []
    with tempfile.TemporaryDirectory() as folder:
        agent = load(train(Path(folder)))
        for one in judged:
            talk = Talk(agent, channel="sms")
            before = _state(talk)
            await _say(talk, one)
            if _state(talk) != before:
                executed.append(f"{one.line.text} -> {one.name}")
            form = (await agent.tracker_store.get_or_create_tracker(talk.conversation)).active_loop_name
            if form in TRANSACTION_FORMS and not wanted & {one.line.label, one.line.alt}:
                opened.append(f"{one.line.text} -> {form}")
    return Acted(len(judged), tuple(executed), tuple(opened))


async def _say(talk: Talk, one: Judged) -> None:
    parsed = one.parsed
    entities = {entity["entity"]: entity["value"] for entity in reversed(parsed["entities"])}
    more = {"parts": parsed["parts"]} if parsed.get("parts") else {}
    ranking = [entry["name"] for entry in parsed["intent_ranking"][1:]]
    await talk.say(
        one.name, one.line.spoken, topic=parsed["intent"].get("topic", ""), ranking=ranking, **more, **entities
    )


def _state(talk: Talk) -> Any:
    """What a transaction changes: orders, what is held, money. A payment that waits for its payer moved none yet."""
    crm = talk.crm
    paid = {id: payment for id, payment in crm.all_payments.items() if payment.state != "pending"}
    return [dict(crm.all_orders), dict(crm.all_invoices), paid] + [
        {number: list(held) for number, held in part.items()} for part in (crm.held, crm.buckets)
    ]
