"""A number is bound by the code that was sent to it, and by nothing that was typed."""

from __future__ import annotations

from dataclasses import replace

from crm.operations import identify, login, ordering
from crm.operations.context import Bound, Context
from crm.operations.order_data_pack import quote
from crm.operations.quotes import Quote
from crm.operations.results import CodeSent, Refusal
from tests.unit.operations.conftest import MSISDN, TALK, Counter

STRANGER = Context(TALK, "m1", "web")


def at(message: str) -> Context:
    return replace(STRANGER, message_id=message)


async def test_the_right_code_binds_the_number_it_was_sent_to(counter: Counter) -> None:
    assert await login.start(counter.doors, at("m1"), MSISDN) == CodeSent(MSISDN, 5)
    bound = await login.finish(counter.doors, at("m2"), MSISDN, counter.type_code(counter.sent_code()))
    assert isinstance(bound, Bound) and bound.msisdn == MSISDN
    assert counter.bindings.bound[TALK][:3] == (MSISDN, bound.subscriber_id, "code")
    assert counter.bindings.bound_in[TALK] == "m2"
    assert await login.bound_by(counter.doors, at("m2")) == bound
    assert await login.bound_by(counter.doors, at("m3")) is None


async def test_a_code_for_one_number_binds_no_other(counter: Counter) -> None:
    await login.start(counter.doors, at("m1"), "+8613800000003")
    ref = counter.type_code(counter.sent_code())
    result = await login.finish(counter.doors, at("m2"), MSISDN, ref)
    assert isinstance(result, Refusal)
    assert counter.bindings.bound == {}


async def test_a_number_that_ended_since_its_code_was_sent_is_not_bound(counter: Counter) -> None:
    await login.start(counter.doors, at("m1"), MSISDN)
    ref = counter.type_code(counter.sent_code())
    del counter.crm.subscribers[MSISDN]
    assert await login.finish(counter.doors, at("m2"), MSISDN, ref) == Refusal("unknown_number")
    assert counter.bindings.bound == {}


async def test_a_used_code_is_worth_nothing(counter: Counter) -> None:
    await login.start(counter.doors, at("m1"), MSISDN)
    code = counter.sent_code()
    await login.finish(counter.doors, at("m2"), MSISDN, counter.type_code(code))
    again = await login.finish(counter.doors, at("m3"), MSISDN, counter.type_code(code))
    assert again == Refusal("code_none")


async def test_a_repeated_message_sends_one_code(counter: Counter) -> None:
    await login.start(counter.doors, at("m1"), MSISDN)
    await login.start(counter.doors, at("m1"), MSISDN)
    assert len(counter.codes.sent) == 1


async def test_a_resend_waits_a_minute(counter: Counter) -> None:
    await login.start(counter.doors, at("m1"), MSISDN)
    assert await login.start(counter.doors, at("m2"), MSISDN) == Refusal("code_too_soon")
    counter.clock.pass_s(61)
    assert isinstance(await login.start(counter.doors, at("m3"), MSISDN), CodeSent)


async def test_the_code_of_a_transaction_may_follow_the_login_at_once(counter: Counter) -> None:
    await login.start(counter.doors, at("m1"), MSISDN)
    await login.finish(counter.doors, at("m2"), MSISDN, counter.type_code(counter.sent_code()))
    offer = await quote(counter.doors, counter.who("m3"), "pack-1g")
    assert isinstance(offer, Quote)
    await counter.show(offer.id)
    assert isinstance(await ordering.confirm(counter.doors, counter.who("m4"), offer.id), CodeSent)


async def test_more_than_five_codes_an_hour_are_too_many(counter: Counter) -> None:
    for number in range(5):
        assert isinstance(await login.start(counter.doors, at(f"m{number}"), MSISDN), CodeSent)
        counter.clock.pass_s(61)
    assert await login.start(counter.doors, at("m9"), MSISDN) == Refusal("code_too_many")


async def test_what_is_no_number_or_nobodys_gets_no_code(counter: Counter) -> None:
    for typed, code in {"10086": "bad_number", "+8613800": "bad_number", "+8619900000000": "unknown_number"}.items():
        assert await login.start(counter.doors, at(typed), typed) == Refusal(code)
    assert counter.codes.sent == []


async def test_who_is_not_bound_is_not_identified(counter: Counter) -> None:
    assert await identify.identify(counter.doors, STRANGER) == Refusal("not_bound")
