"""The only door for a Notice: it enters the conversation's lane, which decides whether, when and how it is said."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta

from switchboard.errors import NotReachable
from switchboard.model import Address, Notice, Owner
from switchboard.ports import Accept, Clock, Directory
from switchboard.redis.exchange import Commit
from switchboard.redis.reach import RedisReach
from switchboard.redis.records import Entry, LogRecord, Standing, dumps, moment
from switchboard.reminders import Reminders, Rule
from switchboard.voice import Voice
from switchboard.wording import SHANGHAI

MARKETING_FROM, MARKETING_TO = time(8), time(22)
BUSY_AGAIN = timedelta(hours=1)
ASK_AGAIN = timedelta(minutes=5)
"""Where nobody can tell whose the number is now."""
IN_THE_MIDDLE = timedelta(minutes=10)
"""So long after their last words somebody who was asked for something is left to answer it."""
REPLY_WINDOW = {"wechat": timedelta(hours=48), "wecom": timedelta(hours=48)}
"""So long after a person's last words the channel lets us write."""


class Notices:
    """For whoever has something to say: `enter` stores it, once per dedupe key in 48 h."""

    def __init__(self, accept: Accept) -> None:
        self._accept = accept

    async def enter(self, notice: Notice) -> bool:
        """False when the same dedupe key was entered before. Raises Full, StoreUnavailable."""
        return bool(await self._accept.accept([notice]))


@dataclass(frozen=True)
class Manners:
    """What holds for notices that stand in `reminders`; others go by their class alone.

    `quiet`: nothing is said from the first to the second hour in Asia/Shanghai; None for no such time. `most` a day
    and person. `moved` takes what its channel would not let through, for the person's phone. `directory` tells whose a
    number is, for notices that are meant for one subscriber.
    """

    reminders: Reminders = field(default_factory=Reminders)
    reach: RedisReach | None = None
    quiet: tuple[time, time] | None = None
    most: int = 5
    moved: Notices | None = None
    directory: Directory | None = None


class NoticeLane:
    """The lane's side: said now, later, elsewhere, or not at all."""

    def __init__(self, voice: Voice, clock: Clock, manners: Manners | None = None) -> None:
        self._voice, self._clock, self._manners = voice, clock, manners or Manners()

    async def route(self, entry: Entry, notice: Notice, standing: Standing) -> Commit:
        """Raises BadWording, AcceptError, NotReachable."""
        now, rule = self._clock(), self._manners.reminders.rules.get(notice.response)
        due = self._due(notice, rule, standing, now)
        if due > notice.latest:
            return self._refused(entry, notice, standing, "expired")
        if due > now:
            return self._later(entry, notice, standing, due)
        try:
            if not await self._theirs(notice, standing):
                return self._refused(entry, notice, standing, "not_theirs")
        except NotReachable:
            # Not by waiting here: this person's messages stand behind it.
            return self._later(entry, notice, standing, now + ASK_AGAIN)
        if notice.kind == "marketing" and not await self._consents(standing):
            return self._refused(entry, notice, standing, "no_consent")
        if rule and await self._move(notice, standing, now):
            return self._refused(entry, notice, standing, "window")
        if rule and (why := await self._unwanted(notice, rule, standing)):
            return self._refused(entry, notice, standing, why)
        return self._said(entry, notice, standing)

    def _later(self, entry: Entry, notice: Notice, standing: Standing, due: datetime) -> Commit:
        timer = (f"notice:{notice.id}", due, notice)
        return Commit(entry, standing.conversation.epoch, timers=(timer,))

    async def _theirs(self, notice: Notice, standing: Standing) -> bool:
        """Whether the number is still that of whom it is meant for: a number changes hands while a notice waits."""
        directory = self._manners.directory
        if not notice.subscriber or directory is None:
            return True
        number = _number(standing)
        holder = await directory.lookup(number) if number else None
        return holder is not None and holder[0] == notice.subscriber

    def _said(self, entry: Entry, notice: Notice, standing: Standing) -> Commit:
        conversation = standing.conversation
        spoken = replace(conversation, language=notice.language)
        reply = self._voice.reply(notice.response, spoken, notice.values)
        message = self._voice.message(spoken, reply, f"notice:{notice.id}", trace=entry.trace)
        fields = {"choices": dumps(reply.choices)} if reply.choices else {}
        if not standing.active_ms:
            # Nobody has written from there yet: a reply of one digit shows no language.
            fields |= {"address": dumps(conversation.address), "language": notice.language}
        record = LogRecord("notice", {"message": message, "kind": notice.kind})
        return Commit(entry, conversation.epoch, fields=fields, out=(message,), log=(record,))

    async def _consents(self, standing: Standing) -> bool:
        """To advertising: given here, and ended nowhere."""
        reach, number = self._manners.reach, _number(standing)
        if not standing.marketing or reach is None or not number:
            return standing.marketing
        return "marketing" not in (await reach.of(number)).ended

    async def _unwanted(self, notice: Notice, rule: Rule, standing: Standing) -> str:
        """Why this person is not told, "" where they are."""
        reach, number = self._manners.reach, _number(standing)
        if rule.legal or reach is None or not number:
            return ""
        if rule.topic and rule.topic in (await reach.of(number)).ended:
            return "ended"
        if rule.asked or await reach.allows(number, notice.id, self._manners.most):
            return ""
        return "cap"

    async def _move(self, notice: Notice, standing: Standing, now: datetime) -> bool:
        """To the person's phone, where the channel would not let it through any more."""
        channel, number = standing.conversation.address.channel, _number(standing)
        window = REPLY_WINDOW.get(channel)
        if window is None or not number or self._manners.moved is None:
            return False
        if standing.active_ms and now - moment(standing.active_ms) < window:
            return False
        sms = replace(notice, id=f"{notice.id}/sms", dedupe=f"{notice.dedupe}/sms", address=Address("sms", number))
        await self._manners.moved.enter(sms)
        return True

    def _due(self, notice: Notice, rule: Rule | None, standing: Standing, now: datetime) -> datetime:
        due = max(notice.earliest, now)
        if rule:
            return due if rule.legal else self._after_quiet(max(due, _free(standing, now)))
        if notice.kind != "marketing":
            return due
        # Advertising never falls into a talk with a human, or into somebody's night.
        if standing.conversation.owner in (Owner.QUEUE, Owner.AGENT):
            due = max(due, now + BUSY_AGAIN)
        return _outside(due, MARKETING_TO, MARKETING_FROM)

    def _after_quiet(self, due: datetime) -> datetime:
        quiet = self._manners.quiet
        return _outside(due, *quiet) if quiet else due

    def _refused(self, entry: Entry, notice: Notice, standing: Standing, reason: str) -> Commit:
        body = {"notice": notice.id, "kind": notice.kind, "response": notice.response, "refused": reason}
        return Commit(entry, standing.conversation.epoch, log=(LogRecord("notice", body),))


def _free(standing: Standing, now: datetime) -> datetime:
    """When a list of choices would be in nobody's way: not while a human has the talk, nor in the middle of a form."""
    context = standing.conversation.context
    if standing.conversation.owner in (Owner.QUEUE, Owner.AGENT):
        return now + BUSY_AGAIN
    if (context.active_form or context.awaits) and standing.active_ms:
        return max(now, moment(standing.active_ms) + IN_THE_MIDDLE)
    return now


def _number(standing: Standing) -> str:
    conversation = standing.conversation
    if conversation.address.channel == "sms":
        return conversation.address.id
    return conversation.binding.msisdn if conversation.binding else ""


def _outside(due: datetime, begins: time, ends: time) -> datetime:
    """The same moment, or the end of the night it falls into; `begins` is in the evening, `ends` in the morning."""
    local = due.astimezone(SHANGHAI)
    if ends <= local.time() < begins:
        return due
    if local.time() >= begins:
        local += timedelta(days=1)
    return datetime.combine(local.date(), ends, SHANGHAI).astimezone(due.tzinfo)
