"""An offer to act: what, for whom, at what price, until when. Its id is the idempotency key of the order."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from crm.errors import NotFound, Refused
from crm.model import ItemAction, Offering, OrderItem, Qualification, Text
from crm.operations.context import Context
from crm.operations.doors import Doors

QUOTE_TTL_S = 600


@dataclass(frozen=True)
class Quote:
    """As it was shown. `price_fen` is the first cycle's; `monthly_fen` of it comes again each month."""

    id: str
    operation: str
    msisdn: str
    subscriber_id: str
    items: tuple[OrderItem, ...]
    name: Text
    provider: Text
    price_fen: int
    due_now_fen: int
    monthly_fen: int
    effective_at: datetime
    catalogue_version: str
    expires_at: datetime
    channel: str
    points: int = 0

    def to_body(self) -> dict[str, Any]:
        """Plain JSON for the store."""
        return {
            "operation": self.operation,
            "msisdn": self.msisdn,
            "subscriber_id": self.subscriber_id,
            "items": [{"action": i.action, "offering_id": i.offering_id} for i in self.items],
            "name": [self.name.zh, self.name.en],
            "provider": [self.provider.zh, self.provider.en],
            "price_fen": self.price_fen,
            "due_now_fen": self.due_now_fen,
            "monthly_fen": self.monthly_fen,
            "effective_at": self.effective_at.isoformat(),
            "catalogue_version": self.catalogue_version,
            "expires_at": self.expires_at.isoformat(),
            "channel": self.channel,
            "points": self.points,
        }

    @classmethod
    def from_body(cls, quote_id: str, body: Mapping[str, Any]) -> Quote:
        """The reverse of `to_body`; other keys of the store are ignored."""
        items = tuple(OrderItem(cast(ItemAction, i["action"]), i["offering_id"]) for i in body["items"])
        return cls(
            id=quote_id,
            operation=body["operation"],
            msisdn=body["msisdn"],
            subscriber_id=body["subscriber_id"],
            items=items,
            name=Text(*body["name"]),
            provider=Text(*body["provider"]),
            price_fen=body["price_fen"],
            due_now_fen=body["due_now_fen"],
            monthly_fen=body["monthly_fen"],
            effective_at=datetime.fromisoformat(body["effective_at"]),
            catalogue_version=body["catalogue_version"],
            expires_at=datetime.fromisoformat(body["expires_at"]),
            channel=body["channel"],
            points=body.get("points", 0),
        )


def quote_id(who: Context, operation: str, offering_id: str) -> str:
    """The same turn, run again, makes the same quote."""
    seed = "\n".join((who.conversation, who.message_id, operation, offering_id))
    return "q" + hashlib.sha256(seed.encode()).hexdigest()[:24]


def _refused(qualified: Qualification) -> Refused:
    if not qualified.reasons:
        return Refused("invalid", {"field": ""})
    return Refused(qualified.reasons[0].code, qualified.reasons[0].values)


async def issue(doors: Doors, who: Context, operation: str, offering: Offering, action: ItemAction) -> Quote:
    """Ask the CRM whether and at what price, and keep the offer; the caller let the person in (access.py).

    Raises Refused (its reason), NotFound, Unavailable.
    """
    if who.bound is None:
        raise Refused("not_bound")
    items = (OrderItem(action, offering.id),)
    qualified = await doors.crm.qualify(who.bound.msisdn, items, deadline=doors.read_deadline())
    if not qualified.ok:
        raise _refused(qualified)
    quote = Quote(
        id=quote_id(who, operation, offering.id),
        operation=operation,
        msisdn=who.bound.msisdn,
        subscriber_id=who.bound.subscriber_id,
        items=items,
        name=offering.name,
        provider=offering.provider,
        price_fen=qualified.price_fen,
        due_now_fen=qualified.due_now_fen,
        monthly_fen=qualified.monthly_fen,
        effective_at=qualified.effective_at,
        catalogue_version=qualified.catalogue_version,
        expires_at=doors.now() + timedelta(seconds=QUOTE_TTL_S),
        channel=who.channel,
        points=offering.points,
    )
    await doors.quotes.issue(who.conversation, quote.id, quote.to_body(), QUOTE_TTL_S)
    return quote


async def stored(doors: Doors, who: Context, id: str) -> tuple[Quote, str, str]:
    """The quote, its state and why it is void. Raises NotFound when it never was, or was another conversation's."""
    body = await doors.quotes.get(who.conversation, id)
    if body is None:
        raise NotFound("quote", id)
    return Quote.from_body(id, body), str(body.get("state", "")), str(body.get("reason", ""))
