"""Joins the parts of long messages: when all are there, or with what is there after 30 s."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from switchboard.masking import mask_joined
from switchboard.model import InboundMessage, MessagePart
from switchboard.ports import Clock
from switchboard.redis.records import Entry, ms

WAIT_S = 30.0
Group = tuple[str, str, int]
"""Conversation, the carrier's reference, number of parts."""


class Joiner:
    """For one partition. A joined message arrives when its last part does; its parts stay stored until the commit."""

    def __init__(self, put: Callable[[Entry], None], clock: Clock, wait_s: float = WAIT_S) -> None:
        self._put, self._clock, self._wait_s = put, clock, wait_s
        self._parts: dict[Group, dict[int, Entry]] = {}
        self._timers: dict[Group, asyncio.TimerHandle] = {}

    def add(self, entry: Entry, part: MessagePart) -> None:
        group = (entry.conversation, part.reference, part.total)
        if part.number in self._parts.get(group, {}):
            # The carrier reused its reference: what we have of the older message is all that comes.
            self._flush(group)
        parts = self._parts.setdefault(group, {})
        parts[part.number] = entry
        if len(parts) >= part.total:
            self._flush(group)
        elif group not in self._timers:
            age_s = (ms(self._clock()) - entry.arrived_ms) / 1000
            wait_s = max(0.0, self._wait_s - age_s)
            self._timers[group] = asyncio.get_running_loop().call_later(wait_s, self._flush, group)

    def stop(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._parts.clear()

    def _flush(self, group: Group) -> None:
        timer = self._timers.pop(group, None)
        if timer:
            timer.cancel()
        parts = self._parts.pop(group)
        self._put(_joined([parts[number] for number in sorted(parts)], complete=len(parts) >= group[2]))


def _joined(entries: list[Entry], complete: bool) -> Entry:
    """One entry that ends all of them. Its message has the first part's id, with the numbers it has if some miss.
    A secret that was cut in two shows only now."""
    parts = [entry.item for entry in entries if isinstance(entry.item, MessagePart)]
    first = parts[0]
    numbers = "" if complete else "#" + ".".join(str(part.number) for part in parts)
    masked = mask_joined("".join(part.text for part in parts))
    message = InboundMessage(id=f"{first.id}{numbers}", address=first.address, text=masked.text, at=first.at)
    ids = tuple(entry.id for entry in entries)
    return Entry(ids, entries[0].conversation, message, entries[0].trace, masked.secrets)
