"""A number that changes its subscriber ends everything of the one before, at every Address that is bound to it."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

from crm.operations.context import Bound, Context
from crm.operations.doors import Doors
from crm.operations.identify import identify
from crm.operations.results import Refusal
from switchboard.model import Address, Binding, Choice, Reply, TimerRequest, TurnContext, TurnResult
from tests.contracts.switchboard.stack import Stack

NUMBER, OTHER = "+8613800000000", "+8613800000003"
PAGE, WECHAT, PHONE = Address("web", "li"), Address("web", "li-too"), Address("sms", NUMBER)


def busy(stack: Stack) -> None:
    """The bot shows a list, keeps something of the talk and wants to look again later."""

    def think(item: Any, conversation: Any, turn: Any) -> TurnResult:
        reply = Reply("请选择", choices=(Choice("查话费", 1, "t1", "query_balance"),))
        context = TurnContext(slots={"wish": "query_balance"})
        return TurnResult(replies=(reply,), context=context, timers=(TimerRequest("look", 3600, {"quote": "q1"}),))

    stack.bot.think = think


async def bound(stack: Stack, address: Address, subscriber: str, number: str = NUMBER) -> str:
    conversation = stack.conversation(address)
    binding = Binding(number, subscriber, stack.clock(), "code")
    await stack.stores.conversations.bind(conversation, binding, "zj", address)
    return conversation


async def kept(stack: Stack, conversation: str) -> dict[str, Any]:
    """What there is of somebody: "" and empty where there is nothing."""
    stores = stack.stores
    hash_ = await stores.redis.hgetall(stores.keys.conversation(conversation))
    timers = await stores.redis.zrange(f"{stores.keys.tag(conversation)}:timers", 0, -1)
    return {
        "binding": hash_.get(b"binding", b"").decode(),
        "choices": hash_.get(b"choices", b"").decode(),
        "context": hash_.get(b"context", b"").decode(),
        "consent": hash_.get(b"marketing", b"").decode(),
        "quote": ((await stores.quotes.get(conversation, f"q-{conversation}")) or {}).get("state"),
        "tracker": (await stores.trackers.load(conversation))[2],
        "page": await stores.redis.exists(stores.keys.of(conversation, "web", conversation)),
        "timers": [name for name in timers if name.startswith(conversation.encode())],
        "code": await stores.redis.exists(stores.keys.of(conversation, "stepup", conversation, "order")),
    }


NOTHING = {
    "binding": "", "choices": "", "context": "", "consent": "", "quote": "void", "tracker": 0, "page": 0,
    "timers": [], "code": 0,
}  # fmt: skip


async def lives_here(stack: Stack, address: Address) -> str:
    """Everything that a conversation can keep of a person."""
    conversation, stores = await bound(stack, address, "s1"), stack.stores
    await stack.say(address, "在吗，查话费")
    await stack.at_rest()
    await stores.outbox.put(stack.web.sent[-1] if stack.web.sent else stack.sms.sent[-1])
    await stores.conversations.allow_marketing(conversation, True)
    body = {"operation": "order", "msisdn": NUMBER, "subscriber_id": "s1"}
    await stores.quotes.issue(conversation, f"q-{conversation}", body, 600)
    await stores.stepups.issue(conversation, "order", NUMBER, "123456", {}, 120)
    stack.clock.forward(seconds=61)
    return conversation


async def test_another_subscriber_of_the_number_ends_everything_everywhere(stack: Stack) -> None:
    stack.directory.known[NUMBER] = ("s1", "zj")
    busy(stack)
    stack.worker()
    here, there = await lives_here(stack, PAGE), await lives_here(stack, WECHAT)
    generations = [(await stack.stores.conversations.get(name)).generation for name in (here, there)]  # type: ignore[union-attr]
    before = await kept(stack, there)
    assert all(
        before[name] for name in ("binding", "choices", "context", "consent", "tracker", "page", "timers", "code")
    )
    bystander = await bound(stack, Address("web", "wang"), "s3", OTHER)
    doors = _doors(stack, now="s2")
    assert await identify(doors, Context(here, "m1", "web", bound=Bound(NUMBER, "s1"))) == Refusal("other_subscriber")
    assert (await kept(stack, here), await kept(stack, there)) == (NOTHING, NOTHING)
    ended = [(await stack.stores.conversations.get(name)).generation for name in (here, there)]  # type: ignore[union-attr]
    assert ended == [generation + 1 for generation in generations]
    assert (await stack.stores.conversations.get(bystander)).binding is not None  # type: ignore[union-attr]


async def test_the_new_subscriber_at_the_phone_ends_what_the_old_one_has_elsewhere(stack: Stack) -> None:
    stack.directory.known[NUMBER] = ("s1", "zj")
    busy(stack)
    stack.worker()
    page = await lives_here(stack, PAGE)
    stack.directory.known[NUMBER] = ("s2", "gd")
    await stack.say(PHONE, "查话费")
    await stack.at_rest()
    assert await kept(stack, page) == NOTHING
    (phone,) = await stack.stores.conversations.bound_to(NUMBER)
    assert (phone.address, phone.binding and phone.binding.subscriber_id) == (PHONE, "s2")


async def test_a_number_knows_its_addresses_until_each_is_bound_to_another(stack: Stack) -> None:
    page, other = await bound(stack, PAGE, "s1"), await bound(stack, WECHAT, "s1")
    known = stack.stores.conversations.bound_to
    assert sorted(one.id for one in await known(NUMBER)) == sorted((page, other))
    await bound(stack, PAGE, "s3", OTHER)
    assert ([one.id for one in await known(NUMBER)], [one.id for one in await known(OTHER)]) == ([other], [page])
    await stack.stores.conversations.unbind(other, "logged_out")
    assert await known(NUMBER) == []


def _doors(stack: Stack, now: str) -> Doors:
    """The CRM names `now` for the number; only what identify needs."""

    async def subscriber_of(msisdn: str, *, deadline: float) -> Any:
        return SimpleNamespace(id=now, msisdn=msisdn)

    crm: Any = SimpleNamespace(subscriber_of=subscriber_of)
    none = cast(Any, None)
    return Doors(crm, none, none, none, none, stack.stores.bindings, none, none, stack.clock)


async def test_a_lock_holds_for_the_number_until_its_end_and_a_shorter_one_changes_nothing(stack: Stack) -> None:
    locks, now = stack.stores.locks, stack.clock()
    await locks.lock(NUMBER, now + timedelta(hours=24))
    await locks.lock(NUMBER, now + timedelta(hours=1))
    assert await locks.until(OTHER) is None
    stack.clock.forward(hours=23)
    assert await locks.until(NUMBER) is not None
    stack.clock.forward(hours=1, seconds=1)
    assert await locks.until(NUMBER) is None
