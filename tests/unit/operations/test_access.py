"""Every operation, for everybody, on every channel, as the table in access.yml has it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from crm.operations import (
    call_detail,
    cancel_data_pack,
    change_plan,
    disputes,
    hold,
    invoice,
    leads,
    order_data_pack,
    ordering,
    payments_made,
    port_out,
    read_puk,
    recharge,
    redeem_points,
    reset_password,
    tickets,
    undo_plan_change,
)
from crm.operations.access import admit
from crm.operations.context import Context
from crm.operations.levels import LEVELS, level, step_up
from crm.operations.quotes import Quote
from crm.operations.results import Refusal
from tests.unit.operations.conftest import MSISDN, TALK, Counter

CHANNELS = ("sms", "wechat", "wecom", "web", "desk")
TABLE: dict[str, list[Any]] = YAML(typ="safe", pure=True).load(
    (Path(__file__).parent / "access.yml").read_text(encoding="utf-8")
)
Write = Callable[[Counter, Context], Awaitable[object]]
WRITES: dict[str, Write] = {
    "order_data_pack": lambda at, who: order_data_pack.quote(at.doors, who, "pack-5g"),
    "cancel_data_pack": lambda at, who: cancel_data_pack.quote(at.doors, who, "pack-music"),
    "change_plan": lambda at, who: change_plan.quote(at.doors, who, "plan-4g-18"),
    "undo_plan_change": lambda at, who: undo_plan_change.quote(at.doors, who, "plan-4g-18"),
    "redeem_points": lambda at, who: redeem_points.quote(at.doors, who, "reward-data-2g"),
    "suspend_number": lambda at, who: hold.quote_suspend(at.doors, who, hold.WISH_HOLD),
    "report_lost_sim": lambda at, who: hold.quote_lost(at.doors, who, hold.LOST_HOLD),
    "query_call_detail": lambda at, who: call_detail.start(at.doors, who, "2026-11"),
    "invoice": lambda at, who: invoice.issue(at.doors, who, "2026-10", "李明", "", "li@example.com", "m1"),
    "recharge_card": lambda at, who: recharge.with_card(at.doors, who, "0" * 16),
    "recharge_page": lambda at, who: recharge.with_page(at.doors, who, 5000),
    "report_fault": lambda at, who: tickets.create(at.doors, who, "fault", "没有信号", "m1"),
    "complain": lambda at, who: tickets.create(at.doors, who, "complaint", "多扣费", "m1"),
    "request_callback": lambda at, who: tickets.create(at.doors, who, "callback", "", "m1"),
    "read_puk": lambda at, who: read_puk.read(at.doors, who, at.type_code("130000"), at.type_code("0" * 18)),
    "reset_password": lambda at, who: reset_password.send_code(at.doors, who, at.type_code("0" * 18)),
    "port_out_code": lambda at, who: port_out.send_code(at.doors, who, at.type_code("李明#" + "0" * 18)),
    "leave_lead": lambda at, who: leads.leave(at.doors, who, "broadband", "300M", "杭州", "明天上午", "m1"),
    "give_back": lambda at, who: disputes.settle(at.doors, who, "pack-music", "没有办过", "m1"),
}


def nobody(at: Counter, channel: str) -> Context:
    return Context(TALK, "m1", channel)


def bound(at: Counter, channel: str) -> Context:
    return at.who("m1", channel)


def former(at: Counter, channel: str) -> Context:
    """Bound before the number got another subscriber."""
    who = at.who("m1", channel)
    at.crm.subscribers[MSISDN] = replace(at.crm.subscribers[MSISDN], id="S-somebody-else")
    return who


def gone(at: Counter, channel: str) -> Context:
    """Bound to a number that nobody has any more."""
    who = at.who("m1", channel)
    del at.crm.subscribers[MSISDN]
    return who


PEOPLE = {"nobody": nobody, "bound": bound, "former": former, "gone": gone}
REFUSED = {"nobody": "not_bound", "former": "other_subscriber", "gone": "other_subscriber"}


def expected(operation: str, who: str) -> str:
    """ "" for who is let in, else the code of the refusal."""
    needed, *proofs = TABLE[operation]
    if "person" in proofs:
        return "human_only"
    return "" if needed == 0 or "facts" in proofs else REFUSED.get(who, "")


def test_the_table_names_every_operation_with_its_level() -> None:
    assert {operation: row[0] for operation, row in TABLE.items()} == dict(LEVELS)


@pytest.mark.parametrize("channel", CHANNELS)
def test_what_follows_the_yes_is_as_the_table_says(channel: str) -> None:
    column = 1 + CHANNELS.index(channel)
    assert {o: step_up(o, channel) for o in LEVELS} == {o: row[column] for o, row in TABLE.items()}


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("person", PEOPLE)
async def test_each_operation_lets_in_whom_the_table_says(counter: Counter, person: str, channel: str) -> None:
    who, seen = PEOPLE[person](counter, channel), {}
    for operation in TABLE:
        result = await admit(counter.doors, who, operation)
        seen[operation] = result.code if isinstance(result, Refusal) else ""
    assert seen == {operation: expected(operation, person) for operation in TABLE}


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("person", ["nobody", "former", "gone"])
async def test_nothing_is_begun_for_who_may_not(counter: Counter, person: str, channel: str) -> None:
    who, orders = PEOPLE[person](counter, channel), dict(counter.crm.all_orders)
    for operation, write in WRITES.items():
        assert await write(counter, who) == Refusal(expected(operation, person)), operation
    assert await payments_made.restore(counter.doors, who) is False
    assert (counter.crm.all_orders, counter.crm.all_tickets, counter.codes.sent) == (orders, {}, [])


@pytest.mark.parametrize("channel", CHANNELS)
async def test_no_level_is_left_out_between_the_offer_and_the_order(counter: Counter, channel: str) -> None:
    """An order is placed by the yes alone only where the table asks for no more."""
    who = counter.who("m1", channel)
    for operation in ("order_data_pack", "suspend_number", "report_lost_sim"):
        quote = await WRITES[operation](counter, replace(who, message_id=operation))
        assert isinstance(quote, Quote)
        await counter.show(quote.id)
        before = len(counter.orders())
        await ordering.confirm(counter.doors, replace(who, message_id=f"yes-{operation}"), quote.id)
        alone = TABLE[operation][1 + CHANNELS.index(channel)] in ("none", "reply")
        assert len(counter.orders()) - before == int(alone), operation
        counter.clock.pass_s(61)
        if operation == "suspend_number" and alone:
            counter.crm._restore(MSISDN)


def test_an_operation_that_nobody_weighed_is_an_error() -> None:
    with pytest.raises(KeyError):
        level("give_everything_away")
