"""What somebody hears who waits for a human, how they leave, and what becomes of what nobody answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from switchboard.choices import Commands, fold
from switchboard.drafts import Drafts
from switchboard.handoff import WAITING, Reception
from switchboard.model import ConversationEvent, InboundMessage, Owner
from switchboard.ports import Clock
from switchboard.redis.exchange import Commit, Exchange
from switchboard.redis.records import Entry, Standing, dump_item, load_item, moment, ms

AGAIN = "switchboard_again"
"""The event that brings a line back which was kept for a human, so that the bot answers it."""
LONGEST_KEPT = 500
"""Characters of a line that is kept for the bot; a longer one tells a story."""
QUIET = frozenset({"sms"})
"""Channels on which each word costs: what was kept, and that it still takes time, is said once a hand-off."""
SAY_AGAIN = timedelta(minutes=2)
"""So long after a word about the queue nothing more is said that nobody asked for."""
PROGRESS_AT = (2, 7)
PROGRESS_EVERY = 15
"""Minutes of waiting after which somebody hears unasked that they are still in the queue."""


class WaitingRoom:
    def __init__(
        self, drafts: Drafts, reception: Reception, exchange: Exchange, commands: Commands, clock: Clock
    ) -> None:
        self._drafts, self._reception, self._exchange = drafts, reception, exchange
        self._commands, self._clock = commands, clock

    async def heard(self, entry: Entry, standing: Standing) -> Commit:
        """A line while a human has the conversation, or is to have it: it goes to the desk by the log."""
        conversation, item = standing.conversation, entry.item
        assert isinstance(item, InboundMessage)
        commit = self._drafts.logged(entry, standing)
        if entry.again_ms or conversation.owner is Owner.AGENT:
            return _keep(commit, item)
        leaves, rest = self._commands.leading("leave_queue", item.text)
        if leaves or self._commands.is_one("leave_queue_alone", item.text):
            return await self._leave(commit, standing, replace(item, text=rest) if rest else None)
        if self._commands.find(item.text) in ("handoff", "waiting"):
            return await self._tell(commit, standing, "handoff_place")
        commit = _keep(commit, item)
        return commit if self._told_lately(standing) else await self._tell(commit, standing, "handoff_kept")

    async def looked(self, entry: Entry, standing: Standing) -> Commit:
        """The timer of who waits: back to the bot where nobody is left at the desk; else it goes on, with a word after
        some minutes."""
        conversation, event = standing.conversation, entry.item
        assert isinstance(event, ConversationEvent)
        handoff, looks = str(event.values.get("handoff", "")), int(event.values.get("looks", 0)) + 1
        commit = Commit(entry, conversation.epoch)
        if conversation.owner is not Owner.QUEUE or conversation.handoff != handoff:
            return commit
        away = await self._reception.still_waiting(conversation, handoff)
        if away:
            return self._released(self._drafts.transferred(commit, conversation, away), standing)
        commit = replace(commit, timers=(self._reception.look_again(conversation, handoff, looks),))
        due = looks in PROGRESS_AT or looks % PROGRESS_EVERY == 0
        if not due or self._told_lately(standing) or self._silent(standing):
            return commit
        commit = await self._tell(commit, standing, "handoff_place")
        return replace(commit, fields={**commit.fields, "progress_told": handoff})

    def returned(self, commit: Commit, standing: Standing, how: str) -> Commit:
        """The bot has the conversation again. What an agent closed is settled; what was handed back goes on."""
        if how == "handed_back":
            return self._released(commit, standing)
        return replace(commit, fields={**commit.fields, "unanswered": ""})

    def _silent(self, standing: Standing) -> bool:
        conversation = standing.conversation
        return conversation.address.channel in QUIET and standing.progress_told == conversation.handoff

    def _told_lately(self, standing: Standing) -> bool:
        handoff, _, at_ms = standing.queue_told.partition(":")
        if handoff != standing.conversation.handoff:
            return False
        quiet = standing.conversation.address.channel in QUIET and not standing.progress_told
        return quiet or self._clock() - moment(int(at_ms)) < SAY_AGAIN

    async def _tell(self, commit: Commit, standing: Standing, response: str) -> Commit:
        conversation = standing.conversation
        place = await self._reception.place(response, conversation, await self._exchange.score(conversation.id))
        told = f"{conversation.handoff}:{ms(self._clock())}"
        commit = replace(commit, fields={**commit.fields, "queue_told": told})
        return self._drafts.transferred(commit, conversation, place)

    async def _leave(self, commit: Commit, standing: Standing, rest: InboundMessage | None) -> Commit:
        conversation = standing.conversation
        left = self._reception.left(conversation)
        commit = replace(self._drafts.transferred(commit, conversation, left), cancel=(WAITING,))
        return self._released(commit, standing, rest)

    def _released(self, commit: Commit, standing: Standing, rest: InboundMessage | None = None) -> Commit:
        """With the last line that nobody answered on its way to the bot; `rest` is a newer one."""
        kept = dump_item(rest) if rest else standing.unanswered
        fields = {**commit.fields, "unanswered": ""}
        if not kept:
            return replace(commit, fields=fields)
        now, conversation = self._clock(), standing.conversation.id
        event = ConversationEvent(f"{AGAIN}:{commit.entry.item.id}", conversation, AGAIN, now, {"item": kept})
        return replace(commit, fields=fields, timers=(*commit.timers, (AGAIN, now, event)))


def brought_back(entry: Entry) -> Entry:
    """The line that an AGAIN event brings, in place of the event; any other entry as it is. Raises BadRecord."""
    event = entry.item
    if not isinstance(event, ConversationEvent) or event.name != AGAIN:
        return entry
    return replace(entry, item=load_item(str(event.values.get("item", ""))), again_ms=ms(event.at))


def _keep(commit: Commit, item: InboundMessage) -> Commit:
    """Remembered until a human answers or the bot does. A bare number or a tap belongs to a list that is gone."""
    said = fold(item.text)
    if item.token or not said or said.isdigit() or len(item.text) > LONGEST_KEPT:
        return commit
    return replace(commit, fields={**commit.fields, "unanswered": dump_item(item)})
