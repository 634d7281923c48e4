"""The Conversations port, and the same bindings as crm/operations asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast

from switchboard import masking
from switchboard.codec import from_dict
from switchboard.errors import BadRecord
from switchboard.model import Address, Binding, Conversation
from switchboard.ports import Bound, Clock
from switchboard.redis.connection import reaching
from switchboard.redis.keys import Keys
from switchboard.redis.numbers import Numbers
from switchboard.redis.reach import RedisReach
from switchboard.redis.records import LogRecord, Standing, dumps, load_standing, loads, log_args
from switchboard.redis.scripting import Scripts


class RedisConversations:
    def __init__(self, scripts: Scripts, keys: Keys, numbers: Numbers, clock: Clock) -> None:
        self._scripts, self._redis, self._keys, self._clock = scripts, scripts.redis, keys, clock
        self._numbers = numbers

    async def get(self, conversation: str) -> Conversation | None:
        standing = await self.standing(conversation)
        return standing.conversation if standing else None

    async def standing(self, conversation: str) -> Standing | None:
        """The conversation with when its person wrote last. None: nobody knows where they are."""
        with reaching():
            stored = await self._redis.hgetall(self._keys.conversation(conversation))
        return load_standing(conversation, stored, None)

    async def bound(self, conversation: str) -> Bound | None:
        """See ports.Conversations."""
        with reaching():
            address, generation, binding, bound_in = await self._redis.hmget(
                self._keys.conversation(conversation), "address", "generation", "binding", "bound_in"
            )
        if not address:
            return None
        known = from_dict(Binding, loads(binding)) if binding else None
        return Bound(int(generation or 0), known, (bound_in or b"").decode())

    async def bind(
        self, conversation: str, binding: Binding, region: str, address: Address | None = None, bound_in: str = ""
    ) -> Conversation:
        """See ports.Conversations. `address` is for the first message; `bound_in` as in Bound. Raises BadRecord when
        there is no address yet."""
        record = {
            "state": "bound",
            "number": masking.msisdn(binding.msisdn),
            "subscriber_id": binding.subscriber_id,
            "proof": binding.proof,
            "region": region,
        }
        await self._numbers.add(binding.msisdn, conversation)
        before = await self.get(conversation)
        known = (dumps(address) if address else "", bound_in)
        await self._change(conversation, binding.subscriber_id, dumps(binding), region, "rebound", record, known)
        if before and before.binding and before.binding.msisdn != binding.msisdn:
            await self._numbers.remove(before.binding.msisdn, conversation)
        await self.end_number(binding.msisdn, binding.subscriber_id, "other_subscriber")
        bound = await self.get(conversation)
        if bound is None:
            raise BadRecord(f"conversation {conversation} has no address yet")
        return bound

    async def unbind(self, conversation: str, reason: str, bound_in: str = "") -> None:
        """See ports.Conversations; `bound_in` as in Bound."""
        before = await self.get(conversation)
        record = {"state": "unbound", "reason": reason}
        await self._change(conversation, "", "", "", reason, record, ("", bound_in))
        if before and before.binding:
            await self._numbers.remove(before.binding.msisdn, conversation)

    async def bound_to(self, msisdn: str) -> list[Conversation]:
        """Every conversation whose Address is bound to this number now."""
        known = [await self.get(name) for name in await self._numbers.conversations(msisdn)]
        return [one for one in known if one and one.binding and one.binding.msisdn == msisdn]

    async def end_number(self, msisdn: str, subscriber: str, reason: str) -> None:
        """The number is this subscriber's now ("": nobody's): what anybody else had through it ends everywhere."""
        for one in await self.bound_to(msisdn):
            if one.binding and one.binding.subscriber_id != subscriber:
                await self.unbind(one.id, reason)

    async def allow_marketing(self, conversation: str, allowed: bool) -> None:
        """Consent to marketing notices, or its withdrawal."""
        with reaching():
            await self._redis.hset(self._keys.conversation(conversation), "marketing", "1" if allowed else "0")

    async def _change(
        self,
        conversation: str,
        subscriber: str,
        binding: str,
        region: str,
        reason: str,
        record: Mapping[str, Any],
        known: tuple[str, str] = ("", ""),
    ) -> None:
        """`known`: the address as JSON, and `bound_in`."""
        of = self._keys.of
        keys = [
            self._keys.conversation(conversation),
            of(conversation, "events", conversation),
            of(conversation, "snapshot", conversation),
        ]
        logged = log_args(LogRecord("binding", record), self._clock())
        head = [self._keys.tag(conversation), conversation, subscriber, binding, region, reason]
        await self._scripts.run("bind", keys, [*head, *logged, *known])


class RedisBindings:
    """The Bindings port of crm/operations."""

    def __init__(self, conversations: RedisConversations, reach: RedisReach, clock: Clock) -> None:
        self._conversations, self._reach, self._clock = conversations, reach, clock

    async def bind(
        self, conversation: str, msisdn: str, subscriber_id: str, proof: str, region: str, bound_in: str
    ) -> None:
        kind = cast(Literal["link", "code"], proof)
        binding = Binding(msisdn, subscriber_id, self._clock(), kind)
        bound = await self._conversations.bind(conversation, binding, region, bound_in=bound_in)
        await self._reach.bound(msisdn, subscriber_id, bound.address)

    async def unbind(self, conversation: str, reason: str, bound_in: str = "") -> None:
        await self._conversations.unbind(conversation, reason, bound_in)

    async def end_number(self, msisdn: str, subscriber_id: str, reason: str) -> None:
        await self._conversations.end_number(msisdn, subscriber_id, reason)
