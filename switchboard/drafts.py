"""Turns an answer into a commit: messages, log, choices, timers, and a change of owner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from switchboard import masking
from switchboard.codec import to_dict
from switchboard.handoff import Reception, Transfer
from switchboard.model import Conversation, ConversationEvent, Inbound, Origin, OutboundMessage, Reply, TurnResult
from switchboard.ports import Clock
from switchboard.redis.exchange import Commit
from switchboard.redis.records import Entry, LogRecord, Standing, dump_item, dumps, loads, ms
from switchboard.reminders import Privacy
from switchboard.voice import Voice

FIRST, PRIVACY = "first_contact", "privacy_notice"
AGAIN = timedelta(seconds=30)
URGENT = 6
"""From this priority of a hand-off on somebody is in need: above seniors."""


class Drafts:
    def __init__(self, voice: Voice, reception: Reception, clock: Clock, privacy: Privacy) -> None:
        self._voice, self._reception, self._clock, self._privacy = voice, reception, clock, privacy

    async def answered(
        self, entry: Entry, standing: Standing, result: TurnResult, before: Sequence[Reply] = (), mark: str = ""
    ) -> Commit:
        """`before` is what the switchboard itself says first. The first words of all say that a machine talks.
        `mark` tells these messages' ids from those of another answer to the same entry."""
        conversation = standing.conversation
        if result.language:
            conversation = replace(conversation, language=result.language)
        hello, after = self._first(entry, standing, conversation, result)
        system = [*hello, *before]
        said = [(reply, Origin.SYSTEM) for reply in system] + [(reply, Origin.BOT) for reply in result.replies]
        said += [(reply, Origin.SYSTEM) for reply in after]
        out = tuple(
            self._voice.message(conversation, reply, f"{entry.item.id}/{mark}{n}", origin, entry.item.id, entry.trace)
            for n, (reply, origin) in enumerate(said, 1)
        )
        timers, cancelled = self._timers(conversation, result)
        commit = Commit(
            entry,
            conversation.epoch,
            fields={
                **self._known(standing),
                "language": conversation.language,
                **_learned(result, [reply for reply, _ in said]),
                **({"noticed": self._privacy.version} if self._tells_privacy(entry, standing, result) else {}),
            },
            out=out,
            log=_story(entry, conversation, result, out),
            timers=timers,
            cancel=cancelled,
            turns=(entry.item.id,),
            void="topic" if _left_topic(standing, result) else "",
        )
        if result.handoff is None:
            return commit
        transfer = await self._reception.request(conversation, result.handoff, entry.item.id, result)
        return self.transferred(commit, conversation, transfer)

    def _first(
        self, entry: Entry, standing: Standing, conversation: Conversation, result: TurnResult
    ) -> tuple[list[Reply], list[Reply]]:
        """What is said once: first that a machine talks, with that, or after the answer, how personal data is used."""
        tells = self._tells_privacy(entry, standing, result)
        if not standing.greeted and not isinstance(entry.item, ConversationEvent):
            return [self._voice.reply(FIRST, conversation, {"privacy": tells})], []
        return [], [self._voice.reply(PRIVACY, conversation)] if tells else []

    def _tells_privacy(self, entry: Entry, standing: Standing, result: TurnResult) -> bool:
        """Not to whoever is in need; and after the first words not to who is asked for something or goes to a human.
        It is told with the next answer then.
        """
        if isinstance(entry.item, ConversationEvent) or standing.noticed == self._privacy.version:
            return False
        wishes = {result.understanding.intent, *(outcome.wish for outcome in result.outcomes)}
        if wishes & self._privacy.urgent or (result.handoff and result.handoff.priority >= URGENT):
            return False
        return not standing.greeted or not (result.handoff or result.context.active_form or result.context.awaits)

    def logged(self, entry: Entry, standing: Standing) -> Commit:
        """Answered by nobody here: the desk sees it in the log."""
        conversation = standing.conversation
        fields = {**self._known(standing), "language": conversation.language}
        return Commit(entry, conversation.epoch, fields=fields, log=inbound_records(entry, conversation))

    def postponed(self, entry: Entry, standing: Standing) -> Commit:
        """While a human has the conversation an event comes again until the bot has it: what it tells was promised."""
        due = self._clock() + AGAIN
        assert isinstance(entry.item, ConversationEvent)
        timer = (f"again:{entry.item.id}", due, entry.item)
        return Commit(entry, standing.conversation.epoch, timers=(timer,))

    def transferred(self, commit: Commit, conversation: Conversation, transfer: Transfer) -> Commit:
        """With the transfer's words at the end. When the owner changes everything said here carries the new epoch,
        or it would be dropped as the old owner's."""
        item, reply = commit.entry.item, self._voice.reply(transfer.response, conversation, transfer.values)
        message = self._voice.message(
            conversation, reply, f"{item.id}/{transfer.response}", in_reply_to=item.id, trace=commit.entry.trace
        )
        shown = {"choices": dumps(reply.choices)} if reply.choices else {}
        epoch = conversation.epoch + (1 if transfer.owner else 0)
        return replace(
            commit,
            out=tuple(replace(m, epoch=epoch) for m in (*commit.out, message)),
            log=(*commit.log, LogRecord("reply", {"message": message}), *transfer.log),
            fields={**commit.fields, **shown, **transfer.fields},
            timers=commit.timers + transfer.timers,
            owner=transfer.owner,
            handoff=transfer.start,
            unqueue=transfer.unqueue,
            void="handoff" if transfer.owner else commit.void,
        )

    def _known(self, standing: Standing) -> dict[str, str]:
        """Fields of the conversation that are not stored yet, or that this entry changed."""
        fields = {"active_ms": str(ms(self._clock()))}
        if not standing.stored:
            fields["address"] = dumps(standing.conversation.address)
        if standing.conversation.release_id:
            fields["release"] = standing.conversation.release_id
        return fields

    def _timers(
        self, conversation: Conversation, result: TurnResult
    ) -> tuple[tuple[tuple[str, datetime, Inbound], ...], tuple[str, ...]]:
        """(to set, to cancel)."""
        now, wanted = self._clock(), []
        for timer in result.timers:
            if timer.after_s >= 0:
                due = now + timedelta(seconds=timer.after_s)
                event_id = f"timer:{conversation.id}:{timer.name}:{due.timestamp():.3f}"
                wanted.append(
                    (timer.name, due, ConversationEvent(event_id, conversation.id, timer.name, due, timer.values))
                )
        return tuple(wanted), tuple(timer.name for timer in result.timers if timer.after_s < 0)


def inbound_records(entry: Entry, conversation: Conversation) -> tuple[LogRecord, ...]:
    """All that an entry ends: openers that were read together with it first; nothing that the log has already."""
    if entry.again_ms:
        return ()
    return tuple(_inbound(item, entry, conversation) for item in (*entry.earlier, entry.item))


def _inbound(item: Inbound, entry: Entry, conversation: Conversation) -> LogRecord:
    """What came in, and by whose hands it goes. `read_with`: the message that an opener was answered together with."""
    body: dict[str, Any] = {
        "item": loads(dump_item(item)),
        "owner": conversation.owner.value,
        "channel": conversation.address.channel,
        "number": masking.msisdn(conversation.binding.msisdn) if conversation.binding else "",
        "language": conversation.language,
        "region": conversation.region,
        "release_id": conversation.release_id,
        "trace": entry.trace,
    }
    if item is not entry.item:
        body["read_with"] = entry.item.id
    return LogRecord("inbound", body)


def _story(
    entry: Entry, conversation: Conversation, result: TurnResult, out: Sequence[OutboundMessage]
) -> tuple[LogRecord, ...]:
    turn = {
        "message": entry.item.id,
        "understanding": to_dict(result.understanding),
        "context": to_dict(result.context),
        "release_id": result.release_id or conversation.release_id,
    }
    outcomes = [LogRecord("outcome", {"message": entry.item.id, **to_dict(o)}) for o in result.outcomes]
    replies = [LogRecord("reply", {"message": message}) for message in out]
    return (*inbound_records(entry, conversation), LogRecord("turn", turn), *replies, *outcomes)


def _learned(result: TurnResult, replies: Sequence[Reply]) -> dict[str, str]:
    fields = {"context": dumps(result.context)}
    if any(reply.response == FIRST for reply in replies):
        fields["greeted"] = "1"
    lists = [reply.choices for reply in replies if reply.choices]
    if lists:
        fields["choices"] = dumps(lists[-1])
    if any(reply.quote_id for reply in replies):
        fields["quote_form"] = result.context.active_form
    return fields


def _left_topic(standing: Standing, result: TurnResult) -> bool:
    """The open quote was shown in a form that this turn ended or replaced; a quote shown just now is never meant."""
    shown_now = any(reply.quote_id for reply in result.replies)
    return bool(standing.quote and not shown_now and standing.quote_form != result.context.active_form)
