"""Sends what was committed: a lane per conversation, so that one throttled Address blocks no other."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from switchboard import lanes, masking
from switchboard.errors import ChannelUnreachable, LeaseLost, NotReachable, SendError
from switchboard.lanes import Holding, Leaving, pauses
from switchboard.metrics import Metrics
from switchboard.model import Origin, OutboundMessage
from switchboard.ports import ChannelAdapter, Clock, PartResult, Vault
from switchboard.redis.exchange import Exchange
from switchboard.redis.records import LogRecord
from switchboard.tasks import end

SEND_S = 60.0
"""For all parts of a message. Adapters bound each part themselves: giving up here forgets which parts were taken, and
they would go out again."""
GIVE_UP = timedelta(hours=1)
REMEMBERED = 10_000
log = structlog.get_logger()


@dataclass(frozen=True)
class Outgoing:
    """A message in {pN}:out:<route>."""

    route: str
    entry: str
    message: OutboundMessage


@dataclass(frozen=True)
class Sending:
    """What senders of all partitions share. `taken` are messages that a channel took but Redis does not know yet:
    when the lease is won back they are not sent again."""

    exchange: Exchange
    adapters: Mapping[str, ChannelAdapter]
    vault: Vault
    clock: Clock
    metrics: Metrics
    taken: OrderedDict[str, tuple[str, ...]]


class Sender:
    """The send lanes of one partition. `adapters` are by route."""

    def __init__(self, holding: Holding, sending: Sending, lost: Callable[[], None]) -> None:
        self._holding, self._sending, self._lost = holding, sending, lost
        self._queues: dict[str, deque[Outgoing]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._draining = False

    def put(self, outgoing: Outgoing) -> None:
        if self._draining:
            return
        conversation = outgoing.message.conversation
        queue = self._queues.setdefault(conversation, deque())
        queue.append(outgoing)
        if conversation not in self._tasks:
            self._tasks[conversation] = asyncio.create_task(self._run(conversation, queue))

    async def drain(self, within_s: float) -> None:
        self._draining = True
        self._holding.leaving.set()
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()), timeout=within_s)
        await self.stop()

    async def stop(self) -> None:
        self._draining = True
        await end(*self._tasks.values())

    async def _run(self, conversation: str, queue: deque[Outgoing]) -> None:
        try:
            while queue and not self._draining:
                await Delivery(self._holding, self._sending, queue[0]).done()
                queue.popleft()
        except Leaving:
            pass
        except LeaseLost:
            self._lost()
        except Exception:
            log.exception("send_lane_broke")
            await asyncio.sleep(lanes.BROKEN_S)
            self._draining = True
            self._lost()
        finally:
            self._queues.pop(conversation, None)
            self._tasks.pop(conversation, None)


class Delivery:
    """One message on its way to its channel."""

    def __init__(self, holding: Holding, sending: Sending, outgoing: Outgoing) -> None:
        self._holding, self._s, self._outgoing = holding, sending, outgoing
        self._message = outgoing.message
        self._went: dict[int, str] = {}
        self._handed = ""

    async def done(self) -> None:
        """Returns when Redis knows what became of it. Raises LeaseLost."""
        for wait in pauses(0.5, 30.0):
            try:
                taken = self._s.taken.get(self._message.id)
                if taken is not None:
                    return await self._accepted(taken)
                if await self._try():
                    return None
                await self._holding.rest(wait)
            except NotReachable:
                await self._holding.rest(min(wait, 2.0))
            except SendError as error:
                late = self._s.clock() - self._message.at > GIVE_UP
                if not error.retryable or late:
                    return await self._ended("failed", {"reason": f"{type(error).__name__}: {error}"}, "send_failed")
                await self._holding.rest(max(wait, error.after_s))
        return None

    async def _try(self) -> bool:
        """One attempt; False when some parts must go again. Raises SendError, NotReachable, LeaseLost."""
        if not self._holding.valid():
            # Somebody else may be sending it by now; the next renewal tells.
            raise NotReachable("the lease was not renewed in time")
        message = self._message
        if message.origin is Origin.BOT and await self._s.exchange.epoch(message.conversation) > message.epoch:
            await self._ended("dropped", {"reason": "owner"}, "dropped")
            return True
        opened = await self._opened(message)
        if opened is None:
            await self._ended("failed", {"reason": "the secret expired"}, "send_failed")
            return True
        if message.reply.quote_id and not self._handed:
            self._handed = await self._s.exchange.place(message.conversation)
        results = await self._attempt(opened)
        self._went |= {result.part: result.channel_id for result in results if not result.error}
        if any(result.error for result in results):
            if self._s.clock() - message.at > GIVE_UP:
                raise SendError("some parts were never taken")
            return False
        await self._accepted(tuple(channel_id for channel_id in self._went.values() if channel_id))
        return True

    async def _attempt(self, message: OutboundMessage) -> list[PartResult]:
        adapter = self._s.adapters[self._outgoing.route]
        try:
            return await asyncio.wait_for(adapter.send(message, frozenset(self._went)), SEND_S)
        except asyncio.TimeoutError as error:
            raise ChannelUnreachable("no answer in time") from error
        except (SendError, NotReachable):
            raise
        except Exception as error:
            log.exception("adapter_broke", channel=message.address.channel)
            raise ChannelUnreachable(type(error).__name__) from error

    async def _opened(self, message: OutboundMessage) -> OutboundMessage | None:
        """With the one-time code of a security notice in place; None when the vault forgot it. Of what the bot says
        only what is to be shown is opened: it may repeat a person's words, and those hold references too."""
        text = message.reply.text
        for match in masking.PLACEHOLDER.finditer(text):
            if not self._opens(message, match[1]):
                continue
            secret = await self._s.vault.open(message.conversation, match[2])
            if secret is None:
                return None
            text = text.replace(match[0], secret)
        return replace(message, reply=replace(message.reply, text=text))

    def _opens(self, message: OutboundMessage, kind: str) -> bool:
        if kind != masking.SHOWN:
            return message.origin is Origin.SYSTEM
        adapter = self._s.adapters[self._outgoing.route]
        return message.origin is not Origin.AGENT and not adapter.capabilities(message.address).keeps

    async def _accepted(self, channel_ids: tuple[str, ...]) -> None:
        taken = self._s.taken
        taken[self._message.id] = channel_ids
        while len(taken) > REMEMBERED:
            taken.popitem(last=False)
        # First: whoever dies in between sends again, and then the receipts find the message all the same.
        address = self._message.address
        if self._s.adapters[self._outgoing.route].capabilities(address).receipts:
            await self._s.exchange.receipts.remember(self._message, channel_ids)
        await self._ended("sent", {"channel_ids": list(channel_ids)})

    async def _ended(self, kind: str, body: Mapping[str, object], void: str = "") -> None:
        """Tell Redis, however long it takes: sending again would be worse."""
        record = LogRecord(kind, {"message": self._message.id, **body})
        outgoing = self._outgoing
        for wait in pauses():
            try:
                answer = await self._s.exchange.sent(
                    self._holding.token, outgoing.route, outgoing.entry, self._message, record, void, self._handed
                )
                break
            except NotReachable:
                await asyncio.sleep(wait)
        if answer == "lost":
            raise LeaseLost(self._holding.token)
        channel = self._message.address.channel
        self._s.metrics.sent.labels(channel, kind).inc()
        log.info(kind, message=self._message.id, channel=channel, trace=self._message.trace)
