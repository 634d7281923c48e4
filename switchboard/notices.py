"""The only door for a Notice: it enters the conversation's lane, which decides whether, when and how it is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Protocol

from switchboard.model import Notice, Owner
from switchboard.ports import Accept, Clock
from switchboard.redis.exchange import Commit
from switchboard.redis.records import Entry, LogRecord, Standing
from switchboard.voice import Voice
from switchboard.wording import SHANGHAI

MARKETING_FROM, MARKETING_TO = time(8), time(22)
BUSY_AGAIN = timedelta(hours=1)


class Cap(Protocol):
    """How much one person is told. The worker's root decides."""

    async def allows(self, notice: Notice, conversation: str) -> bool: ...


class NoCap:
    """Everything may be said; consent and quiet hours still hold."""

    async def allows(self, notice: Notice, conversation: str) -> bool:
        return True


class Notices:
    """For whoever has something to say: `enter` stores it, once per dedupe key in 48 h."""

    def __init__(self, accept: Accept) -> None:
        self._accept = accept

    async def enter(self, notice: Notice) -> bool:
        """False when the same dedupe key was entered before. Raises Full, StoreUnavailable."""
        return bool(await self._accept.accept([notice]))


class NoticeLane:
    """The lane's side: said now, later, or not at all."""

    def __init__(self, voice: Voice, clock: Clock, cap: Cap | None = None) -> None:
        self._voice, self._clock, self._cap = voice, clock, cap or NoCap()

    async def route(self, entry: Entry, notice: Notice, standing: Standing) -> Commit:
        """Raises BadWording."""
        conversation, now = standing.conversation, self._clock()
        due = self._due(notice, standing, now)
        if due > notice.latest:
            return self._refused(entry, notice, conversation.epoch, "expired")
        if due > now:
            timer = (f"notice:{notice.id}", due, notice)
            return Commit(entry, conversation.epoch, timers=(timer,))
        if notice.kind == "marketing" and not standing.marketing:
            return self._refused(entry, notice, conversation.epoch, "no_consent")
        if not await self._cap.allows(notice, conversation.id):
            return self._refused(entry, notice, conversation.epoch, "cap")
        spoken = replace(conversation, language=notice.language)
        reply = self._voice.reply(notice.response, spoken, notice.values)
        message = self._voice.message(conversation, reply, f"notice:{notice.id}", trace=entry.trace)
        return Commit(
            entry,
            conversation.epoch,
            out=(message,),
            log=(LogRecord("notice", {"message": message, "kind": notice.kind}),),
        )

    def _due(self, notice: Notice, standing: Standing, now: datetime) -> datetime:
        due = max(notice.earliest, now)
        if notice.kind != "marketing":
            return due
        # Advertising never falls into a talk with a human, or into somebody's night.
        if standing.conversation.owner in (Owner.QUEUE, Owner.AGENT):
            due = max(due, now + BUSY_AGAIN)
        local = due.astimezone(SHANGHAI)
        if local.time() >= MARKETING_TO:
            local += timedelta(days=1)
        if not MARKETING_FROM <= local.time() < MARKETING_TO:
            local = datetime.combine(local.date(), MARKETING_FROM, SHANGHAI)
        return local.astimezone(due.tzinfo)

    def _refused(self, entry: Entry, notice: Notice, epoch: int, reason: str) -> Commit:
        body = {"notice": notice.id, "kind": notice.kind, "response": notice.response, "refused": reason}
        return Commit(entry, epoch, log=(LogRecord("notice", body),))
