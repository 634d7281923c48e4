"""Buy and cancel data packs, and the services that a number can switch on and off by itself."""

from __future__ import annotations

import re
from abc import abstractmethod
from typing import Any, ClassVar

from bot.actions.abroad import otherwise_abroad
from bot.actions.disputed import DISPUTED, settle
from bot.actions.form import OVER
from bot.actions.from_to import SAID
from bot.actions.money_back import never_had
from bot.actions.one_by_one import ends, in_turn
from bot.actions.order_told import tell
from bot.actions.ordering import OrderForm, OrderStart
from bot.actions.own_only import LAST, number_said
from bot.actions.shown import recent_shown, recent_wish
from bot.actions.trade import Trade, chosen
from bot.actions.turn import Event, Turn
from crm.model import Offering
from crm.operations import cancel_data_pack, disputes, order_data_pack, reads
from crm.operations.catalogue import on_sale
from crm.operations.quotes import Quote
from crm.operations.results import CodeSent, Done, Pending, Refusal

_SEVERAL = re.compile(
    r"[来买办订要加开][两俩二三四五2-5](?:个|份|包)|\b(?:two|three|[23]) .{0,9}packs\b", re.IGNORECASE
)
_AT_HOME = re.compile(r"国内|國內|省内|本地|\bdomestic\b|\bat home\b", re.IGNORECASE)
_VOLUME = re.compile(r"\d+(?:gb|mb)")


async def _packs(turn: Turn) -> tuple[Offering, ...]:
    packs = sorted(await on_sale(turn.doors, "data_pack", turn.who.region), key=lambda pack: not common(pack))
    return (*packs, *await on_sale(turn.doors, "service", turn.who.region))


def common(offering: Offering) -> bool:
    """A pack that everybody can use for everything."""
    return not offering.requires and any(g.type == "data" and g.scope == "general" for g in offering.grants)


async def _held(turn: Turn) -> tuple[Offering, ...]:
    deadline = turn.doors.read_deadline()
    held = await cancel_data_pack.cancellable(turn.doors, turn.who)
    found = [await turn.doors.crm.offering(p.offering_id, deadline=deadline) for p in held]
    plan = await reads.plan(turn.doors, turn.who) if len(found) > 1 else None
    own = plan[1].provider if plan else None
    # What costs nothing is hardly what somebody wants to be rid of; what others charge is.
    return tuple(sorted(found, key=lambda o: (not o.monthly_fen, o.category != "service", o.provider == own)))


async def ends_by_itself(turn: Turn, wish: str) -> bool:
    """Whether a pack is named that is held and was bought once; then it was said that nothing has to be cancelled."""
    if turn.who.bound is None:
        return False
    held = [p for p in await reads.products(turn.doors, turn.who) if p.category == "data_pack" and p.status == "active"]
    ends = {p.offering_id for p in await cancel_data_pack.cancellable(turn.doors, turn.who)}
    deadline = turn.doors.read_deadline()
    once = [await turn.doors.crm.offering(p.offering_id, deadline=deadline) for p in held if p.offering_id not in ends]
    offering = turn.entities.get("offering")
    named = next((o for o in once if (o.id == offering if offering else _says(turn.text, o))), None)
    if named is None:
        return False
    turn.say("nothing_to_cancel_of_it", name=named.name.of(turn.who.language), held=True)
    turn.outcome(wish, "answered")
    return True


def _says(text: str, offering: Offering) -> bool:
    """Whether a text has its name in full, with or without the volume."""
    plain = "".join(text.casefold().split())
    names = ["".join(name.casefold().split()) for name in (offering.name.zh, offering.name.en)]
    return any(name in plain or _VOLUME.sub("", name) in plain for name in names)


FAMILY = "svc-family-net"
NEEDS = {"svc-sub-card": ("sub_card_needs", "sub_card_next"), FAMILY: ("family_needs", "family_next")}
"""What an order alone is no use of, with what is said before the yes and after it."""


def member_of(turn: Turn) -> str:
    """The last digits of the number that is to be added; a slot keeps no more."""
    return number_said(turn)[-LAST:]


BUY = Trade(_packs, order_data_pack.quote, common)
CANCEL = Trade(_held, cancel_data_pack.quote, unknown="not_held")


class OrderDataPack(OrderStart):
    wish = "order_data_pack"
    trade: ClassVar[Trade] = BUY

    def name(self) -> str:
        return "action_order_data_pack"

    async def answer(self, turn: Turn) -> list[Event]:
        if turn.text and "offering" in turn.entities and ends(turn, await _held(turn)):
            return await CancelService().answer(turn)
        if _SEVERAL.search(turn.text):
            turn.say("one_at_a_time")
        return await super().answer(turn)

    async def _chosen(self, turn: Turn) -> dict[str, Any] | None:
        shown, named = recent_shown(turn), any(key in turn.entities for key in SAID)
        # Who has just heard prices abroad and names nothing wants none for home.
        abroad = (recent_wish(turn) or {}).get("intent") == "consult_roaming" and not _AT_HOME.search(turn.text)
        if abroad and not named and shown and shown.kind == "pack":
            ids = [item["id"] for item in shown.items]
            return {"chosen": ids[0] if len(ids) == 1 else None, "among": ids if len(ids) > 1 else None}
        return await super()._chosen(turn)


class OrderDataPackForm(OrderForm):
    wish = "order_data_pack"
    trade: ClassVar[Trade] = BUY

    def name(self) -> str:
        return "validate_order_data_pack_form"

    async def read(self, turn: Turn, step: str) -> dict[str, Any] | None:
        if step == "agreed" and turn.slot("chosen") == FAMILY and (member := member_of(turn)):
            await self.leave(turn, "changed")
            return {"agreed": None, "first": {"member": member}}
        if found := await otherwise_abroad(turn, step):
            await self.leave(turn, "changed")
            return {"agreed": None, "chosen": found[0] if len(found) == 1 else None, "among": found}
        return await super().read(turn, step)

    async def _show(self, turn: Turn, quote: Quote) -> None:
        """What a yes does not bring by itself is said before it."""
        needs = NEEDS.get(quote.items[0].offering_id)
        news = not turn.slot("quote") or "first" in turn.filled or turn.filled.get("chosen")
        if needs and news and not turn.again:
            turn.say(needs[0], member=_member(turn))
        await super()._show(turn, quote)

    async def _told(self, turn: Turn, result: Done | Pending | CodeSent | Refusal) -> dict[str, Any]:
        filled = await super()._told(turn, result)
        if isinstance(result, Done) and (needs := NEEDS.get(result.quote.items[0].offering_id)):
            turn.say(needs[1], member=_member(turn))
        return filled


def _member(turn: Turn) -> str:
    first = turn.filled.get("first") or turn.slot("first") or {}
    return str(first.get("member") or "")


class CancelDataPack(OrderStart):
    wish = "cancel_data_pack"
    trade: ClassVar[Trade] = CANCEL

    def name(self) -> str:
        return "action_cancel_data_pack"

    async def _chosen(self, turn: Turn) -> dict[str, Any] | None:
        if await ends_by_itself(turn, self.wish):
            return None
        if turn.entities.get("option") == DISPUTED:
            filled = await super()._chosen(turn)
            return {**filled, "kind": DISPUTED} if filled else filled
        return in_turn(turn, await _held(turn)) or await super()._chosen(turn)


class CancelDataPackForm(OrderForm):
    """What was never ordered is given back and complained of once it is cancelled."""

    wish = "cancel_data_pack"
    trade: ClassVar[Trade] = CANCEL

    def name(self) -> str:
        return "validate_cancel_data_pack_form"

    async def read(self, turn: Turn, step: str) -> dict[str, Any] | None:
        never = turn.intent == "never_ordered" or never_had(turn.text)
        if never and step == "agreed" and turn.slot("kind") != DISPUTED:
            await self.leave(turn, "changed")
            return {"kind": DISPUTED}
        return await super().read(turn, step)

    async def _show(self, turn: Turn, quote: Quote) -> None:
        disputed = DISPUTED in (turn.filled.get("kind"), turn.slot("kind"))
        if not (disputed or turn.again) and (name := await _not_on_record(turn, quote.items[0].offering_id)):
            turn.say("not_on_record", name=name)
        await super()._show(turn, quote)

    async def _refused(self, turn: Turn, offering_id: str, refusal: Refusal) -> None:
        """What may not be left yet, and nobody ordered, is a person's to look at: one message says both."""
        name = await _not_on_record(turn, offering_id) if refusal.code == "lock_in" else ""
        if not name:
            return await super()._refused(turn, offering_id, refusal)
        turn.say("locked_not_on_record", name=name, **refusal.values)
        turn.outcome(self.wish, "refused")

    async def _told(self, turn: Turn, result: Done | Pending | CodeSent | Refusal) -> dict[str, Any]:
        disputed = turn.slot("kind") == DISPUTED
        if isinstance(result, Pending) and disputed:
            # What may still go on is not given back: it is settled once the order is known to be done.
            tell(turn, self.wish, result, then=DISPUTED)
            return OVER
        filled = await super()._told(turn, result)
        if isinstance(result, Done) and disputed:
            await settle(turn, result.quote)
        return filled


class _ServiceFirst(OrderStart):
    """What is ordered or cancelled is a service rather than a pack: with nothing named, only services are listed."""

    @abstractmethod
    def name(self) -> str: ...

    async def _chosen(self, turn: Turn) -> dict[str, Any] | None:
        filled = await chosen(turn, self.form, self.trade)
        if filled is None or filled["chosen"] or filled["among"]:
            return filled
        services = [o.id for o in await self.trade.offerings(turn) if o.category == "service"]
        return {"chosen": None, "among": services or None}


class OpenService(_ServiceFirst):
    wish = "open_service"
    operation = "order_data_pack"
    form = "order_data_pack"
    trade: ClassVar[Trade] = BUY

    def name(self) -> str:
        return "action_open_service"


class CancelService(_ServiceFirst):
    wish = "cancel_service"
    operation = "cancel_data_pack"
    form = "cancel_data_pack"
    trade: ClassVar[Trade] = CANCEL

    def name(self) -> str:
        return "action_cancel_service"

    async def _chosen(self, turn: Turn) -> dict[str, Any] | None:
        return in_turn(turn, await _held(turn)) or await super()._chosen(turn)


async def _not_on_record(turn: Turn, offering_id: str) -> str:
    """The name of what another provider charges without an order on record, which may be given back; else ""."""
    held = await cancel_data_pack.cancellable(turn.doors, turn.who)
    product = next((p for p in held if p.offering_id == offering_id and p.price_fen), None)
    plan = await reads.plan(turn.doors, turn.who) if product else None
    if product is None or plan is None:
        return ""
    offering = await turn.doors.crm.offering(offering_id, deadline=turn.doors.read_deadline())
    found = await disputes.records(turn.doors, turn.who, (product,))
    own = offering.provider == plan[1].provider or found[product.id]
    return "" if own else product.name.of(turn.who.language)
