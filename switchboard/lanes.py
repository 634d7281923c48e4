"""Lanes: one per conversation, in order of arrival. A lane works on its first entry until that is committed."""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import structlog

from switchboard.errors import LeaseLost, NotReachable, TurnConflict, TurnFailed
from switchboard.metrics import Metrics
from switchboard.model import Origin, OutboundMessage
from switchboard.ports import Clock, Turn, Vault
from switchboard.redis.exchange import Commit, Exchange
from switchboard.redis.leases import Lease
from switchboard.redis.records import Entry, ms
from switchboard.router import Router
from switchboard.tasks import end

ATTEMPTS = 5
CONFLICTS = 10
"""A turn that conflicts this often, with the lease in our hands, is failing."""
EARLY_S = 4.0
FOLLOWS_S = 2.5
"""So long an opener waits for what follows; from one message to the next, and in all at most THOUGHT_S."""
THOUGHT_S = 8.0
LOOK_S = 0.1
BROKEN_S = 5.0
"""So long a lane that broke rests before the partition is read again from its start; the other lanes go on."""
log = structlog.get_logger()


def pauses(first_s: float = 0.2, longest_s: float = 4.0) -> Iterator[float]:
    """Growing waits with some chance in them, so that lanes do not come back all at once."""
    wait = first_s
    while True:
        yield wait * random.uniform(0.8, 1.2)
        wait = min(longest_s, wait * 2)


@dataclass
class Holding:
    """A partition that this worker holds. `suspects` are entries whose turn may have taken their last worker down."""

    lease: Lease
    valid: Callable[[], bool]
    suspects: set[str] = field(default_factory=set)
    leaving: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def token(self) -> str:
        return self.lease.token

    async def rest(self, seconds: float) -> None:
        """Sleep between two tries. Raises Leaving: whoever only waits can be left to the next holder."""
        try:
            await asyncio.wait_for(self.leaving.wait(), seconds)
        except asyncio.TimeoutError:
            return
        raise Leaving


class Leaving(Exception):
    """The partition is being given back."""


class Lanes:
    """The lanes of one partition."""

    def __init__(
        self,
        holding: Holding,
        exchange: Exchange,
        router: Router,
        vault: Vault,
        clock: Clock,
        metrics: Metrics,
        lost: Callable[[], None],
    ) -> None:
        self._holding, self._exchange, self._router, self._vault = holding, exchange, router, vault
        self._clock, self._metrics, self._lost = clock, metrics, lost
        self._queues: dict[str, deque[Entry]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._draining = False

    def put(self, entry: Entry) -> None:
        """To the end of its conversation's lane."""
        if self._draining:
            return
        queue = self._queues.setdefault(entry.conversation, deque())
        queue.append(entry)
        if entry.conversation not in self._tasks:
            self._tasks[entry.conversation] = asyncio.create_task(self._run(entry.conversation, queue))

    def works_on(self, conversation: str) -> bool:
        return conversation in self._tasks

    async def drain(self, within_s: float) -> None:
        """Let what has begun come to its end; what waits stays stored for the next holder."""
        self._draining = True
        self._holding.leaving.set()
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()), timeout=within_s)
        await self.stop()

    async def stop(self) -> None:
        self._draining = True
        await end(*self._tasks.values())

    async def _run(self, conversation: str, queue: deque[Entry]) -> None:
        try:
            while queue and not self._draining:
                await self._gather(queue)
                await self._work(queue).done()
                queue.popleft()
        except Leaving:
            pass
        except LeaseLost:
            self._lost()
        except Exception:
            log.exception("lane_broke")
            # What comes meanwhile waits behind the entry that was not finished.
            await asyncio.sleep(BROKEN_S)
            self._draining = True
            self._lost()
        finally:
            # No await since the queue was found empty: nothing can have been put into it meanwhile.
            self._queues.pop(conversation, None)
            self._tasks.pop(conversation, None)

    async def _gather(self, queue: deque[Entry]) -> None:
        """One thought in several messages: openers are read together with what follows. By the moments of arrival, so
        that whoever works on it again after a crash gathers the same. Raises Leaving."""
        while await self._unfinished(queue[0]):
            first = queue[0]
            until_ms = min(first.last_ms + FOLLOWS_S * 1000, first.arrived_ms + THOUGHT_S * 1000)
            # Those are moments of Redis' clock: where ours is behind, or is set back, nobody waits for it.
            deadline = time.monotonic() + min((until_ms - ms(self._clock())) / 1000, FOLLOWS_S)
            while len(queue) < 2 and time.monotonic() < deadline:
                await self._holding.rest(LOOK_S)
            if len(queue) < 2 or queue[1].arrived_ms > until_ms or not self._router.continues(queue[1]):
                return
            queue.popleft()
            queue[0] = first.followed_by(queue[0])

    async def _unfinished(self, entry: Entry) -> bool:
        try:
            return await self._router.unfinished(entry)
        except NotReachable:
            # Whoever works on it will wait for Redis.
            return False

    def _work(self, queue: deque[Entry]) -> Work:
        return Work(self._holding, self._exchange, self._router, self._vault, self._clock, self._metrics, queue)


class Work:
    """The first entry of a lane on its way to its commit."""

    def __init__(
        self,
        holding: Holding,
        exchange: Exchange,
        router: Router,
        vault: Vault,
        clock: Clock,
        metrics: Metrics,
        lane: deque[Entry],
    ) -> None:
        self._holding, self._exchange, self._router, self._vault = holding, exchange, router, vault
        self._clock, self._metrics, self._lane, self._entry = clock, metrics, lane, lane[0]
        self._secrets = self._entry.secrets
        self._waited = False
        self._said: tuple[OutboundMessage, ...] = ()
        self._tries = self._conflicts = 0
        self._verdict = ""

    async def done(self) -> None:
        """Returns when the entry is committed, by us or by somebody before us. Raises LeaseLost."""
        structlog.contextvars.bind_contextvars(trace=self._entry.trace, entry=self._entry.id)
        early = asyncio.create_task(self._early())
        began = self._clock()
        try:
            await self._until_committed()
        finally:
            early.cancel()
        took_s = (self._clock() - began).total_seconds()
        self._metrics.entry_seconds.observe(took_s)
        log.info("committed", ms=int(took_s * 1000))

    async def _until_committed(self) -> None:
        waits = pauses()
        suspected = await self._suspected()
        while True:
            try:
                await self._keep_secrets()
                if await self._committed(await self._next()):
                    return
            except NotReachable as error:
                log.warning("not_reachable", error=str(error))
                self._waited = True
                if suspected:
                    # It was waiting, not working: this is no attempt, and the last one probably was none either.
                    suspected = False
                    await self._count(-1)
                await self._holding.rest(next(waits))
            except TurnConflict as error:
                self._conflicts += 1
                if self._conflicts >= CONFLICTS:
                    await self._failed(str(error), permanent=False)
                await self._holding.rest(next(waits))
            except TurnFailed as error:
                await self._failed(str(error), error.permanent)
                await self._holding.rest(0 if self._verdict else next(waits))
            except (LeaseLost, Leaving):
                raise
            except Exception as error:
                log.exception("turn_broke")
                await self._failed(type(error).__name__, permanent=False)
                await self._holding.rest(next(waits))

    async def _keep_secrets(self) -> None:
        """Once, and before anybody can ask for one."""
        if self._secrets:
            await self._vault.keep(self._entry.conversation, self._secrets)
            self._secrets = ()

    async def _suspected(self) -> bool:
        """Count the attempt of a holder that died before the next one starts: it may take this worker down as well."""
        if self._entry.id not in self._holding.suspects:
            return False
        self._holding.suspects.discard(self._entry.id)
        if await self._count(1) >= ATTEMPTS:
            self._verdict = "took its worker down"
        return True

    async def _failed(self, reason: str, permanent: bool) -> None:
        log.error("turn_failed", error=reason, permanent=permanent)
        tries = await self._count(1)
        if permanent or tries >= ATTEMPTS:
            self._verdict = reason or "failed"

    async def _count(self, step: int) -> int:
        """How many attempts there were; waits for Redis. Raises LeaseLost."""
        for wait in pauses():
            try:
                self._tries = await self._exchange.attempt(self._holding.token, self._entry, step)
                break
            except NotReachable:
                await self._holding.rest(wait)
        if self._tries < 0:
            raise LeaseLost(self._holding.token)
        return self._tries

    async def _next(self) -> Commit:
        if self._verdict:
            return await self._quarantine()
        # "A human, please" must not wait in the lane behind a message that only the bot could answer.
        if self._waited and any(self._router.wants_human(entry) for entry in list(self._lane)[1:]):
            commit = await self._router.to_human(self._entry)
            if commit:
                return commit
        return await self._route()

    async def _route(self) -> Commit:
        turn = Turn(self._holding.token, attempt=self._tries + 1, trace=self._entry.trace, place=self._entry.id)
        return await self._router.route(self._entry, turn, self._said)

    async def _quarantine(self) -> Commit:
        self._metrics.quarantined.inc()
        return await self._router.quarantine(self._entry, self._verdict, self._tries)

    async def _committed(self, commit: Commit) -> bool:
        """False when the owner changed meanwhile: what the bot said is void and the entry is routed again."""
        answer = await self._exchange.commit(self._holding.token, commit)
        if answer == "said":
            answer = "done"
            self._sent(commit)
        self._metrics.commits.labels(answer).inc()
        if answer == "lost":
            raise LeaseLost(self._holding.token)
        if answer == "moved":
            self._said = tuple(message for message in commit.out if message.origin is Origin.BOT)
        return answer in ("done", "gone")

    def _sent(self, commit: Commit) -> None:
        """What the sender tells of a message, where the commit itself was the sending."""
        for message in commit.out:
            channel = message.address.channel
            self._metrics.sent.labels(channel, "sent").inc()
            log.info("sent", message=message.id, channel=channel)

    async def _early(self) -> None:
        """After 4 s the person hears once that it is being looked up. The entry stays what it is: unfinished."""
        # Where our clock is behind Redis' it has no age.
        age_s = max(0.0, (ms(self._clock()) - self._entry.last_ms) / 1000)
        # An old entry of a partition just taken over is not announced before it had a moment to finish.
        await asyncio.sleep(max(EARLY_S - age_s, 1.0))
        for wait in pauses():
            try:
                message = await self._router.early(self._entry)
                if message:
                    await self._exchange.say_early(self._holding.token, self._entry, message)
                return
            except NotReachable:
                await asyncio.sleep(wait)
