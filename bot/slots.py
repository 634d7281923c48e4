"""Which Rasa slots answer, and with which model."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

LOOK_S = 1.0
"""How often the slots are looked at; while none is ready, ten times as often: somebody waits."""
SILENT_S = 2.0
"""A slot that does not say within that it is there may hang: the other one is asked first."""


@dataclass
class Slot:
    """One Rasa process. `model` is the SHA-256 of what it loaded, "" for a plain `rasa run`; `silent` while it does not
    say in time that it is there, which a busy one does not either; `hung` since a turn was not answered in time."""

    url: str
    ready: bool = False
    silent: bool = False
    hung: bool = False
    model: str = ""
    release: str = ""


class Slots:
    """Round robin over the slots that answer with a Release's model, and over the others behind them.

    A conversation whose Release is loaded nowhere any more, or only in a slot that hangs, is answered by another model
    rather than not at all: its wording is still that of its own Release, if the slot has it. While a slot is only slow
    to say that it is there, another model is asked first too, but not in the middle of a form: that one may have other
    questions.
    """

    def __init__(self, urls: Sequence[str], model_of: Callable[[str], str], look_s: float = LOOK_S) -> None:
        self._slots = [Slot(url.strip().rstrip("/")) for url in urls]
        self._model_of = model_of
        self._look_s = look_s
        self._turn = 0

    def for_release(self, release_id: str, in_form: bool = False) -> list[Slot]:
        """In the order in which to ask; empty when no slot answers. `in_form`: the conversation is amid questions."""
        ready = [slot for slot in self._slots if slot.ready]
        if not ready:
            return []
        self._turn = (self._turn + 1) % len(ready)
        order = ready[self._turn :] + ready[: self._turn]
        model = self._model_of(release_id) if release_id else ""

        # Behind one that is only busy there may be nobody else: a silent one is asked last, not never.
        def last(slot: Slot) -> tuple[bool, bool, bool]:
            other = bool(model) and slot.model != model
            return (slot.hung, other, slot.silent) if in_form else (slot.hung, slot.silent, other)

        return sorted(order, key=last)

    def lost(self, slot: Slot) -> None:
        """It refused a connection: left out until it answers again."""
        slot.ready = False

    def hangs(self, slot: Slot) -> None:
        """It did not answer a turn in time: asked last until it says something."""
        slot.hung = True

    def states(self) -> list[Slot]:
        return list(self._slots)

    @asynccontextmanager
    async def watching(self, session: aiohttp.ClientSession) -> AsyncIterator[None]:
        """Looks at every slot once, then again and again."""
        await self._look(session)
        task = asyncio.create_task(self._watch(session))
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _watch(self, session: aiohttp.ClientSession) -> None:
        while True:
            ready = any(slot.ready for slot in self._slots)
            await asyncio.sleep(self._look_s if ready else self._look_s / 10)
            await self._look(session)

    async def _look(self, session: aiohttp.ClientSession) -> None:
        await asyncio.gather(*(self._look_at(session, slot) for slot in self._slots))

    async def _look_at(self, session: aiohttp.ClientSession, slot: Slot) -> None:
        try:
            limit = aiohttp.ClientTimeout(total=SILENT_S, sock_connect=1.0)
            async with session.get(f"{slot.url}/webhooks/renji/health", timeout=limit) as response:
                told = await response.json(content_type=None)
                slot.ready, slot.silent, slot.hung = response.status == 200, False, False
                slot.model, slot.release = str(told.get("model", "")), str(told.get("release", ""))
        except asyncio.TimeoutError:
            # Slow is not away: a busy slot still answers its turns, and those have their own limit.
            slot.silent = True
        except (aiohttp.ClientError, ValueError, AttributeError):
            slot.ready = False
