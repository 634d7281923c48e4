from __future__ import annotations

import pytest

from crm.errors import Unavailable
from crm.model import Ticket, TopUp
from crm.operations import recharge, tickets
from crm.operations.results import Refusal
from crm.payments import Checkout
from tests.unit.operations.conftest import Counter

CARD = "800000000000000001"


async def test_a_card_is_credited_once_however_often_the_message_comes(counter: Counter) -> None:
    ref = counter.type_code(CARD)
    first = await recharge.with_card(counter.doors, counter.who("m1"), ref)
    assert isinstance(first, TopUp) and first.amount_fen == 5000
    repeated = await recharge.with_card(counter.doors, counter.who("m1"), ref)
    assert isinstance(repeated, TopUp) and repeated.id == first.id
    again = await recharge.with_card(counter.doors, counter.who("m2"), counter.type_code(CARD))
    assert isinstance(again, Refusal) and again.code == "card_used_by_you"


async def test_a_lost_answer_credits_once(counter: Counter) -> None:
    before = (await counter.crm.balance("+8613800000000", deadline=counter.doors.read_deadline())).total_fen
    ref = counter.type_code(CARD)
    counter.crm.lose_answers = 1
    with pytest.raises(Unavailable):
        await recharge.with_card(counter.doors, counter.who("m1"), ref)
    result = await recharge.with_card(counter.doors, counter.who("m2"), ref)
    assert isinstance(result, TopUp)
    after = (await counter.crm.balance("+8613800000000", deadline=counter.doors.read_deadline())).total_fen
    assert after - before == 5000


async def test_wrong_cards_lock(counter: Counter) -> None:
    codes = []
    for number in range(6):
        ref = counter.type_code(f"80000000000000010{number}")
        result = await recharge.with_card(counter.doors, counter.who(f"m{number}"), ref)
        assert isinstance(result, Refusal)
        codes.append(result.code)
    assert codes[0] == "card_invalid"
    assert codes[-1] == "card_locked"


@pytest.mark.parametrize("amount_fen", [-100, 0, 99, 50001, 10**11])
async def test_a_page_takes_sensible_amounts_only(counter: Counter, amount_fen: int) -> None:
    result = await recharge.with_page(counter.doors, counter.who(), amount_fen)
    assert isinstance(result, Refusal) and result.code == "amount"


async def test_the_same_message_opens_one_page(counter: Counter) -> None:
    first = await recharge.with_page(counter.doors, counter.who(), 5000)
    again = await recharge.with_page(counter.doors, counter.who(), 5000)
    assert isinstance(first, Checkout) and first == again


async def test_a_ticket_is_opened_once_per_wish(counter: Counter) -> None:
    first = await tickets.create(counter.doors, counter.who("m3"), "fault", "没有信号", "m1")
    again = await tickets.create(counter.doors, counter.who("m4"), "fault", "没有信号", "m1")
    assert isinstance(first, Ticket) and first == again
    assert len(counter.crm.all_tickets) == 1
