"""What happened to a subscriber in the CRM, as a Notice on the channel that reaches them best: each once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from switchboard.model import Address, Notice
from switchboard.notices import REPLY_WINDOW, Notices
from switchboard.ports import Clock, Directory
from switchboard.redis.conversations import RedisConversations
from switchboard.redis.reach import RedisReach
from switchboard.redis.records import moment
from switchboard.reminders import Reminders, Rule

STALE = timedelta(hours=36)
"""Over a night and a talk with a human; what is older is no news."""


@dataclass(frozen=True)
class Happened:
    """`kind` names the wording (notice_<kind>), `key` this one happening; `values` fill the wording."""

    kind: str
    key: str
    msisdn: str
    subscriber: str
    language: str
    at: datetime
    values: Mapping[str, Any]


class Raising:
    """`key` makes conversation ids of Addresses."""

    def __init__(
        self,
        reminders: Reminders,
        directory: Directory,
        reach: RedisReach,
        conversations: RedisConversations,
        notices: Notices,
        key: bytes,
        clock: Clock,
    ) -> None:
        self._reminders, self._directory = reminders, directory
        self._reach, self._conversations = reach, conversations
        self._notices, self._key, self._clock = notices, key, clock

    async def tell(self, happened: Happened) -> str:
        """What became of it: entered, told (before), ended, not_asked, or not_theirs: another subscriber has the
        number, or nobody. Raises AcceptError, NotReachable.
        """
        response, number, what = f"notice_{happened.kind}", happened.msisdn, f"{happened.kind}:{happened.key}"
        rule = self._reminders.rules.get(response, Rule())
        if not rule.falls_on(what):
            return "not_asked"
        # Before anything else: `reach` forgets what another subscriber than the one it is asked for had said.
        holder = await self._directory.lookup(number)
        if holder is None or holder[0] != happened.subscriber:
            return "not_theirs"
        reached = await self._reach.of(number, happened.subscriber)
        if rule.topic in reached.ended:
            return "ended"
        if await self._reach.was_told(number, what) or await self._too_soon(rule, number):
            return "told"
        address = await self._best(number, happened.subscriber, reached.addresses or {})
        await self._notices.enter(self._notice(happened, response, address, timedelta(minutes=rule.after_minutes)))
        # After, not before: who dies in between tells it again, and the dedupe key makes it one.
        await self._reach.tell(number, what)
        if rule.apart_days:
            await self._reach.tell(number, rule.topic, rule.apart_days)
        return "entered"

    async def _too_soon(self, rule: Rule, number: str) -> bool:
        return bool(rule.apart_days) and await self._reach.was_told(number, rule.topic)

    async def _best(self, number: str, subscriber: str, others: Mapping[str, Address]) -> Address:
        """Where they wrote within the channel's window, as long as it is theirs; else their phone."""
        for channel, window in REPLY_WINDOW.items():
            if channel not in others:
                continue
            standing = await self._conversations.standing(others[channel].conversation_id(self._key))
            bound = standing.conversation.binding if standing else None
            theirs = bound and (bound.msisdn, bound.subscriber_id) == (number, subscriber)
            if standing and theirs and self._clock() - moment(standing.active_ms) < window:
                return others[channel]
        return Address("sms", number)

    def _notice(self, happened: Happened, response: str, address: Address, after: timedelta) -> Notice:
        # Ids stand in logs, and those hold no number.
        what = hashlib.sha256(f"{happened.key}\n{happened.msisdn}".encode()).hexdigest()[:24]
        now, name = self._clock(), f"{happened.kind}:{what}"
        return Notice(
            id=name,
            address=address,
            kind="service",
            response=response,
            values={**happened.values, "at": happened.at.isoformat()},
            dedupe=name,
            earliest=now + after,
            latest=now + after + STALE,
            language=happened.language,
            subscriber=happened.subscriber,
        )
