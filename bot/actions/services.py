"""Services that have a wish of their own: roaming on and off, family circle, sub-card."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from bot.actions.ordering import OrderStart
from bot.actions.packs import BUY, CANCEL, FAMILY, ends_by_itself, member_of
from bot.actions.trade import Trade, chosen
from bot.actions.turn import Event, Turn
from crm.operations import reads


class _One(OrderStart):
    """`service` is its id in the catalogue; a pack or another service that was named goes before it."""

    service: ClassVar[str] = ""

    @abstractmethod
    def name(self) -> str: ...

    async def _chosen(self, turn: Turn) -> dict[str, Any] | None:
        filled = await chosen(turn, self.form, self.trade)
        if filled is None or filled["chosen"]:
            return filled
        known = self.service in {o.id for o in await self.trade.offerings(turn)}
        return {"chosen": self.service, "among": None} if known else filled


class RoamingOn(_One):
    wish = "roaming_on"
    operation = "order_data_pack"
    form = "order_data_pack"
    service = "svc-roaming"
    trade: ClassVar[Trade] = BUY

    def name(self) -> str:
        return "action_roaming_on"


class RoamingOff(_One):
    """Who does not hold it has nothing to switch off; what else they hold is not offered for it."""

    wish = "roaming_off"
    operation = "cancel_data_pack"
    form = "cancel_data_pack"
    service = "svc-roaming"
    trade: ClassVar[Trade] = CANCEL

    def name(self) -> str:
        return "action_roaming_off"

    async def _chosen(self, turn: Turn) -> dict[str, Any] | None:
        if turn.entities.get("offering", self.service) == self.service and not await _holds(turn, self.service):
            turn.say("roaming_is_off")
            turn.outcome(self.wish, "answered")
            return None
        return None if await ends_by_itself(turn, self.wish) else await super()._chosen(turn)


class _Shared(_One):
    """Held already: its members are a person's to change."""

    operation = "order_data_pack"
    form = "order_data_pack"
    trade: ClassVar[Trade] = BUY

    @abstractmethod
    def name(self) -> str: ...

    async def _chosen(self, turn: Turn) -> dict[str, Any] | None:
        if await _holds(turn, self.service):
            turn.say("members", offering=self.service, name=await reads.name(turn.doors, turn.who, self.service))
            turn.outcome(self.wish, "answered")
            return None
        return await super()._chosen(turn)


class FamilyNumber(_Shared):
    wish = "family_number"
    service = FAMILY

    def name(self) -> str:
        return "action_family_number"

    async def answer(self, turn: Turn) -> list[Event]:
        member = member_of(turn)
        # The number that is named is to be added, and nothing is done to it.
        for name in ("msisdn", "last_digits"):
            turn.entities.pop(name, None)
        turn.filled = {"first": {"member": member}} if member else {}
        return await super().answer(turn)

    async def _chosen(self, turn: Turn) -> dict[str, Any] | None:
        filled = await super()._chosen(turn)
        return {**filled, **turn.filled} if filled else filled


class SubCard(_Shared):
    wish = "sub_card"
    service = "svc-sub-card"

    def name(self) -> str:
        return "action_sub_card"


async def _holds(turn: Turn, offering_id: str) -> bool:
    products = await reads.products(turn.doors, turn.who)
    return any(p.offering_id == offering_id and p.status == "active" for p in products)
