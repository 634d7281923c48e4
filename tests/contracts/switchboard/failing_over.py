"""A short load through the death of a master, and what became of it."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from switchboard.errors import AcceptError
from switchboard.model import Address
from switchboard.tasks import end
from tests.contracts.switchboard.stack import Stack

PEOPLE = 6
PAUSE_S = 0.03
BEFORE_S, AFTER_S = 0.8, 1.0


@dataclass(frozen=True)
class Outcome:
    """`acknowledged`: messages whose channel was told "received"; `lost`: those of them without an answer;
    `disordered`: conversations answered in another order; `doubled`: replies that were sent twice, of `sent`;
    `away_s`: the longest time without any message taken.
    """

    acknowledged: int
    lost: int
    disordered: int
    doubled: int
    sent: int
    away_s: float


async def through(stack: Stack, kill: Callable[[], object], within_s: float = 20.0) -> Outcome:
    """Load before, during and after `kill`; returns when nothing waits any more."""
    load = _Load(stack)
    stack.worker()
    people = [asyncio.create_task(load.person(n)) for n in range(PEOPLE)]
    try:
        await asyncio.sleep(BEFORE_S)
        await asyncio.to_thread(kill)
        killed = time.monotonic()
        while not load.since(killed):
            assert time.monotonic() < killed + within_s, "no message was taken any more"
            await asyncio.sleep(0.02)
        await asyncio.sleep(AFTER_S)
        load.over = True
        await asyncio.wait_for(asyncio.gather(*people), within_s)
    finally:
        await end(*people)
    await stack.at_rest(within_s)
    return load.outcome()


class _Load:
    """Everybody writes one message after the other, and a refused one again under its id, as channels do."""

    def __init__(self, stack: Stack) -> None:
        self._stack, self.over = stack, False
        self._taken: dict[int, list[str]] = {}
        self._moments: list[float] = []

    def since(self, moment: float) -> bool:
        return bool(self._moments) and self._moments[-1] > moment

    async def person(self, who: int) -> None:
        said = self._taken.setdefault(who, [])
        while not self.over:
            text = f"{who}-{len(said)}"
            message = self._stack.message(Address("web", f"p{who}"), text, id=f"web:{text}")
            while True:
                try:
                    await self._stack.accept(message)
                    break
                except AcceptError:
                    await asyncio.sleep(PAUSE_S)
            said.append(text)
            self._moments.append(time.monotonic())
            await asyncio.sleep(PAUSE_S)

    def outcome(self) -> Outcome:
        texts = [text for text in self._stack.web.texts() if text.startswith("echo ")]
        heard = {who: [t[5:] for t in texts if t.startswith(f"echo {who}-")] for who in self._taken}
        gaps = [later - sooner for sooner, later in zip(self._moments, self._moments[1:], strict=False)]
        return Outcome(
            acknowledged=sum(map(len, self._taken.values())),
            lost=sum(len(set(said) - set(heard[who])) for who, said in self._taken.items()),
            # A reply on its way at the kill may come twice, and never in another place.
            disordered=sum(list(dict.fromkeys(heard[who])) != said for who, said in self._taken.items()),
            doubled=sum(count - 1 for count in Counter(texts).values()),
            sent=len(texts),
            away_s=max(gaps),
        )
