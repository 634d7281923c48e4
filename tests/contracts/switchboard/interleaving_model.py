"""What must be true of owners, messages, words and offers: a second, plain account kept beside the scripts.

Every act is told to the model before or after it happened, with the answer that Redis gave. The model knows the answer
it should have been. What differs is written to `broken`, never raised: the code under test catches exceptions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from switchboard.model import InboundMessage, Origin, OutboundMessage, Owner
from switchboard.redis.exchange import Commit

HELD = (Owner.QUEUE, Owner.AGENT)


@dataclass
class Talk:
    """A conversation. `waiting`: accepted messages that have not ended; `ended`: those that have, as the log says."""

    subscriber: str
    owner: Owner = Owner.BOT
    agent: str = ""
    epoch: int = 0
    open_quote: str = ""
    waiting: set[str] = field(default_factory=set)
    ended: list[str] = field(default_factory=list)


@dataclass
class Offer:
    """`early` lay there when its channel was first handed it: whoever wrote that had not seen it."""

    conversation: str
    subscriber: str
    price_fen: int
    expires_ms: int
    state: str = "issued"
    by: str = ""
    early: frozenset[str] | None = None


@dataclass
class Word:
    """A message on its way out. `taken`: how often the channel took it; `excused`: how many losses there had been."""

    conversation: str
    origin: Origin
    epoch: int
    end: str = ""
    taken: int = 0
    excused: int = 0


class Model:
    """`losses` counts killed workers and lost leases: each may send what was on its way once more."""

    def __init__(self) -> None:
        self.talks: dict[str, Talk] = {}
        self.offers: dict[str, Offer] = {}
        self.words: dict[str, Word] = {}
        self.orders: set[str] = set()
        self.entries_ended: set[str] = set()
        self.lease = ""
        self.losses = 0
        self.broken: list[str] = []

    def must(self, true: object, text: str) -> None:
        if not true:
            self.broken.append(text)

    def same(self, what: str, expected: object, actual: object) -> None:
        self.must(expected == actual, f"{what}: should be {expected!r}, is {actual!r}")

    # --- messages ----------------------------------------------------------------------------------------------------

    def accepted(self, conversation: str, message: str, fresh: bool) -> None:
        talk = self.talks[conversation]
        known = message in talk.waiting or message in talk.ended
        self.same(f"{message} is new", not known, fresh)
        if fresh:
            talk.waiting.add(message)

    def committed(self, token: str, commit: Commit, answer: str) -> None:
        talk, entry = self.talks[commit.entry.conversation], commit.entry
        if token != self.lease:
            expected = "lost"
        elif entry.id in self.entries_ended:
            expected = "gone"
        else:
            expected = "done" if commit.epoch == talk.epoch else "moved"
        self.same(f"commit of {entry.item.id}", expected, answer)
        if answer == "done":
            self.entries_ended.update(entry.ids)
            self._ended(talk, commit)

    def _ended(self, talk: Talk, commit: Commit) -> None:
        item, was = commit.entry.item, talk.owner
        if isinstance(item, InboundMessage) and commit.entry.again_ms:
            self.must(item.id in talk.ended, f"{item.id} comes again but never ended")
        elif isinstance(item, InboundMessage):
            self.must(item.id in talk.waiting, f"{item.id} ends but was not waiting")
            talk.waiting.discard(item.id)
            talk.ended.append(item.id)
            self.must(commit.out or was in HELD, f"{item.id} got no answer from the {was.value}")
            if item.text == "人工" and was is Owner.BOT:
                offered = commit.owner or any(m.reply.response == "handoff_nobody" for m in commit.out)
                self.must(offered, f"{item.id} asked for a human in vain")
        if commit.void:
            self.void_open(talk)
        if commit.owner:
            self.must((was, commit.owner) in ((Owner.BOT, Owner.QUEUE), (Owner.QUEUE, Owner.BOT)), "a lane gave to it")
            talk.owner, talk.agent, talk.epoch = commit.owner, "", talk.epoch + 1
        for message in commit.out:
            self.must(message.origin is not Origin.BOT or was not in HELD, f"{message.id}: the bot spoke for {was}")
            self.same(f"epoch of {message.id}", talk.epoch, message.epoch)
            self.said(message)

    # --- owners ------------------------------------------------------------------------------------------------------

    def may_take(self, conversation: str, agent: str) -> bool:
        talk = self.talks[conversation]
        return talk.owner is not Owner.AGENT or talk.agent == agent

    def holds(self, conversation: str, agent: str) -> bool:
        talk = self.talks[conversation]
        return talk.owner is Owner.AGENT and talk.agent == agent

    def moved(self, conversation: str, owner: Owner, agent: str = "") -> None:
        """By an act of the desk."""
        talk = self.talks[conversation]
        if (talk.owner, talk.agent) == (owner, agent):
            return
        talk.owner, talk.agent, talk.epoch = owner, agent, talk.epoch + 1
        self.void_open(talk)

    # --- words -------------------------------------------------------------------------------------------------------

    def said(self, message: OutboundMessage) -> None:
        self.must(message.id not in self.words, f"{message.id} was said twice")
        word = Word(message.conversation, message.origin, message.epoch, excused=self.losses)
        self.words[message.id] = word

    def taken(self, message: OutboundMessage) -> None:
        """The channel takes a message: the person reads it."""
        word, talk = self.words.get(message.id), self.talks[message.conversation]
        if word is None:
            return self.broken.append(f"{message.id} was never said")
        word.taken += 1
        self.must(word.taken <= 1 + self.losses - word.excused, f"{message.id} went out {word.taken} times")
        if word.origin is Origin.BOT:
            self.must(message.epoch >= talk.epoch, f"{message.id}: an old word of the bot went out")
            self.must(talk.owner is not Owner.AGENT, f"{message.id}: the bot talked over {talk.agent}")

    def settled(self, token: str, message: OutboundMessage, kind: str, answer: str, now_ms: int) -> None:
        word, talk = self.words[message.id], self.talks[message.conversation]
        expected = "lost" if token != self.lease else "gone" if word.end else "done"
        self.same(f"{kind} of {message.id}", expected, answer)
        if answer != "done":
            return
        word.end = kind
        self.must(kind != "sent" or word.taken, f"{message.id} counts as sent, but no channel took it")
        stale = word.origin is Origin.BOT and word.epoch < talk.epoch
        self.must(kind != "dropped" or stale, f"{message.id}: a word of the {word.origin.value} was dropped")
        offer = self.offers.get(message.reply.quote_id or "")
        if offer and kind != "sent" and offer.state in ("issued", "shown"):
            offer.state = "void"
        elif offer and offer.state == "issued" and offer.expires_ms > now_ms:
            offer.state = "shown"

    def handed(self, message: OutboundMessage) -> None:
        offer = self.offers.get(message.reply.quote_id or "")
        if offer and offer.early is None:
            offer.early = frozenset(self.talks[offer.conversation].waiting)

    def on_their_way(self) -> set[str]:
        return {id for id, word in self.words.items() if not word.end}

    # --- offers ------------------------------------------------------------------------------------------------------

    def void_open(self, talk: Talk) -> None:
        offer = self.offers.get(talk.open_quote)
        if offer and offer.state in ("issued", "shown"):
            offer.state = "void"
        talk.open_quote = ""

    def issued(self, conversation: str, quote: str, body: Mapping[str, object], expires_ms: int) -> None:
        if quote in self.offers:
            return
        talk = self.talks[conversation]
        self.void_open(talk)
        price = body["price_fen"]
        assert isinstance(price, int)
        self.offers[quote] = Offer(conversation, str(body["subscriber_id"]), price, expires_ms)
        talk.open_quote = quote

    def voided(self, conversation: str, quote: str) -> None:
        offer, talk = self.offers.get(quote), self.talks[conversation]
        if offer and offer.conversation == conversation and offer.state in ("issued", "shown"):
            offer.state = "void"
            talk.open_quote = "" if talk.open_quote == quote else talk.open_quote

    def consumed(
        self, conversation: str, quote: str, message: str, now_ms: int, price_fen: int | None, answer: bool
    ) -> None:
        """`price_fen` is what the CRM asks now, None where it was asked before."""
        offer, talk = self.offers.get(quote), self.talks[conversation]
        again = offer is not None and offer.state == "consumed" and offer.by == message
        open_now = offer is not None and offer.state == "shown" and now_ms < offer.expires_ms
        mine = offer is not None and offer.conversation == conversation and offer.subscriber == talk.subscriber
        self.same(f"{message} consumes {quote} ({offer})", mine and (again or open_now), answer)
        if not answer or offer is None:
            return
        self.must(offer.subscriber == talk.subscriber, f"{talk.subscriber} consumed {offer.subscriber}'s {quote}")
        if again:
            return
        self.must(message not in (offer.early or ()), f"{message} agreed to {quote} before it was shown")
        self.must(price_fen in (None, offer.price_fen), f"{quote} was consumed at another price: {price_fen}")
        offer.state, offer.by = "consumed", message
        talk.open_quote = "" if talk.open_quote == quote else talk.open_quote

    def ordered(self, quote: str) -> None:
        self.same(f"state of {quote} when it was ordered", "consumed", self.offers[quote].state)
        self.must(quote not in self.orders, f"{quote} was ordered twice")
        self.orders.add(quote)

    def rebound(self, conversation: str, subscriber: str) -> None:
        talk = self.talks[conversation]
        if talk.subscriber not in ("", subscriber):
            self.void_open(talk)
        talk.subscriber = subscriber

    # --- at the end --------------------------------------------------------------------------------------------------

    def came_to_rest(self, conversations: Iterable[str]) -> None:
        """Nothing waits any more: everything must have had its end."""
        for conversation in conversations:
            self.same(f"still waiting in {conversation}", set(), self.talks[conversation].waiting)
        self.same("on their way for ever", set(), self.on_their_way())
        for id, word in self.words.items():
            self.must(word.end != "sent" or word.taken, f"{id} was never taken")
