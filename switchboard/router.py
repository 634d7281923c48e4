"""Decides what becomes of one entry: who answers it, and everything its commit does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from switchboard.choices import Commands, StaleChoice, pick
from switchboard.drafts import Drafts, inbound_records
from switchboard.errors import NotReachable
from switchboard.handoff import WAITING, Reception
from switchboard.language import language_of
from switchboard.model import (
    Binding,
    ChannelEvent,
    Choice,
    Conversation,
    ConversationEvent,
    HandoffRequest,
    Inbound,
    InboundMessage,
    Notice,
    OutboundMessage,
    Outcome,
    Owner,
    TurnResult,
    Understanding,
)
from switchboard.notices import NoticeLane
from switchboard.openers import Openers
from switchboard.ports import Clock, Directory, Responder, Turn, Vault
from switchboard.proofs import put_away
from switchboard.redis.conversations import RedisConversations
from switchboard.redis.exchange import Commit, Exchange
from switchboard.redis.quotes import RedisQuotes
from switchboard.redis.records import Entry, LogRecord, Standing, dump_item, loads, moment
from switchboard.reminders import Reminders
from switchboard.switches import Switch
from switchboard.voice import Voice
from switchboard.waiting import WaitingRoom, brought_back
from switchboard.wording import LANGUAGES

SESSION = timedelta(minutes=60)
"""After this silence a new session begins: Release and number are looked up again, an open quote is void."""
LOOKUP_S = 2.0
PRIORITY_S = 1.0
HELD = (Owner.QUEUE, Owner.AGENT)


@dataclass(frozen=True)
class Parts:
    """What the router is made of."""

    exchange: Exchange
    conversations: RedisConversations
    quotes: RedisQuotes
    bot: Responder
    voice: Voice
    reception: Reception
    notices: NoticeLane
    directory: Directory
    commands: Commands
    openers: Openers
    clock: Clock
    vault: Vault
    reminders: Reminders = field(default_factory=Reminders)
    live_release: Callable[[], str] = lambda: ""
    channel_off: Callable[[str], Switch | None] = lambda channel: None


class Router:
    def __init__(self, parts: Parts) -> None:
        self._p = parts
        self._drafts = Drafts(parts.voice, parts.reception, parts.clock, parts.reminders.privacy)
        self._waiting = WaitingRoom(self._drafts, parts.reception, parts.exchange, parts.commands, parts.clock)

    async def route(self, entry: Entry, turn: Turn, void: tuple[OutboundMessage, ...] = ()) -> Commit:
        """The commit that ends this entry. `void` is what an earlier route of it said before the owner changed.

        Raises TurnFailed, TurnConflict, NotReachable. Changes nothing but the binding and a quote of an old session.
        """
        entry = _said(entry)
        standing = await self.standing(entry)
        if standing is None:
            # Something of the system for a conversation that nobody ever began.
            return Commit(
                entry, 0, log=(LogRecord("quarantine", {"item": loads(dump_item(entry.item)), "reason": "unknown"}),)
            )
        if isinstance(entry.item, Notice):
            return await self._p.notices.route(entry, entry.item, standing)
        if isinstance(entry.item, ConversationEvent) and entry.item.name == WAITING:
            return await self._waiting.looked(entry, standing)
        standing = await self._current(standing)
        spoken = _spoken(standing, entry.thought)
        commit = await self._answer(await put_away(self._p.vault, entry, standing.conversation), spoken, turn)
        dropped = tuple(LogRecord("dropped", {"message": m.id, "reason": "owner"}) for m in void)
        return replace(commit, log=commit.log + dropped)

    async def standing(self, entry: Entry) -> Standing | None:
        address = getattr(entry.item, "address", None)
        return await self._p.exchange.standing(entry.conversation, address)

    async def early(self, entry: Entry) -> OutboundMessage | None:
        """The word while the answer takes long; None where nobody waits for the bot."""
        entry = _said(entry)
        standing = await self.standing(entry)
        if standing is None or standing.conversation.owner in HELD or not isinstance(entry.item, InboundMessage):
            return None
        conversation = standing.conversation
        reply = self._p.voice.reply("looking_up", conversation)
        return self._p.voice.message(
            conversation, reply, f"{entry.item.id}/early", in_reply_to=entry.item.id, trace=entry.trace
        )

    def wants_human(self, entry: Entry) -> bool:
        item = _said(entry).item
        return isinstance(item, InboundMessage) and self._p.commands.find(item.text) == "handoff"

    async def unfinished(self, entry: Entry) -> bool:
        """Whether it only begins, so that the next message may belong to it. Only the bot waits, and not while it has
        asked for something: there "hello" is an answer. Raises NotReachable."""
        if not self.continues(entry) or not self._p.openers.is_opener(getattr(entry.item, "text", "")):
            return False
        standing = await self.standing(entry)
        if standing is None or standing.conversation.owner in HELD:
            return False
        context = standing.conversation.context
        return not context.active_form and not context.awaits

    def continues(self, entry: Entry) -> bool:
        """Whether it can belong to an opener before it: somebody's own words."""
        item = entry.item
        return isinstance(item, InboundMessage) and not item.token and item.media is None and bool(item.text.strip())

    async def to_human(self, entry: Entry) -> Commit | None:
        """Hand over what the bot cannot be reached for, since its writer has asked for a human meanwhile; None when
        nobody can come or the bot does not have the conversation."""
        entry = _said(entry)
        standing = await self.standing(entry)
        if standing is None or standing.conversation.owner in HELD or not isinstance(entry.item, InboundMessage):
            return None
        entry = await put_away(self._p.vault, entry, standing.conversation)
        commit = await self._drafts.answered(entry, standing, _asked(standing, await self._priority(standing)))
        return commit if commit.owner else None

    async def quarantine(self, entry: Entry, reason: str, attempts: int) -> Commit:
        """What cannot be answered: told to the person, and to the queue for a human."""
        entry = _said(entry)
        standing = await self.standing(entry)
        if standing is not None:
            entry = await put_away(self._p.vault, entry, standing.conversation)
        record = LogRecord(
            "quarantine", {"item": loads(dump_item(entry.thought)), "reason": reason, "attempts": attempts}
        )
        if standing is None:
            return Commit(entry, 0, log=(record,))
        if not isinstance(entry.item, (InboundMessage, ConversationEvent)) or standing.conversation.owner in HELD:
            said = inbound_records(entry, standing.conversation)
            return Commit(entry, standing.conversation.epoch, log=(*said, record))
        apology = self._p.voice.reply("quarantined", standing.conversation)
        result = TurnResult(context=standing.conversation.context, handoff=HandoffRequest("failed", priority=1))
        # Replayed, the entry is answered under its own id: no channel may take that answer for this one said twice.
        commit = await self._drafts.answered(entry, standing, result, before=(apology,), mark="quarantine-")
        return replace(commit, log=(*commit.log, record))

    # --- who answers -------------------------------------------------------------------------------------------------

    async def _answer(self, entry: Entry, standing: Standing, turn: Turn) -> Commit:
        item, conversation = entry.item, standing.conversation
        if isinstance(item, ChannelEvent):
            return await self._channel_event(entry, item, standing)
        assert isinstance(item, (InboundMessage, ConversationEvent))
        if 0 < entry.again_ms < standing.active_ms:
            # They said something since, and it was dealt with: an answer to the line before would come out of order.
            return Commit(entry, conversation.epoch)
        if isinstance(item, InboundMessage):
            asks = self.wants_human(entry)
            if conversation.owner in HELD:
                return await self._waiting.heard(entry, standing)
            if asks:
                return await self._drafts.answered(entry, standing, _asked(standing, await self._priority(standing)))
            if off := self._p.channel_off(conversation.address.channel):
                return await self._maintenance(entry, standing, off)
            try:
                picked = pick(item, standing.choices, conversation.context)
            except StaleChoice:
                reply = self._p.voice.reply("stale_choice", conversation)
                return await self._drafts.answered(
                    entry, standing, TurnResult(context=conversation.context), before=(reply,)
                )
            turn = _with(turn, picked or self._ended(item, conversation))
        elif conversation.owner in HELD:
            over = item.name == "handoff_ended"
            return self._drafts.logged(entry, standing) if over else self._drafts.postponed(entry, standing)
        elif self._p.channel_off(conversation.address.channel):
            return self._drafts.postponed(entry, standing)
        thought = entry.thought
        assert isinstance(thought, (InboundMessage, ConversationEvent))
        result = await self._p.bot.answer(thought, conversation, turn)
        if not isinstance(item, ConversationEvent) or item.name != "handoff_ended":
            return await self._drafts.answered(entry, standing, result)
        before = () if result.replies else (self._p.voice.reply("handoff_back", conversation),)
        commit = await self._drafts.answered(entry, standing, result, before=before)
        return self._waiting.returned(commit, standing, str(item.values.get("how", "")))

    def _ended(self, item: InboundMessage, conversation: Conversation) -> Choice | None:
        """A sentence that ends a kind of notice, or wants it again, counts as that choice while nothing is asked; and
        so do the word that stands in the notice at first contact and, by SMS, those that stand under advertising.
        """
        context = conversation.context
        if context.active_form or context.awaits:
            return None
        command = self._p.commands.find(item.text)
        if command == "privacy":
            return Choice(item.text, 0, "", "query_my_data")
        ends = command == "no_marketing" or (command == "no_marketing_or_no" and not context.asks)
        if ends and conversation.address.channel == "sms":
            return Choice(item.text, 0, "", "opt_out_marketing")
        wish = self._p.reminders.wish(item.text)
        return Choice(item.text, 0, "", "event_end_notices", {"option": wish}) if wish else None

    async def _maintenance(self, entry: Entry, standing: Standing, off: Switch) -> Commit:
        """The bot rests on this channel: said once for each time, and what is written meanwhile is kept."""
        if standing.told_off == off.mark:
            return self._drafts.logged(entry, standing)
        conversation = standing.conversation
        reply = self._p.voice.reply("channel_off", conversation, off.told())
        result = TurnResult(context=conversation.context)
        commit = await self._drafts.answered(entry, standing, result, before=(reply,))
        return replace(commit, fields={**commit.fields, "told_off": off.mark})

    async def _channel_event(self, entry: Entry, event: ChannelEvent, standing: Standing) -> Commit:
        """A subscription or an opened chat is greeted once."""
        if event.name in ("subscribe", "session_start") and standing.conversation.owner not in HELD:
            return await self._drafts.answered(entry, standing, TurnResult(context=standing.conversation.context))
        return self._drafts.logged(entry, standing)

    # --- what is known -----------------------------------------------------------------------------------------------

    async def _current(self, standing: Standing) -> Standing:
        """The conversation with its Release, and for SMS with its subscriber; an hour of silence begins a session."""
        now, conversation = self._p.clock(), standing.conversation
        fresh = standing.active_ms == 0 or now - moment(standing.active_ms) > SESSION
        if fresh and standing.active_ms and standing.quote:
            await self._p.quotes.void(conversation.id, standing.quote, "session")
        if conversation.address.channel == "sms" and (fresh or conversation.binding is None):
            standing = await self._bound_by_link(standing)
        if fresh or not conversation.release_id:
            release = self._p.live_release()
            standing = replace(standing, conversation=replace(standing.conversation, release_id=release))
        return standing

    async def _priority(self, standing: Standing) -> int:
        """Of whoever asks for a human; nobody waits long for it."""
        binding = standing.conversation.binding
        if binding is None:
            return 0
        try:
            return await asyncio.wait_for(self._p.directory.priority(binding.msisdn), PRIORITY_S)
        except (NotReachable, asyncio.TimeoutError):
            return 0

    async def _bound_by_link(self, standing: Standing) -> Standing:
        conversation = standing.conversation
        number, known = conversation.address.id, conversation.binding
        try:
            found = await asyncio.wait_for(self._p.directory.lookup(number), LOOKUP_S)
        except (NotReachable, asyncio.TimeoutError):
            return standing
        if found is None:
            if known is None:
                return standing
            await self._p.conversations.unbind(conversation.id, "number_gone")
        elif known and known.subscriber_id == found[0]:
            return standing
        else:
            binding = Binding(number, found[0], self._p.clock(), "link")
            await self._p.conversations.bind(conversation.id, binding, found[1], conversation.address)
        return await self._p.exchange.standing(conversation.id, conversation.address) or standing


def _said(entry: Entry) -> Entry:
    """A menu click counts as its text, and what was kept for a human as what it is."""
    entry = brought_back(entry)
    event = entry.item
    if not isinstance(event, ChannelEvent) or event.name != "menu" or not event.values.get("text"):
        return entry
    return replace(entry, item=InboundMessage(event.id, event.address, event.values["text"], event.at))


def _spoken(standing: Standing, item: Inbound) -> Standing:
    """The language of what was written, or of the page that was opened."""
    language: str | None = None
    if isinstance(item, InboundMessage):
        language = language_of(item.text)
    elif isinstance(item, ChannelEvent) and item.values.get("language") in LANGUAGES:
        language = item.values["language"]
    if not language or language == standing.conversation.language:
        return standing
    return replace(standing, conversation=replace(standing.conversation, language=language))


def _with(turn: Turn, picked: Choice | None) -> Turn:
    return replace(turn, intent=picked.intent, entities=picked.entities) if picked else turn


def _asked(standing: Standing, priority: int) -> TurnResult:
    """A human, asked for in so many words: no understanding needed, and none that could be wrong."""
    return TurnResult(
        handoff=HandoffRequest("asked", priority=priority),
        understanding=Understanding(intent="transfer_to_agent", confidence=1.0),
        context=standing.conversation.context,
        outcomes=(Outcome("transfer_to_agent", "handed_off"),),
    )
